//! The tables of the distillation report.

mod cells;
mod classes;
mod conditions;
mod measurements;
mod pairs;
mod specialists;
mod speech;
mod students;

pub(super) use self::measurements::measurements;
use super::index::Index;
use assay_report::claims::ClaimResult;
use assay_report::claims::claims_table;
use assay_report::tables::Table;
use assay_report::tuning::learning_rates;

/// Every table that the run has records for; always `claims` and `cells`.
pub fn tables(index: &Index, claim_results: &[ClaimResult]) -> Vec<Table> {
    let mut tables = vec![
        claims_table("Claims, each in the unit that its text names", claim_results),
        conditions::conditions(index),
        conditions::paper(index),
        speech::paper(index),
        conditions::words(index),
        speech::regularizer(index),
        speech::seeds(index),
        students::students(index),
        pairs::images(index),
        pairs::words(index),
        classes::corrections(index),
        specialists::gains(index),
        specialists::coverage(index),
        specialists::class_subsets(index),
        classes::errors(index),
        cells::costs(index),
        learning_rates(&index.trials),
    ];
    tables.retain(|table| table.name == "claims" || !table.rows.is_empty());
    tables.push(cells::cells(index));
    tables
}

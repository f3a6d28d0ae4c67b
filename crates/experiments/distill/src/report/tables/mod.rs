//! The tables of the distillation report.

mod cells;
mod conditions;
mod measurements;
mod panels;
mod speech;
mod students;

pub(super) use self::measurements::measurements;
use super::index::Index;
use assay_report::claims::ClaimResult;
use assay_report::tables::{self, Entry, Table};
use assay_stats::{Estimate, mean};

/// Every table that the run has records for; always `claims` and `cells`.
#[must_use]
pub fn tables(index: &Index, claim_results: &[ClaimResult]) -> Vec<Table> {
    let mut tables = vec![
        tables::claims("Claims, each in the unit that its text names", claim_results),
        conditions::conditions(index),
        conditions::beside_the_paper(index),
        speech::beside_the_paper(index),
        speech::words(index),
        speech::regulariser(index),
        speech::seeds(index),
        students::students(index),
        students::pairs(index),
        speech::pairs(index),
        students::corrections(index),
        panels::gains(index),
        panels::coverage(index),
        panels::fields(index),
        conditions::by_class(index),
        conditions::costs(index),
    ];
    tables.retain(|table| table.name == "claims" || !table.rows.is_empty());
    tables.push(cells::cells(index));
    tables
}

/// An estimate and the ends of its interval, each with this number of decimals.
fn with_interval(estimate: Option<Estimate>, decimals: usize) -> [Entry; 3] {
    let interval = estimate.and_then(|estimate| estimate.interval);
    [
        Entry::number(estimate.map(|estimate| estimate.value), decimals),
        Entry::number(interval.map(|interval| interval.low), decimals),
        Entry::number(interval.map(|interval| interval.high), decimals),
    ]
}

/// The mean of the values that exist.
fn mean_of(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.into_iter().collect();
    (!values.is_empty()).then(|| mean(&values))
}

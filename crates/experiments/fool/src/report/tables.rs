//! The tables of the fooling report.

mod attacks;
mod comparisons;
mod cross_evaluation;
mod elites;
mod measurements;
mod retraining;

pub use self::measurements::measurements;
use super::comparisons::Comparison;
use super::detection::Detection;
use super::index::{Index, Network};
use assay_report::TableSpec;
use assay_report::claims::ClaimResult;
use assay_report::claims::claims_table;
use assay_report::run_results::CellResult;
use assay_report::tables::Table;

/// Every table that the run has records for; always `claims` and `cells`.
pub fn tables(
    index: &Index,
    claim_results: &[ClaimResult],
    comparisons: &[Comparison],
    detection: &Detection,
) -> Vec<Table> {
    let mut tables = vec![
        claims_table("Claims, in percent and percentage points", claim_results),
        attacks::table(index),
        comparisons::table(comparisons),
        networks(index),
        cross_evaluation::table(index),
        retraining::retraining(index),
        retraining::detectors(detection),
        elites::elites(index),
        elites::lineages(index),
    ];
    tables.retain(|table| table.name == "claims" || !table.rows.is_empty());
    tables.push(cells(index));
    tables
}

fn networks(index: &Index) -> Table {
    let test = |one: &Network| one.cell_result.record()?.test;
    TableSpec::new("networks", "The networks on clean images")
        .text("architecture", |one: &&Network| one.cell.network.architecture.clone())
        .text("seed", |one| one.cell.seed)
        .text("outcome", |one| one.cell_result.ending())
        .number("test accuracy %", 2, move |one| Some(100.0 * test(one)?.accuracy()))
        .number("test loss (nats)", 3, move |one| Some(test(one)?.loss))
        .number("training accuracy %", 2, |one| {
            Some(100.0 * one.cell_result.record()?.train?.accuracy())
        })
        .text_if_known("parameters", |one| Some(one.cell_result.record()?.parameters.total))
        .rows(&index.networks)
}

fn cells(index: &Index) -> Table {
    let networks = index.all_networks().map(|one| one.cell_result);
    let attacks = index.all_attacks().map(|one| one.cell_result);
    let evaluations = index.all_cross_evaluations().map(|one| one.cell_result);
    let external = index.external_evaluations.iter().map(|one| one.cell_result);
    TableSpec::new("cells", "Every planned cell")
        .text("cell", |one: &&CellResult| one.cell.name())
        .text("outcome", |one| one.ending())
        .number("seconds", 1, |one| Some(one.provenance()?.seconds.total))
        .text_if_known("device", |one| one.provenance().map(|provenance| provenance.device.clone()))
        .rows(networks.chain(attacks).chain(evaluations).chain(external))
}

//! The final results of attacks, and the seeds they are planned with.

use assay_classifier_cells::{Attack, AttackResult, GenerationPoint};
use assay_report::run_results::distinct;

use super::index::Index;

/// The seeds that an attack is planned with, in the order of the plan.
pub fn seeds_with(index: &Index, attack: Attack) -> Vec<u32> {
    let with = index.attacks().iter().filter(|found| found.cell.attack == attack);
    distinct(with.map(|found| found.cell.seed))
}

/// The elites after the last generation.
///
/// # Panics
/// Never for a result of [`Index::counted`]: its curve has a point.
pub fn at_end(result: &AttackResult) -> &GenerationPoint {
    result.curve.last().expect("a counted attack has a curve")
}

/// In percent.
pub fn reached_share(result: &AttackResult) -> f64 {
    100.0 * at_end(result).at_least_9999
}

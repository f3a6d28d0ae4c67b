//! The failed networks that count.

use assay_report::run_results::CellResult;

use super::index::{Index, Training};

/// A frozen network that learnt nothing, or diverged, and counts all the same.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// The network.
    pub cell_result: &'a CellResult,
    /// What it counts as, in percent.
    pub accuracy: f64,
}

/// Every failed network that counts, in the plan's order.
#[must_use]
pub fn failures<'a>(index: &Index<'a>) -> Vec<Failure<'a>> {
    let failure = |training: &Training<'a>| {
        let cell_result = training.cell_result;
        let accuracy = training.accuracy.filter(|_| cell_result.accuracy().is_none())?;
        Some(Failure { cell_result, accuracy })
    };
    index.all().iter().filter_map(failure).collect()
}

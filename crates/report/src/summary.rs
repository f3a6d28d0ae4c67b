//! `summary.json`: the answer of a run for scripts.

use assay_runs::Summary;

use crate::claims::ClaimResult;
use crate::run_results::{CellResult, RunResults, distinct};

/// The answer of a run.
#[must_use]
pub fn summarize(run: &RunResults, claim_results: &[ClaimResult]) -> Summary {
    let plan = run.plan();
    let done = || run.all().iter().filter_map(CellResult::provenance);
    let devices = distinct(done().flat_map(|provenance| {
        provenance.earlier_devices.iter().chain(std::iter::once(&provenance.device))
    }));
    let datasets = || distinct(plan.cells.iter().map(|cell| cell.data().name.as_str())).join(", ");
    Summary {
        study: plan.study.clone(),
        profile: plan.profile.clone(),
        dataset: plan.opened_as().unwrap_or_else(datasets),
        device: devices.into_iter().map(String::as_str).collect::<Vec<_>>().join(", "),
        cells_planned: run.all().len(),
        cells_done: run.done(),
        cells_failed: run.count("failed"),
        wall_seconds: wall_seconds(run),
        claims: claim_results.iter().map(|claim_result| claim_result.claim.clone()).collect(),
    }
}

/// Seconds in which at least one cell was being trained: overlaps of cells trained side by side count
/// once, and time in which no cell was in work does not count.
fn wall_seconds(run: &RunResults) -> f64 {
    let span = |cell_result: &CellResult| {
        let provenance = cell_result.provenance()?;
        Some((provenance.finished - provenance.seconds.total, provenance.finished))
    };
    covered(run.all().iter().filter_map(span).collect())
}

/// The length of the union of spans.
fn covered(mut spans: Vec<(f64, f64)>) -> f64 {
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut seconds = 0.0;
    let mut reached = f64::NEG_INFINITY;
    for (start, end) in spans {
        seconds += (end - start.max(reached)).max(0.0);
        reached = reached.max(end);
    }
    seconds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_two_cells_share_counts_once_and_a_pause_not_at_all() {
        let seconds = covered(vec![(20.0, 25.0), (0.0, 10.0), (5.0, 12.0), (6.0, 7.0)]);
        assert!((seconds - 17.0).abs() < 1e-12);
    }
}

//! `summary.json`: the answer of a run for scripts.

use std::path::Path;
use std::time::{Duration, SystemTime};

use assay_runs::{RunDirectory, Summary};

use crate::claims::Reading;
use crate::observations::{Observation, Observations, distinct};

/// The answer of a run.
#[must_use]
pub fn summarize(run: &RunDirectory, observations: &Observations, readings: &[Reading]) -> Summary {
    let plan = observations.plan();
    let done = || observations.all().iter().filter_map(Observation::provenance);
    let devices = distinct(done().flat_map(|provenance| {
        provenance.earlier_devices.iter().chain(std::iter::once(&provenance.device))
    }));
    let datasets = distinct(plan.cells.iter().map(|cell| cell.data.name.as_str()));
    Summary {
        study: plan.study,
        profile: plan.profile.clone(),
        dataset: datasets.join(", "),
        device: devices.into_iter().map(String::as_str).collect::<Vec<_>>().join(", "),
        cells_planned: observations.all().len(),
        cells_done: observations.done(),
        cells_failed: observations.count("failed"),
        wall_seconds: wall_seconds(run, observations),
        claims: readings.iter().map(|reading| reading.claim.clone()).collect(),
    }
}

/// Seconds in which at least one cell was being trained. A cell's time ends when its record was
/// written and is as long as its provenance says; overlaps of cells trained side by side count
/// once, and time in which no cell was in work does not count. Copying a run makes all its files
/// equally old, which can only shorten this; then the number of an earlier summary stands.
fn wall_seconds(run: &RunDirectory, observations: &Observations) -> f64 {
    let spans = observations.all().iter().filter_map(span).collect();
    covered(spans).max(earlier(run.path()))
}

fn span(observation: &Observation) -> Option<(f64, f64)> {
    let provenance = observation.provenance()?;
    let written = observation.folder.join("provenance.json").metadata().ok()?.modified().ok()?;
    let end = written.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let end = end.as_secs_f64();
    Some((end - provenance.seconds.total, end))
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

/// The number an earlier summary of this run has; 0 where there is none.
fn earlier(run: &Path) -> f64 {
    let summary = std::fs::read(run.join("summary.json")).ok();
    let summary = summary.and_then(|bytes| serde_json::from_slice::<Summary>(&bytes).ok());
    summary.map_or(0.0, |summary| summary.wall_seconds)
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

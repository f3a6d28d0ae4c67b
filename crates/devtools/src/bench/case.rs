//! What all benchmarks share: competitors run alternately, and every run consists of timed samples.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use super::entry::{Column, Entry, Measurement, Output};
use super::peer::read_peer_output;
use super::process::run_to_success;
use super::result::{BenchResult, Ratio, kinds};
use super::run::{Competitor, Run};
use assay_engine::worker::describe_host;

type Remarks = dyn Fn(&BenchResult) -> Vec<String>;
type Seconds = dyn Fn(&Run) -> Option<f64>;

/// Work to be timed, which is already prepared. No run includes that.
pub struct Case {
    /// The name: `transfer`, `distill` or `fool`.
    pub name: &'static str,
    /// One line that describes the work.
    pub title: String,
    /// Everything that the work depends on.
    pub settings: Value,
    /// The competitors, in the order of the table.
    pub entries: Vec<Entry>,
    /// The ratios to report.
    pub ratios: Vec<RatioRule>,
    /// The columns of the table.
    pub columns: Vec<Column>,
    /// Explains the columns.
    pub legend: String,
    /// Makes remarks on the result.
    pub remarks: Box<Remarks>,
    /// The folder of the work, which is deleted with the case.
    #[expect(dead_code, reason = "kept until the case is dropped")]
    pub folder: TempDir,
}

/// The time of one competitor divided by that of another, per repeat.
pub struct RatioRule {
    /// What is divided by what.
    pub name: String,
    /// Numerator and denominator.
    pub competitors: [Competitor; 2],
    /// The seconds of a run.
    pub seconds: Box<Seconds>,
}

impl RatioRule {
    /// Compares the seconds of the whole processes.
    pub fn whole(name: impl Into<String>, competitors: [Competitor; 2]) -> Self {
        Self { name: name.into(), competitors, seconds: Box::new(|run| Some(run.usage.seconds)) }
    }
}

/// Runs every competitor `repeats` times, and prints each run on standard error. Who runs first changes from
/// repeat to repeat.
///
/// # Errors
/// Returns an error if a run cannot start, fails, or did other work than it was given.
pub fn bench(case: &Case, device: &str, repeats: usize) -> Result<BenchResult> {
    let mut order: Vec<&Entry> = case.entries.iter().collect();
    let mut runs = Vec::new();
    for repeat in 0..repeats {
        for entry in &order {
            eprintln!("repeat {} of {repeats}: {}", repeat + 1, entry.info.name);
            let run = run_once(entry, repeat)?;
            eprintln!("  {:.1} s", run.usage.seconds);
            runs.push(run);
        }
        order.rotate_left(1);
    }
    Ok(summarize(case, device, runs))
}

fn run_once(entry: &Entry, repeat: usize) -> Result<Run> {
    // Every run has a folder of its own, which is deleted afterwards.
    let folder = tempfile::tempdir().context("creating a temporary folder")?;
    let mut command = Command::new(&entry.program);
    command.args(&entry.arguments);
    if let Output::Run(experiment) = &entry.output {
        command.arg("--out").arg(experiment.prepare(folder.path())?);
    }
    let usage = run_to_success(&mut command, folder.path())?;
    let Measurement { about, samples } = match &entry.output {
        Output::Printed => read_peer_output(folder.path())?,
        Output::Run(experiment) => experiment.measurement(folder.path())?,
    };
    let done: BTreeSet<String> = samples.iter().map(|sample| sample.id.clone()).collect();
    let missing: Vec<&String> = entry.sample_ids.difference(&done).collect();
    ensure!(missing.is_empty(), "not done: {missing:?}");
    let unexpected: Vec<&String> = done.difference(&entry.sample_ids).collect();
    ensure!(unexpected.is_empty(), "done, but not expected: {unexpected:?}");
    Ok(Run { repeat, competitor: entry.info.competitor, usage, about, samples })
}

/// Summarizes the runs of a case.
fn summarize(case: &Case, device: &str, runs: Vec<Run>) -> BenchResult {
    let competitors: Vec<_> = case.entries.iter().map(|entry| entry.info.clone()).collect();
    let ratio =
        |rule: &RatioRule| Ratio::over_repeats(&rule.name, &runs, rule.competitors, &rule.seconds);
    let mut result = BenchResult {
        version: assay_version::version(),
        machine: describe_host(),
        date: chrono::Utc::now().date_naive().to_string(),
        case: case.name.to_owned(),
        title: case.title.clone(),
        settings: case.settings.clone(),
        device: device.to_owned(),
        kinds: kinds(&runs, &competitors),
        competitors,
        ratios: case.ratios.iter().filter_map(ratio).collect(),
        remarks: Vec::new(),
        runs,
    };
    result.remarks = (case.remarks)(&result);
    result
}

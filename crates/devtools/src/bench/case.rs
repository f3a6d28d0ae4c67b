//! What all benchmarks share: competitors run alternately, and every run consists of timed samples.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::process::run_to_success;
use super::result::{BenchResult, KindRow, Ratio, kinds, today};
use super::run::{Competitor, CompetitorInfo, Run, Sample};
use assay_engine::worker::describe_host;

/// The output of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measurement {
    /// What the program reports about itself, if anything.
    pub about: Option<Value>,
    /// What it did.
    pub samples: Vec<Sample>,
}

impl Measurement {
    /// Checks that the run consists of exactly these samples, in any order.
    ///
    /// # Errors
    /// Returns an error if one is missing or unexpected.
    pub fn check_ids(&self, ids: impl Iterator<Item = String>) -> Result<()> {
        let expected: BTreeSet<String> = ids.collect();
        let done: BTreeSet<String> = self.samples.iter().map(|sample| sample.id.clone()).collect();
        let missing: Vec<&String> = expected.difference(&done).collect();
        ensure!(missing.is_empty(), "not done: {missing:?}");
        let unexpected: Vec<&String> = done.difference(&expected).collect();
        ensure!(unexpected.is_empty(), "done, but not expected: {unexpected:?}");
        Ok(())
    }
}

/// Computes a number for a row, if it has one.
type Number = dyn Fn(&BenchResult, &KindRow) -> Option<f64>;

/// A column of the table.
pub struct Column {
    /// The heading.
    pub title: &'static str,
    /// Digits after the decimal point.
    pub digits: usize,
    /// Computes the value of a row.
    pub value: Box<Number>,
}

impl Column {
    /// Creates a column.
    pub fn new(
        title: &'static str,
        digits: usize,
        value: impl Fn(&BenchResult, &KindRow) -> Option<f64> + 'static,
    ) -> Self {
        Self { title, digits, value: Box::new(value) }
    }
}

/// Work to be timed. It is prepared when the case is created; no run includes that.
pub trait Case {
    /// The name: `transfer`, `distill` or `fool`.
    fn name(&self) -> &'static str;

    /// One line that describes the work.
    fn title(&self) -> String;

    /// Everything that the work depends on.
    ///
    /// # Errors
    /// Returns an error if it cannot be written as JSON.
    fn settings(&self) -> Result<Value>;

    /// The competitors, in the order of the table.
    fn competitors(&self) -> Vec<CompetitorInfo>;

    /// The command of a run. `folder` is empty and belongs to this run.
    ///
    /// # Errors
    /// Returns an error if the run cannot be prepared.
    fn command(&self, competitor: Competitor, folder: &Path) -> Result<Command>;

    /// Reads the output of a successful run. Its standard output is in `folder/stdout`.
    ///
    /// # Errors
    /// Returns an error if it did not do the work that it was given.
    fn measurement(&self, competitor: Competitor, folder: &Path) -> Result<Measurement>;

    /// The ratios to report: the time of one competitor divided by that of another, per repeat.
    fn ratios(&self, runs: &[Run]) -> Vec<Ratio>;

    /// The columns of the table.
    fn columns(&self) -> Vec<Column>;

    /// Remarks on the result.
    fn remarks(&self, result: &BenchResult) -> Vec<String>;

    /// Explains the columns.
    fn legend(&self) -> String;
}

/// Runs every competitor `repeats` times. Who runs first changes from repeat to repeat. `say` is told about
/// each run before it begins.
///
/// # Errors
/// Returns an error if a run cannot start or fails.
pub fn bench(
    case: &dyn Case,
    device: &str,
    repeats: usize,
    say: &dyn Fn(&str),
) -> Result<BenchResult> {
    let mut order = case.competitors();
    let mut runs = Vec::new();
    for repeat in 0..repeats {
        for entry in &order {
            say(&format!("repeat {} of {repeats}: {}", repeat + 1, entry.name));
            let run = run_once(case, repeat, entry.competitor)?;
            say(&format!("  {:.1} s", run.usage.seconds));
            runs.push(run);
        }
        order.rotate_left(1);
    }
    summarize(case, device, runs)
}

fn run_once(case: &dyn Case, repeat: usize, competitor: Competitor) -> Result<Run> {
    // Every run has a folder of its own, which is deleted afterwards.
    let folder = tempfile::tempdir().context("creating a temporary folder")?;
    let usage = run_to_success(&mut case.command(competitor, folder.path())?, folder.path())?;
    let Measurement { about, samples } = case.measurement(competitor, folder.path())?;
    Ok(Run { repeat, competitor, usage, about, samples })
}

/// Summarizes the runs of a case.
fn summarize(case: &dyn Case, device: &str, runs: Vec<Run>) -> Result<BenchResult> {
    let competitors = case.competitors();
    let mut result = BenchResult {
        version: assay_version::version(),
        machine: describe_host(),
        date: today(),
        case: case.name().to_owned(),
        title: case.title(),
        settings: case.settings()?,
        device: device.to_owned(),
        kinds: kinds(&runs, &competitors),
        competitors,
        ratios: case.ratios(&runs),
        remarks: Vec::new(),
        runs,
    };
    result.remarks = case.remarks(&result);
    Ok(result)
}

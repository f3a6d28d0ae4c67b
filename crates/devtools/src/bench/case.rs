//! What all benchmarks share: competitors run alternately, and every run consists of timed samples.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::process::{ProcessUsage, run_to_success};
use super::result::{BenchResult, KindRow, Ratio};

/// The competitors of a benchmark. A case has some of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Competitor {
    /// assay with its default settings.
    Ours,
    /// assay without caches.
    Uncached,
    /// The same work in Python, written in the usual way.
    Peer,
    /// The peer with the same caches as assay.
    PeerCached,
}

/// How a competitor takes part in a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompetitorInfo {
    /// The competitor.
    pub competitor: Competitor,
    /// Its name in the table.
    pub name: String,
    /// The number of samples that it works on in parallel.
    pub at_once: usize,
}

impl CompetitorInfo {
    /// Creates an entry with a name for the table.
    #[must_use]
    pub fn new(competitor: Competitor, name: &str, at_once: usize) -> Self {
        Self { competitor, name: name.to_owned(), at_once }
    }
}

/// A timed part of a run, such as a cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Its identity, the same for all competitors.
    pub id: String,
    /// The row of the table that it belongs to.
    pub kind: String,
    /// Seconds from its start to its end.
    pub seconds: f64,
    /// The part of the seconds in which items were processed; `None` if that is all of them.
    #[serde(default)]
    pub busy: Option<f64>,
    /// The number of items: training images or evaluations.
    pub count: f64,
    /// The quality of the result in [0, 1], such as the accuracy; `None` if it has none or diverged.
    #[serde(default)]
    pub score: Option<f64>,
}

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

/// One run of one competitor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The repeat, starting at 0.
    pub repeat: usize,
    /// The competitor.
    pub competitor: Competitor,
    /// Time and memory of the process, measured from outside.
    pub usage: ProcessUsage,
    /// What the program reports about itself, if anything.
    pub about: Option<Value>,
    /// What it did.
    pub samples: Vec<Sample>,
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
    BenchResult::new(case, device, runs)
}

fn run_once(case: &dyn Case, repeat: usize, competitor: Competitor) -> Result<Run> {
    // Every run has a folder of its own, which is deleted afterwards.
    let folder = tempfile::tempdir().context("creating a temporary folder")?;
    let usage = run_to_success(&mut case.command(competitor, folder.path())?, folder.path())?;
    let Measurement { about, samples } = case.measurement(competitor, folder.path())?;
    Ok(Run { repeat, competitor, usage, about, samples })
}

impl Run {
    /// CPU time of the parent process divided by the duration of the run; 1 is one busy core.
    #[must_use]
    pub fn parent_share(&self) -> f64 {
        self.usage.parent.cpu_seconds / self.usage.seconds
    }

    /// The share of the workers' time that belongs to no sample. `at_once` is the number of workers.
    #[must_use]
    pub fn outside_samples(&self, at_once: usize) -> f64 {
        let within: f64 = self.samples.iter().map(|sample| sample.seconds).sum();
        1.0 - within / (at_once as f64 * self.usage.seconds)
    }

    /// The total seconds of the samples whose kind matches; `None` if there are none.
    #[must_use]
    pub fn seconds_of(&self, matches: impl Fn(&str) -> bool) -> Option<f64> {
        self.sum(matches, |sample| sample.seconds)
    }

    /// The total busy seconds of the samples whose kind matches; `None` if there are none.
    #[must_use]
    pub fn busy_of(&self, matches: impl Fn(&str) -> bool) -> Option<f64> {
        self.sum(matches, Sample::busy_seconds)
    }

    fn sum(&self, matches: impl Fn(&str) -> bool, value: fn(&Sample) -> f64) -> Option<f64> {
        let mut samples = self.samples.iter().filter(|sample| matches(&sample.kind)).peekable();
        samples.peek()?;
        Some(samples.map(value).sum())
    }
}

impl Sample {
    /// The seconds in which items were processed.
    #[must_use]
    pub fn busy_seconds(&self) -> f64 {
        self.busy.unwrap_or(self.seconds)
    }
}

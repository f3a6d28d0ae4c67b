//! A run of a competitor, and its timed samples.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::process::ProcessUsage;

/// The competitors of a benchmark. A case has some of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Competitor {
    /// assay with its default settings.
    Ours,
    /// assay without caches.
    Uncached,
    /// The same work in Python, written in the usual way: one process that uses all cores.
    Peer,
    /// The peer in as many processes as assay, with one thread each.
    PeerProcesses,
    /// The same with the same caches as assay.
    PeerCached,
    /// The peer, with its network compiled by `torch.compile`.
    PeerCompiled,
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
    pub fn seconds_of(&self, matches: impl Fn(&str) -> bool) -> Option<f64> {
        self.sum(matches, |sample| sample.seconds)
    }

    /// The total busy seconds of the samples whose kind matches; `None` if there are none.
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
    pub fn busy_seconds(&self) -> f64 {
        self.busy.unwrap_or(self.seconds)
    }
}

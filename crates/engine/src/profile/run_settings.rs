//! The part of every profile that changes no result.

use anyhow::{Result, ensure};
use assay_datasets::StreamSettings;
use serde::{Deserialize, Serialize};

/// More threads than this are a slip of the finger.
const MOST_DECODERS: usize = 256;

/// What does not change a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSettings {
    /// Epochs between looks at the images that a learning curve shows; the last is always looked at.
    pub evaluate_every: u32,
    /// Seconds between checkpoints.
    pub checkpoint_seconds: u32,
    /// Most mebibytes a worker keeps of what never changes while it trains: the frozen layers' output, what
    /// teachers say; 0 keeps none. What a panel says is always kept: to combine its networks takes longer
    /// than a step.
    pub cache_mebibytes: u64,
    /// Whether the weights of every cell are kept, not only those that other cells need.
    pub keep_all_weights: bool,
    /// Most mebibytes that the decoded images of a data set, and those that the views of its training or
    /// its test images, take in a worker: more of them are read from disk, and cut, when their turn comes.
    #[serde(default = "memory_mebibytes")]
    pub memory_mebibytes: u64,
    /// Most mebibytes of views that are read ahead of their turn.
    #[serde(default = "prefetch_mebibytes")]
    pub prefetch_mebibytes: u64,
    /// Threads of a worker that read ahead, beside the one that trains.
    #[serde(default = "loader_threads")]
    pub loader_threads: usize,
}

// Runs that were planned before these settings came go on.

fn memory_mebibytes() -> u64 {
    8192
}

fn prefetch_mebibytes() -> u64 {
    64
}

fn loader_threads() -> usize {
    1
}

impl RunSettings {
    /// See [`Profile::check`](super::Profile::check).
    ///
    /// # Errors
    /// When the interval or the number of threads is out of its range.
    pub fn check(&self) -> Result<()> {
        ensure!(self.evaluate_every > 0, "run.evaluate_every is 0; it must be at least 1 epoch");
        ensure!(
            (1..=MOST_DECODERS).contains(&self.loader_threads),
            "run.loader_threads is {}; it must be from 1 to {MOST_DECODERS} threads",
            self.loader_threads
        );
        Ok(())
    }

    /// Most bytes of images, and of views, in memory.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.memory_mebibytes.saturating_mul(1 << 20)
    }

    /// How what does not fit into memory is read ahead.
    #[must_use]
    pub fn streaming(&self) -> StreamSettings {
        let bytes = self.prefetch_mebibytes.saturating_mul(1 << 20);
        StreamSettings {
            threads: self.loader_threads,
            bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_was_planned_before_there_was_streaming_goes_on() {
        let planned = r#"{"evaluate_every": 1, "checkpoint_seconds": 60, "cache_mebibytes": 0,
            "keep_all_weights": false}"#;
        let settings: RunSettings = serde_json::from_str(planned).unwrap();
        settings.check().unwrap();
        assert_eq!(settings.memory_bytes(), 8 << 30);
        assert_eq!(settings.streaming(), StreamSettings { threads: 1, bytes: 64 << 20 });
        let nobody = RunSettings { loader_threads: 0, ..settings };
        assert!(nobody.check().unwrap_err().to_string().contains("run.loader_threads is 0"));
    }
}

//! The settings of a run that change no result.

use anyhow::{Result, ensure};
use assay_datasets::StreamSettings;
use serde::{Deserialize, Serialize};

/// More threads than this are a typing error.
const MAX_LOADER_THREADS: usize = 256;

/// The settings of a run that change no result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
// They change no result, so a profile may leave them out.
#[serde(default, deny_unknown_fields)]
pub struct RunSettings {
    /// Epochs between two evaluations for the learning curve. The last epoch is always evaluated.
    pub evaluate_every: u32,
    /// Seconds between two checkpoints.
    pub checkpoint_seconds: u32,
    /// The memory of a worker for outputs of frozen layers and logits of teachers, in MiB; 0 caches none. Logits
    /// of specialist ensembles are always cached: computing them takes longer than a training step.
    pub cache_mebibytes: u64,
    /// Whether the weights of every cell are saved, not only those that other cells need.
    pub keep_all_weights: bool,
    /// The memory of a worker for decoded images, and for the views of training and of test images, in MiB
    /// each. What does not fit is read from disk as it is needed.
    pub memory_mebibytes: u64,
    /// How much of that is read ahead, in MiB.
    pub prefetch_mebibytes: u64,
    /// Threads of a worker that read ahead, beside the one that trains.
    pub loader_threads: usize,
}

impl Default for RunSettings {
    /// The values of the `quick` profiles, with an evaluation after every epoch.
    fn default() -> Self {
        Self {
            evaluate_every: 1,
            checkpoint_seconds: 60,
            cache_mebibytes: 512,
            keep_all_weights: false,
            memory_mebibytes: 8192,
            prefetch_mebibytes: 64,
            loader_threads: 1,
        }
    }
}

impl RunSettings {
    /// See [`Profile::check`](super::Profile::check).
    ///
    /// # Errors
    /// When the interval or the number of threads is out of its range.
    pub fn check(&self) -> Result<()> {
        ensure!(self.evaluate_every > 0, "run.evaluate_every is 0; it must be at least 1 epoch");
        ensure!(
            (1..=MAX_LOADER_THREADS).contains(&self.loader_threads),
            "run.loader_threads is {}; it must be from 1 to {MAX_LOADER_THREADS} threads",
            self.loader_threads
        );
        Ok(())
    }

    /// The memory for images and for views, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        self.memory_mebibytes.saturating_mul(1 << 20)
    }

    /// How images that do not fit into memory are read ahead.
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
    fn the_defaults_are_valid_and_no_threads_are_refused() {
        let settings = RunSettings::default();
        settings.check().unwrap();
        assert_eq!(settings.memory_bytes(), 8 << 30);
        assert_eq!(settings.streaming(), StreamSettings { threads: 1, bytes: 64 << 20 });
        let no_threads = RunSettings { loader_threads: 0, ..settings };
        let error = no_threads.check().unwrap_err().to_string();
        assert!(error.contains("run.loader_threads is 0"), "{error}");
    }
}

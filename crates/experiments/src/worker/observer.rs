//! Watches a training on behalf of the parent: progress, checkpoints, stopping.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use assay_runs::CurvePoint;

use super::say;
use crate::scheduler::FromWorker;
use crate::trainer::{CheckpointError, Control, Observer, Snapshot};

/// Time between two reports of progress.
const REPORT_EVERY: Duration = Duration::from_millis(250);

/// Watches one training.
pub struct WorkerObserver {
    checkpoint: PathBuf,
    every: Duration,
    saved: Instant,
    reported: Instant,
    counted: Instant,
    stop: Arc<AtomicBool>,
}

impl WorkerObserver {
    /// Saves to `checkpoint` every so many seconds; the attempt began at `began`.
    pub fn new(
        checkpoint: &std::path::Path,
        every: u32,
        began: Instant,
        stop: Arc<AtomicBool>,
    ) -> Self {
        let now = Instant::now();
        Self {
            checkpoint: checkpoint.to_owned(),
            every: Duration::from_secs(u64::from(every)),
            saved: now,
            reported: now,
            counted: began,
            stop,
        }
    }
}

impl Observer for WorkerObserver {
    fn after_step(&mut self, done: u64, all: u64) -> Control {
        if self.reported.elapsed() >= REPORT_EVERY {
            self.reported = Instant::now();
            // A parent that is gone is noticed by the end of the orders.
            let _ = say(&FromWorker::Progress { done, all });
        }
        if self.stop.load(Ordering::Relaxed) {
            Control::Stop
        } else if self.saved.elapsed() >= self.every {
            Control::Save
        } else {
            Control::Continue
        }
    }

    fn after_epoch(&mut self, _point: &CurvePoint) {}

    fn save(&mut self, mut snapshot: Snapshot) -> Result<(), CheckpointError> {
        snapshot.progress.seconds.total += self.counted.elapsed().as_secs_f64();
        snapshot.save(&self.checkpoint)?;
        self.saved = Instant::now();
        Ok(())
    }
}

//! Watches work on behalf of whoever asked for it: progress, checkpoints, stopping.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use assay_runs::CurvePoint;

use super::ProgressSink;
use crate::trainer::{CheckpointError, Control, Snapshot, TrainingCallback};

/// Time between two reports of progress.
const REPORT_EVERY: Duration = Duration::from_millis(250);

/// Tells a progress sink how far work on a cell is, and the work when to save and when to stop.
pub struct ProgressReporter {
    every: Duration,
    saved: Instant,
    reported: Instant,
    stop: Arc<AtomicBool>,
    progress_sink: Rc<dyn ProgressSink>,
}

impl ProgressReporter {
    /// Saves every so many seconds.
    pub(super) fn new(
        every: u32,
        stop: Arc<AtomicBool>,
        progress_sink: Rc<dyn ProgressSink>,
    ) -> Self {
        let now = Instant::now();
        let every = Duration::from_secs(u64::from(every));
        Self { every, saved: now, reported: now, stop, progress_sink }
    }

    /// After each step of the work: how many are done, of how many.
    pub fn after(&mut self, done: u64, all: u64) -> Control {
        if self.reported.elapsed() >= REPORT_EVERY {
            self.reported = Instant::now();
            self.progress_sink.progress(done, all);
        }
        if self.stop.load(Ordering::Relaxed) {
            Control::Stop
        } else if self.saved.elapsed() >= self.every {
            Control::Save
        } else {
            Control::Continue
        }
    }

    /// A checkpoint was written.
    pub fn saved(&mut self) {
        self.saved = Instant::now();
    }
}

/// Watches one training.
pub struct CheckpointCallback {
    checkpoint: PathBuf,
    counted: Instant,
    progress_reporter: ProgressReporter,
}

impl CheckpointCallback {
    /// Saves to `checkpoint`; the attempt began at `began`.
    pub(super) fn new(
        checkpoint: &std::path::Path,
        progress_reporter: ProgressReporter,
        began: Instant,
    ) -> Self {
        Self { checkpoint: checkpoint.to_owned(), counted: began, progress_reporter }
    }
}

impl TrainingCallback for CheckpointCallback {
    fn after_step(&mut self, done: u64, all: u64) -> Control {
        self.progress_reporter.after(done, all)
    }

    fn after_epoch(&mut self, point: &CurvePoint) {
        self.progress_reporter.progress_sink.epoch(point);
    }

    fn save(&mut self, mut snapshot: Snapshot) -> Result<(), CheckpointError> {
        snapshot.progress.seconds.total += self.counted.elapsed().as_secs_f64();
        snapshot.save(&self.checkpoint)?;
        self.progress_reporter.saved();
        Ok(())
    }
}

//! Reports progress, saves checkpoints and stops work on request.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use assay_runs::CurvePoint;

use super::progress_sink::ProgressSink;
use crate::trainer::{CheckpointError, Control, Snapshot, TrainingCallback};

/// The shortest time between two progress reports.
const REPORT_EVERY: Duration = Duration::from_millis(250);

/// Reports how far work on a cell is, and tells the work when to save and when to stop.
pub struct ProgressReporter {
    save_every: Duration,
    last_saved: Instant,
    last_reported: Instant,
    stop: Arc<AtomicBool>,
    progress_sink: Rc<dyn ProgressSink>,
}

impl ProgressReporter {
    /// Creates a reporter that asks for a checkpoint every `save_seconds` seconds.
    pub(super) fn new(
        save_seconds: u32,
        stop: Arc<AtomicBool>,
        progress_sink: Rc<dyn ProgressSink>,
    ) -> Self {
        let now = Instant::now();
        let save_every = Duration::from_secs(u64::from(save_seconds));
        Self { save_every, last_saved: now, last_reported: now, stop, progress_sink }
    }

    /// Call after each step, with the number of finished steps and the total. Says how to go on.
    pub fn report_step(&mut self, done: u64, total: u64) -> Control {
        if self.last_reported.elapsed() >= REPORT_EVERY {
            self.last_reported = Instant::now();
            self.progress_sink.on_progress(done, total);
        }
        if self.stop.load(Ordering::Relaxed) {
            Control::Stop
        } else if self.last_saved.elapsed() >= self.save_every {
            Control::Save
        } else {
            Control::Continue
        }
    }

    /// Call after a checkpoint was saved.
    pub fn checkpoint_saved(&mut self) {
        self.last_saved = Instant::now();
    }
}

/// Saves the checkpoints of a training and reports its progress.
pub struct CheckpointCallback {
    checkpoint: PathBuf,
    /// When the current session began; it is added to the total time.
    began: Instant,
    progress_reporter: ProgressReporter,
}

impl CheckpointCallback {
    /// Creates a callback that saves to `checkpoint`. `began` is when this session began.
    pub(super) fn new(
        checkpoint: &std::path::Path,
        progress_reporter: ProgressReporter,
        began: Instant,
    ) -> Self {
        Self { checkpoint: checkpoint.to_owned(), began, progress_reporter }
    }
}

impl TrainingCallback for CheckpointCallback {
    fn after_step(&mut self, done: u64, total: u64) -> Control {
        self.progress_reporter.report_step(done, total)
    }

    fn after_epoch(&mut self, point: &CurvePoint) {
        self.progress_reporter.progress_sink.on_epoch(point);
    }

    fn save(&mut self, mut snapshot: Snapshot) -> Result<(), CheckpointError> {
        snapshot.progress.seconds.total += self.began.elapsed().as_secs_f64();
        snapshot.save(&self.checkpoint)?;
        self.progress_reporter.checkpoint_saved();
        Ok(())
    }
}

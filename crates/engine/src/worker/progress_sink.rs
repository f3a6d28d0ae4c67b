//! Where a worker reports its progress.

use assay_runs::CurvePoint;

use super::send_to_parent;
use crate::scheduler::FromWorker;

/// Receives reports on the work on a cell.
pub trait ProgressSink {
    /// Called from time to time with the number of finished steps and the total.
    fn on_progress(&self, done: u64, total: u64);
    /// Called after each epoch of a training.
    fn on_epoch(&self, point: &CurvePoint);
    /// Called with warnings. Prints them by default.
    fn on_warning(&self, message: &str) {
        eprintln!("warning: {message}");
    }
}

/// Sends all reports to the parent process.
pub(super) struct ParentProcess;

impl ProgressSink for ParentProcess {
    fn on_progress(&self, done: u64, total: u64) {
        // If the parent is gone, its end of the command stream tells.
        let _ = send_to_parent(&FromWorker::Progress { done, all: total });
    }

    fn on_epoch(&self, _point: &CurvePoint) {}

    fn on_warning(&self, message: &str) {
        let _ = send_to_parent(&FromWorker::Warning(message.to_owned()));
    }
}

//! Somebody who is told how the work on a cell goes.

use assay_runs::CurvePoint;

use super::say;
use crate::scheduler::FromWorker;

/// Somebody who is told how the work on a cell goes.
pub trait ProgressSink {
    /// So many steps are done, of how many.
    fn progress(&self, done: u64, all: u64);
    /// An epoch of a training is done.
    fn epoch(&self, point: &CurvePoint);
    /// Something is odd and does not stop the work.
    fn warn(&self, words: &str) {
        eprintln!("warning: {words}");
    }
}

/// The parent process.
pub(super) struct ParentProcess;

impl ProgressSink for ParentProcess {
    fn progress(&self, done: u64, all: u64) {
        // A parent that is gone is noticed by the end of the orders.
        let _ = say(&FromWorker::Progress { done, all });
    }

    fn epoch(&self, _point: &CurvePoint) {}

    fn warn(&self, words: &str) {
        let _ = say(&FromWorker::Warning(words.to_owned()));
    }
}

//! Where work on a cell reports its progress.

use assay_runs::CurvePoint;

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

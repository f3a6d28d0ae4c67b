//! Callbacks of the training loop, and how a training can end.

use assay_datasets::DataError;
use assay_runs::{CurvePoint, Outcome};

use super::checkpoint::{CheckpointError, Snapshot};

/// What the training loop does after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// Continue with the next step.
    Continue,
    /// Save a snapshot, then continue.
    Save,
    /// Save a snapshot, then stop.
    Stop,
}

/// Observes a training and decides when to save and when to stop.
pub trait TrainingCallback {
    /// Called after every step with the number of finished steps and the total.
    fn after_step(&mut self, done: u64, total: u64) -> Control;
    /// Called after every epoch.
    fn after_epoch(&mut self, point: &CurvePoint);
    /// Called with a snapshot after [`Control::Save`] or [`Control::Stop`], and if an image cannot be read.
    ///
    /// # Errors
    /// Returns an error if the snapshot cannot be saved. The training then ends.
    fn save(&mut self, snapshot: Snapshot) -> Result<(), CheckpointError>;
}

/// Why a training failed.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// A snapshot could not be saved.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// An image could not be read.
    #[error(transparent)]
    Data(#[from] DataError),
}

/// How a training ended.
#[derive(Debug, Clone, PartialEq)]
pub enum TrainingEnd {
    /// It reached the end of its schedule, or diverged.
    Finished(Outcome),
    /// It was stopped and saved.
    Stopped,
}

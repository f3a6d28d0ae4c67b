//! The messages between parent and worker: one JSON value per line, over the worker's standard input and
//! output. A worker exits when its input ends, so no worker outlives its parent.

use assay_runs::CurvePoint;
use serde::{Deserialize, Serialize};

/// A message to a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWorker {
    /// Work on the cell with this position in the plan.
    Train(usize),
    /// Finish the current step, save and exit.
    Stop,
}

/// A message from a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromWorker {
    /// The worker has opened its data and is ready for a cell.
    Ready,
    /// The worker cannot work at all; with the reason.
    Unable(String),
    /// Some steps of the cell are done.
    Progress {
        /// Steps done.
        done: u64,
        /// Steps of the cell in total.
        all: u64,
    },
    /// An epoch of the cell is done.
    Epoch(CurvePoint),
    /// A warning for the user. Work goes on.
    Warning(String),
    /// The cell has a record.
    Done {
        /// A short description of the record.
        result: String,
    },
    /// The cell failed; with the reason.
    Failed(String),
    /// Work on the cell was stopped and saved.
    Stopped,
}

//! What parent and worker say to each other: one JSON value a line, over the worker's standard
//! input and output. When its input ends, a worker ends too: no orphan trains on.

use serde::{Deserialize, Serialize};

/// From the parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWorker {
    /// Train the cell with this number in the plan.
    Train(usize),
    /// Finish the step, save, and end.
    Stop,
}

/// From a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromWorker {
    /// It has its data and waits for a cell.
    Ready,
    /// It cannot work at all.
    Unable(String),
    /// So many steps of its cell are done.
    Progress {
        /// Steps done.
        done: u64,
        /// Steps of the cell.
        all: u64,
    },
    /// Something is odd and does not stop the work.
    Warning(String),
    /// Its cell has a record.
    Done {
        /// The record in a few words.
        result: String,
    },
    /// Its cell ended without a record.
    Failed(String),
    /// Its cell is saved, to be taken up again.
    Stopped,
}

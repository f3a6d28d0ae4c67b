//! The log of what a scheduler does: one JSON value per line, in a file of its own.
//!
//! A file of each scheduler, and not one of the run: appending to one file from several machines mixes up
//! lines on network file systems.

use std::fs::{File, OpenOptions};
use std::io::Write;

use anyhow::{Context, Result};
use assay_runs::{CurvePoint, Holder, RunDirectory};
use serde::{Deserialize, Serialize};

use crate::host::unix_time;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "snake_case", tag = "event")]
pub enum LogEvent {
    /// A scheduler began to work on the run.
    Started {
        /// The scheduler.
        holder: Holder,
        /// Its devices, in the form of `--device`.
        devices: Vec<String>,
        /// Number of its workers.
        workers: usize,
        /// The Slurm job that it belongs to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slurm_job: Option<String>,
    },
    /// A worker began to work on a cell.
    CellStarted {
        /// Name of the cell.
        cell: String,
        /// Number of the worker.
        worker: usize,
        /// Its device.
        device: String,
    },
    /// A worker finished an epoch of a cell.
    Epoch {
        /// Name of the cell.
        cell: String,
        /// The results of the epoch.
        point: CurvePoint,
    },
    /// A cell was published.
    CellDone {
        /// Name of the cell.
        cell: String,
        /// A short description of its record.
        result: String,
    },
    /// A cell failed.
    CellFailed {
        /// Name of the cell.
        cell: String,
        /// Why.
        reason: String,
    },
    /// A warning of a worker.
    Warning {
        /// The text.
        text: String,
    },
    /// A worker exited, with the last lines that it printed.
    WorkerExited {
        /// Number of the worker.
        worker: usize,
        /// Its exit status and last lines.
        reason: String,
    },
    /// The scheduler ended.
    Ended {
        /// Cells that are done, by whichever scheduler.
        done: usize,
        /// Cells that failed here.
        failed: usize,
    },
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// Seconds since 1970.
    pub time: f64,
    /// What happened.
    #[serde(flatten)]
    pub event: LogEvent,
}

/// The log of one scheduler.
pub(super) struct EventLog {
    file: File,
    warned: bool,
}

impl EventLog {
    /// Creates the log of a scheduler.
    ///
    /// # Errors
    /// Returns an error if the run cannot be written.
    pub fn create(run: &RunDirectory, holder: &Holder) -> Result<Self> {
        let path = run.event_log(holder);
        let file = OpenOptions::new().create(true).append(true).open(&path);
        Ok(Self { file: file.with_context(|| path.display().to_string())?, warned: false })
    }

    /// Adds a line. A log that cannot be written is no reason to stop training.
    pub fn write(&mut self, event: LogEvent) {
        let line = LogLine { time: unix_time(), event };
        let line = serde_json::to_string(&line).expect("events are plain data");
        if let Err(error) = writeln!(self.file, "{line}")
            && !std::mem::replace(&mut self.warned, true)
        {
            eprintln!("warning: the event log of the run: {error}");
        }
    }
}

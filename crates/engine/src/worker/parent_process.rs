//! The parent process of a worker: where its messages go.

use std::io::Write;

use anyhow::{Context, Result};
use assay_runs::CurvePoint;

use crate::context::ProgressSink;
use crate::scheduler::FromWorker;

/// Sends all reports to the parent process.
pub(super) struct ParentProcess;

impl ProgressSink for ParentProcess {
    fn on_progress(&self, done: u64, total: u64) {
        // If the parent is gone, its end of the command stream tells.
        let _ = send_to_parent(&FromWorker::Progress { done, all: total });
    }

    fn on_epoch(&self, point: &CurvePoint) {
        let _ = send_to_parent(&FromWorker::Epoch(*point));
    }

    fn on_warning(&self, message: &str) {
        let _ = send_to_parent(&FromWorker::Warning(message.to_owned()));
    }
}

/// Sends a message to the parent process.
pub(super) fn send_to_parent(message: &FromWorker) -> Result<()> {
    let mut output = std::io::stdout().lock();
    serde_json::to_writer(&mut output, message)?;
    writeln!(output)?;
    output.flush().context("sending a message to the parent process")
}

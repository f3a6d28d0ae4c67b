//! Which worker gets which cell.

use anyhow::Result;
use assay_runs::CellStatus;

use super::{Activity, EventLoop};
use crate::scheduler::event_log::LogEvent;
use crate::scheduler::protocol::ToWorker;
use crate::scheduler::set_aside::set_aside_message;

impl EventLoop<'_> {
    /// Gives a cell to every idle worker. Cells may have become available for several at once.
    pub(super) fn assign_idle_workers(&mut self) -> Result<()> {
        for number in 0..self.workers.len() {
            if matches!(self.workers[number], Some((_, Activity::Idle))) {
                self.assign_cell(number)?;
            }
        }
        Ok(())
    }

    /// Takes the next cell without a valid record.
    ///
    /// A cell may have a record and still wait: if the cells that it needs were made again. Such a record
    /// is valid if their results are the same as before.
    fn take_cell(&mut self) -> Result<Option<usize>> {
        while let Some(number) = self.queue.take() {
            let cell = &self.run.plan().cells[number];
            if !self.access.take(cell)? {
                self.queue.mark_elsewhere(number);
                continue;
            }
            match self.run.check_cell(&self.access.lock, cell)? {
                CellStatus::Missing => return Ok(Some(number)),
                CellStatus::SetAside(reason) => {
                    self.progress.print(&set_aside_message(self.run, cell, &reason));
                    return Ok(Some(number));
                }
                CellStatus::Intact => {
                    self.access.release(cell)?;
                    self.queue.mark_done(number);
                    self.progress.done(&cell.name(), "unchanged");
                }
            }
        }
        Ok(None)
    }

    /// Gives a worker its next cell. Stops the worker if there will be none.
    fn assign_cell(&mut self, number: usize) -> Result<()> {
        let stopping = self.is_stopping();
        let next = if stopping { None } else { self.take_cell()? };
        let stops = stopping || self.is_over();
        let Some((worker, activity)) = &mut self.workers[number] else { return Ok(()) };
        match next {
            Some(cell) => {
                *activity = Activity::Cell(cell);
                worker.send(&ToWorker::Train(cell));
                let name = self.run.plan().cells[cell].name();
                tracing::info!(worker = number, cell = name, "assigned");
                self.progress.begin(number, &name);
                let device = self.command.device(number).device.to_string();
                self.log.write(LogEvent::CellStarted { cell: name, worker: number, device });
            }
            None if stops => {
                *activity = Activity::Stopping;
                worker.send(&ToWorker::Stop);
            }
            None => {}
        }
        Ok(())
    }

    /// Marks a worker as idle. Returns the cell that it was working on.
    pub(super) fn mark_idle(&mut self, worker: usize) -> Option<usize> {
        let (_, activity) = self.workers[worker].as_mut()?;
        match std::mem::replace(activity, Activity::Idle) {
            Activity::Cell(cell) => Some(cell),
            // It may not have read the message yet.
            Activity::Stopping => {
                *activity = Activity::Stopping;
                None
            }
            Activity::Starting | Activity::Idle => None,
        }
    }
}

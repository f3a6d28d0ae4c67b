//! A run that other schedulers work on, too.

use anyhow::Result;

use super::EventLoop;

impl EventLoop<'_> {
    /// Renews the leases of this scheduler, and looks at the cells that others have taken.
    pub(super) fn poll(&mut self) -> Result<()> {
        self.access.renew()?;
        let elsewhere = self.queue.elsewhere();
        if elsewhere.is_empty() || self.is_stopping() {
            return Ok(());
        }
        for number in elsewhere {
            let cell = &self.run.plan().cells[number];
            // A cell without a folder is tried again: its lease may have been released, or expired.
            if self.run.cell_folder(cell).exists() && self.run.is_done(cell) {
                self.queue.mark_done(number);
                self.progress.done(&cell.name(), "done by another scheduler");
            } else {
                self.queue.mark_waiting(number);
            }
        }
        self.assign_idle_workers()
    }
}

//! A run that other schedulers work on, too.

use anyhow::Result;

use super::EventLoop;

impl EventLoop<'_> {
    /// Renews the leases of this scheduler, and looks at the cells that others have taken.
    pub(super) fn poll(&mut self) -> Result<()> {
        self.renew();
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

    /// Renews the leases. If that fails for as long as they last, others take the cells over, so this scheduler saves
    /// and ends.
    fn renew(&mut self) {
        let Err(error) = self.access.renew() else { return };
        let text = format!("warning: the leases could not be renewed: {}", error.describe());
        if !std::mem::replace(&mut self.access.has_warned, true) {
            self.progress.print(&text);
        }
        if self.access.is_overdue() && !self.is_stopping() {
            self.interrupt("the leases could not be renewed");
        }
    }
}

//! The right to work on a run, and on its cells.

use assay_runs::{Cell, Holder, Leases, RunError, RunLock};

/// The lock of a run, and the leases of cells if other schedulers share the run.
pub(super) struct Access {
    /// This scheduler.
    pub holder: Holder,
    pub lock: RunLock,
    /// Whether to wait for the cells that other schedulers have taken.
    pub waits: bool,
    pub leases: Option<Leases>,
    /// Whether the user was told that leases could not be renewed.
    pub has_warned: bool,
}

impl Access {
    /// Takes a cell. Returns false if another scheduler has it.
    pub fn take(&mut self, cell: &Cell) -> Result<bool, RunError> {
        self.leases.as_mut().map_or(Ok(true), |leases| leases.take(cell))
    }

    /// Gives a cell back, done or not.
    pub fn release(&mut self, cell: &Cell) -> Result<(), RunError> {
        self.leases.as_mut().map_or(Ok(()), |leases| leases.release(&cell.id()))
    }

    /// Whether others may take cells over, because the leases could not be renewed.
    pub fn is_overdue(&self) -> bool {
        self.leases.as_ref().is_some_and(Leases::are_overdue)
    }

    /// Tells the other schedulers that this one is alive.
    pub fn renew(&mut self) -> Result<(), RunError> {
        self.leases.as_mut().map_or(Ok(()), Leases::renew)
    }
}

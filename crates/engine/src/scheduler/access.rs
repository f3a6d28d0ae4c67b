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

    /// Tells the other schedulers that this one is alive.
    pub fn renew(&mut self) -> Result<(), RunError> {
        self.leases.as_mut().map_or(Ok(()), Leases::renew)
    }
}

//! The message for a cell whose result was moved away.

use assay_runs::{Cell, RunDirectory};

/// The message for a cell whose damaged or outdated result was moved away.
#[must_use]
pub fn set_aside_message(run: &RunDirectory, cell: &Cell, reason: &str) -> String {
    let folder = run.path().join("damaged");
    format!("{}: {reason}; moved to {}, and computed again", cell.name(), folder.display())
}

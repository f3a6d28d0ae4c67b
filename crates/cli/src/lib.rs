//! The command line of the `assay` program and its registry of experiments.

mod arguments;
mod cancel;
mod datasets;
mod doctor;
mod export;
mod find_cell;
mod logging;
mod registry;
mod render;
mod report;
mod resume;
mod runs;
mod status;
mod train;

use std::process::ExitCode;

pub use arguments::{Arguments, Task};
pub use logging::start_logging;
pub use registry::registry;
pub use report::report;

/// Prints an error that ends a program. Its exit status is 2.
#[must_use]
pub fn exit_code(result: anyhow::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

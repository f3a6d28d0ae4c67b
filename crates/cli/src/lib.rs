//! The command line of the `assay` program and its registry of experiments.

mod arguments;
mod datasets;
mod doctor;
mod registry;
mod render;
mod report;
mod train;

pub use arguments::{Arguments, Task};
pub use registry::{ExperimentCommand, registry};
pub use report::report;
pub use train::Train;

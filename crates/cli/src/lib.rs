//! The commands of the `assay` program: what can be typed, and the experiments it has.

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

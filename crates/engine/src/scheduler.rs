//! Feeds cells to worker processes. The parent only schedules; it never trains.

mod failure;
mod progress;
mod protocol;
mod queue;
mod sweep;
mod workers;

pub use progress::Progress;
pub use protocol::{FromWorker, ToWorker};
pub use sweep::{SweepSettings, SweepSummary, set_aside, sweep};

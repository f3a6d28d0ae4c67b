//! Feeds cells to worker processes. The parent only schedules; it never trains.

mod progress;
mod protocol;
mod queue;
mod sweep;
mod trouble;
mod workers;

pub use progress::Progress;
pub use protocol::{FromWorker, ToWorker};
pub use sweep::{Ending, SweepSettings, set_aside, sweep};

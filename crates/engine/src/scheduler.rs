//! Distributes cells to worker processes. The parent process only schedules; it never trains.

mod event_loop;
mod failure;
mod progress;
mod protocol;
mod queue;
mod sweep;
mod workers;

pub use progress::SweepProgress;
pub use protocol::{FromWorker, ToWorker};
pub use sweep::{SweepSettings, SweepSummary, set_aside_message, sweep};

//! Distributes cells to worker processes. The parent process only schedules; it never trains.

mod access;
mod default_jobs;
mod event_log;
mod event_loop;
mod failure;
mod progress;
mod protocol;
mod queue;
mod set_aside;
mod signals;
mod sweep;
mod sweep_summary;
mod workers;

pub use default_jobs::default_jobs;
pub use event_log::{LogEvent, LogLine};
pub use progress::SweepProgress;
pub use protocol::{FromWorker, ToWorker};
pub use set_aside::set_aside_message;
pub use sweep::{SweepSettings, sweep};
pub use sweep_summary::SweepSummary;

//! The training engine: trainer, scheduler, worker processes and devices. It contains no experiment.
//!
//! An experiment implements [`experiment::Experiment`]: it plans cells and works on each of them with
//! the shared [`trainer`]. The [`scheduler`] distributes the cells of a run to [`worker`] processes.

mod carry_out;
mod context;
pub mod data_module;
pub mod device;
pub mod experiment;
pub mod flags;
mod host;
pub mod network;
pub mod output;
pub mod panics;
pub mod profile;
pub mod program;
pub mod run_status;
pub mod scheduler;
pub mod shell;
pub mod slurm;
pub mod trainer;
pub mod tuning;
pub mod weight_files;
pub mod worker;

pub use carry_out::work_on;

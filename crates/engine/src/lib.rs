//! Trains the cells of a run: trainer, scheduler, worker processes, devices. Knows no experiment.
//!
//! An experiment implements [`experiment::Experiment`]: it plans cells, and brings each to its record
//! with the one [`trainer`]. The [`scheduler`] feeds the cells of a run to [`worker`] processes.

pub mod data_module;
pub mod device;
pub mod experiment;
pub mod flags;
pub mod network;
pub mod output;
pub mod panics;
pub mod profile;
pub mod scheduler;
pub mod trainer;
pub mod weight_files;
pub mod worker;

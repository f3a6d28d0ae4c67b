//! A simulated experiment: cells that compute nothing, to measure what planning, scheduling and watching cost.

mod cell;
mod commands;
mod experiment;

pub use cell::SimulatedCell;
pub use commands::{Simulate, SimulatedScheduler};
pub use experiment::registry;

//! Tools for assay's developers: benchmarks against Python peers, device parity, and GPU checks.

pub mod bench;
pub mod drill;
pub mod gpu_check;
pub mod parity;
pub mod simulation;

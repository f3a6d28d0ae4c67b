//! Tools for those who work on assay: benchmarks beside a peer, device parity, a check of a GPU.

pub mod bench;
pub mod gpu_check;
pub mod parity;

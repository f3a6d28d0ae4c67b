//! Running kernels.

mod arithmetic;
mod atomics;
mod convert;
mod floats;
mod integers;
mod lanes;
mod launch;
mod matrices;
mod memory;
mod step;
mod warp;

pub use launch::{Grid, launch};
pub use memory::{add_allocation, is_allocated, remove_allocation};

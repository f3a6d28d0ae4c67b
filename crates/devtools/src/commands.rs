//! The developers' subcommands.

mod bench;
mod gpu_check;
mod parity;

pub use bench::Bench;
pub use gpu_check::GpuCheck;
pub use parity::Parity;

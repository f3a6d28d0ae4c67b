//! `assay bench`: whole sweeps timed from outside, ours with and without the kept output of frozen
//! layers and, where there is a Python with PyTorch, the same sweep trained the ordinary way there.
//!
//! Contenders run in turns, each as a process of its own in a fresh directory, so that start-up,
//! workers and scheduling count.

mod export;
mod process;
mod result;
mod table;
mod turns;

pub use export::export;
pub use process::{Usage, Watched, watch};
pub use result::{BenchResult, KindRow, Spread};
pub use table::table;
pub use turns::{CellTime, Contender, Settings, Turn, bench};

//! `assay-dev bench`: measures whole programs, and compares them with peers in Python.
//!
//! A case prepares its work. Its competitors then run alternately, each run in a process of its own and a
//! fresh folder, so that start-up, workers and scheduling count. A run consists of timed samples, from which
//! ratios and the table are computed.

mod case;
mod distill;
mod export;
mod fool;
mod operations;
mod peer;
mod process;
mod result;
mod run;
mod study;
mod table;
mod transfer;

pub use case::{Case, Column, Measurement, bench};
pub use distill::{DistillCase, DistillSettings};
pub use fool::{FoolCase, FoolSettings, search};
pub use operations::{Operations, operations, operations_table};
pub use peer::Peer;
pub use process::{ProcessUsage, Usage, measure};
pub use result::{BenchResult, KindRow, Ratio, Spread};
pub use run::{Competitor, CompetitorInfo, Run, Sample};
pub use table::table;
pub use transfer::{TransferCase, TransferSettings};

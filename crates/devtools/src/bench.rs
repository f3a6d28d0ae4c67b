//! `assay-dev bench`: what the program does, timed from outside, beside a peer in Python where there is one.
//!
//! A case makes its work ready; then its contenders take turns, each turn a process of its own in a fresh
//! directory, so that start-up, workers and scheduling count. What a turn did falls into timed pieces, which
//! ratios and the table are made of.

mod case;
mod distill;
mod export;
mod fool;
mod operations;
mod peer;
mod process;
mod result;
mod study;
mod table;
mod transfer;

pub use case::{Case, Column, Contender, Entry, Piece, Said, Turn, bench};
pub use distill::{DistillCase, DistillSettings};
pub use fool::{FoolCase, FoolSettings, search};
pub use operations::{Operations, operations, operations_table};
pub use peer::Peer;
pub use process::{Usage, Watched, watch};
pub use result::{BenchResult, KindRow, Ratio, Spread};
pub use table::table;
pub use transfer::{TransferCase, TransferSettings};

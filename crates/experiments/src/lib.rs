//! Trainer, scheduler and the studies.
//!
//! A study is a plan (which cells), a treatment (how to build the network) and a reading (which
//! claims; in `assay-report`). Every study is trained by the one [`trainer`], cell by cell, in
//! worker processes that the [`scheduler`] feeds.

pub mod bench;
pub mod classifier;
pub mod device;
pub mod distill;
pub mod fool;
pub mod gpu_check;
pub mod material;
pub mod network;
pub mod panics;
pub mod parity;
pub mod profile;
pub mod scheduler;
pub mod trainer;
pub mod transfer;
pub mod worker;

/// The version of assay, with the commit it was built from where that is known.
#[must_use]
pub fn version() -> String {
    match option_env!("ASSAY_COMMIT") {
        Some(commit) => format!("{} ({commit})", env!("CARGO_PKG_VERSION")),
        None => env!("CARGO_PKG_VERSION").to_owned(),
    }
}

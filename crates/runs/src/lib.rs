//! Runs on disk: cells, plans, records, and the run directory. Does not depend on burn.
//!
//! A [`Cell`] describes one unit of work of an experiment; its [`CellId`] is a hash of that description. Experiments
//! implement [`CellSpec`] for their kinds of cells, and [`DetailsSpec`] for results that only one kind has. A
//! [`Plan`] lists the cells of a run. A [`RunDirectory`] stores the results. It survives being
//! killed at any time: the folder of a cell is published by one rename, complete or not at all.

mod cell;
mod details;
mod digest_prefix;
mod directory;
mod error;
mod files;
mod plan;
mod provenance;
mod record;
mod record_checks;
mod summary;

pub use assay_core::{
    DatasetId, DistillationLoss, ExternalModel, Half, Initialization, MomentumWarmup, NetworkSpec,
    TrainingConfig, Tuning, Verdict, ViewConfig, random_stream,
};

pub use cell::{Cell, CellId, CellSpec};
pub use details::{Details, DetailsSpec};
pub use digest_prefix::{DigestError, verify_digest, with_digest, write_with_digest};
pub use directory::{
    CellStatus, CheckedCells, Holder, Lease, Leases, RunDirectory, RunLock, Staging, file,
    read_record,
};
pub use error::RunError;
pub use files::{digest, remove_partial_files, write_atomically};
pub use plan::Plan;
pub use provenance::{Latency, Provenance, Seconds};
pub use record::{CurvePoint, Evaluation, Outcome, Parameters, Record};
pub use record_checks::check_finite;
pub use summary::{Claim, Summary};

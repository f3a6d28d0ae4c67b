//! Runs on disk: cells, plans, records, and the run directory. Does not depend on burn.
//!
//! A [`Cell`] describes one trial of an experiment; its [`CellId`] is a hash of that description. A
//! [`Plan`] lists the cells of a run. A [`RunDirectory`] stores the results. It survives being
//! killed at any time: the folder of a cell is published by one rename, complete or not at all.

mod attack_result;
mod cell;
mod class_split;
mod digest_prefix;
mod directory;
mod error;
mod files;
mod plan;
mod provenance;
mod record;
mod record_checks;
mod summary;
mod treatment;
mod viterbi;

pub use assay_core::{
    DatasetId, DistillationLoss, Half, Initialization, MomentumWarmup, NetworkSpec, TrainingConfig,
    ViewConfig, random_stream,
};

pub use attack_result::{
    AttackResult, EliteRecord, ExternalPredictions, GenerationPoint, Predictions,
};
pub use cell::{
    Attack, AttackCell, Cell, CellId, ClassifierCell, CrossEvaluationCell, Encoding,
    ExternalEvaluationCell, ExternalModel, Loss, Method, Preset, Regularization, RejectClass, Role,
    SpecialistCell, SpecialistEnsemble, SpecialistEnsembleCell, TrainingSubset, TransferCell,
};
pub use class_split::ClassSplit;
pub use digest_prefix::{DigestError, verify_digest, with_digest, write_with_digest};
pub use directory::{CellStatus, CheckedCells, RunDirectory, RunLock, Staging, file, read_record};
pub use error::RunError;
pub use files::{digest, remove_partial_files, write_atomically};
pub use plan::{Plan, Study};
pub use provenance::{Latency, Provenance, Seconds};
pub use record::{CurvePoint, Evaluation, LayerScores, Outcome, Parameters, Record, Rejection};
pub use summary::{Claim, Summary, Verdict};
pub use treatment::{LayerMode, ParseTreatmentError, Treatment};
pub use viterbi::{StatePath, viterbi};

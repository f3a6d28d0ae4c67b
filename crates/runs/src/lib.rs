//! A run on disk: cells, their records, and the directory that holds them. No Burn.
//!
//! A [`Cell`] is a value that determines one piece of work completely; its [`CellId`] is a hash of
//! that value. A [`Plan`] lists the cells of a run. A [`RunDirectory`] survives being killed at
//! any instant: a cell's folder appears whole, by one rename, or not at all.

mod attack_result;
mod cell;
mod directory;
mod error;
mod files;
mod left_to_right;
mod plan;
mod possible;
mod record;
mod seal;
mod split;
mod stream;
mod summary;
mod treatment;

pub use attack_result::{AttackResult, EliteRecord, GenerationPoint, GuestOpinion, Opinion};
pub use cell::{
    Attack, AttackCell, Cell, CellId, ClassifierCell, Data, Encoding, Examples, Guest,
    GuestShowingCell, Loss, Method, MomentumGrowth, Network, Panel, PanelCell, Preset,
    Regularization, RejectClass, Role, Schedule, ShowingCell, SoftTerm, SpecialistCell,
    TransferCell, Views,
};
pub use directory::{Attempt, Checked, Found, RunDirectory, RunLock, file, record_in};
pub use error::RunError;
pub use files::{digest, remove_being_written, write_atomically};
pub use left_to_right::{StatePath, best_path};
pub use plan::{Plan, Study};
pub use record::{
    CurvePoint, Evaluation, Latency, LayerScores, Outcome, Parameters, Provenance, Record,
    Rejection, Seconds,
};
pub use seal::{SealError, sealed, unsealed, write_sealed};
pub use split::Split;
pub use stream::stream;
pub use summary::{Claim, Summary, Verdict};
pub use treatment::{Fate, Half, Initialization, ParseTreatmentError, Treatment};

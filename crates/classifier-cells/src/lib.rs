//! Cells that the distillation and the fooling experiment share: classifiers, specialist ensembles, and attacks on
//! classifiers, with what they record. Does not depend on burn.

mod attack;
mod cell_kind;
mod classifier;
mod external_evaluation;
mod reject_class;
mod results;
mod specialist_ensemble;

pub use attack::{
    Attack, AttackCell, CrossEvaluationCell, Encoding, Method, Preset, Regularization,
};
pub use cell_kind::CellKind;
pub use classifier::{ClassifierCell, Loss, Role, TrainingSubset};
pub use external_evaluation::ExternalEvaluationCell;
pub use reject_class::RejectClass;
pub use results::{
    AttackResult, EliteRecord, ExternalPredictions, GenerationPoint, Predictions, Rejection,
    SpecialistClasses,
};
pub use specialist_ensemble::{SpecialistCell, SpecialistEnsemble, SpecialistEnsembleCell};

/// The file of a finished cell with sample test images and the predictions of a teacher.
pub const SAMPLE_IMAGES_FILE: &str = "sample_images.safetensors";
/// The file of a finished cell with the state of each speech frame (forced alignment).
pub const ALIGNMENT_FILE: &str = "alignment.safetensors";
/// The file of a finished cell with the images found by an attack.
pub const ELITES_FILE: &str = "elites.safetensors";
/// The file of a finished cell with the genomes of these images.
pub const ARCHIVE_FILE: &str = "archive.json";
/// The file of a finished cell with the ancestors of some of these images.
pub const LINEAGES_FILE: &str = "lineages.safetensors";
/// The file of a finished attack of a retraining round with the images after the first generation.
pub const FIRST_GENERATION_FILE: &str = "first_generation.safetensors";

#[cfg(test)]
mod tests;

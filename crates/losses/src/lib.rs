//! Training losses for classification and knowledge distillation, one per file.
//!
//! [`cross_entropy`] compares logits with hard labels; all other losses compare them with the
//! output of a teacher. Logits are `[batch, classes]`. Unless documented otherwise, a loss is
//! summed over the classes and averaged over the batch, `[1]`. No gradient flows into the teacher's
//! output.
//!
//! [`LossConfig`] describes a weighted sum of cross-entropy and one distillation loss.

mod config;
mod decoupled;
mod dist;
mod error;
mod hard_labels;
mod logit_mse;
mod nkd;
mod reductions;
mod soft_targets;
mod standardization;
#[cfg(test)]
mod tests;
mod wttm;

pub use assay_core::DistillationLoss;
pub use config::{LossConfig, TeacherOutput};
pub use decoupled::decoupled;
pub use dist::dist;
pub use error::LossError;
pub use hard_labels::cross_entropy;
pub use logit_mse::logit_mse;
pub use nkd::nkd;
pub use soft_targets::{soft_targets, soft_targets_from_probabilities};
pub use standardization::standardize;
pub use wttm::wttm;

//! Losses between logits and what they should have been, one a file.
//!
//! [`cross_entropy`] compares with hard labels, all others with a teacher's output for the same
//! images. A student's logits are `[batch, classes]`; every loss is a sum over the classes and a
//! mean over the batch, `[1]`. No gradient flows into what the teacher says.
//!
//! [`LossConfig`] is a weighted sum of the hard term and one soft term, as a plain value.

mod config;
mod decoupled;
mod dist;
mod error;
mod hard_labels;
mod logit_mse;
mod nkd;
mod rows;
mod soft_targets;
mod standardization;
#[cfg(test)]
mod tests;
mod wttm;

pub use config::{DistillationLoss, LossConfig, TeacherOutput};
pub use decoupled::decoupled;
pub use dist::dist;
pub use error::LossError;
pub use hard_labels::cross_entropy;
pub use logit_mse::logit_mse;
pub use nkd::nkd;
pub use soft_targets::{soft_targets, soft_targets_of_probabilities};
pub use standardization::standardized;
pub use wttm::wttm;

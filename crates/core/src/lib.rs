//! What data sets, models, losses and runs have in common: specifications as plain data, the verdict
//! on a claim, and the random streams. No burn.
//!
//! ```
//! use assay_core::{DistillationLoss, random_stream};
//! use rand_chacha::rand_core::Rng;
//!
//! let loss = DistillationLoss::SoftTargets { temperature: 4.0 };
//! assert_eq!(loss.to_string(), "soft-targets-T4");
//! // The same owner and name always give the same numbers.
//! let draw = || random_stream(&"cell 1", "order of epoch 3").next_u64();
//! assert_eq!(draw(), draw());
//! ```

mod distillation_loss;
mod external_model;
mod half;
mod initialization;
mod random_stream;
mod specs;
mod tuning;
mod verdict;

pub use distillation_loss::DistillationLoss;
pub use external_model::ExternalModel;
pub use half::Half;
pub use initialization::Initialization;
pub use random_stream::random_stream;
pub use specs::{DatasetId, MomentumWarmup, NetworkSpec, TrainingConfig, ViewConfig};
pub use tuning::Tuning;
pub use verdict::Verdict;

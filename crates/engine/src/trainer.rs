//! The trainer that all experiments share: a network, labeled batches and a schedule.

mod batches;
mod callback;
mod checkpoint;
mod concat_dataset;
mod evaluation;
mod frozen_features;
mod objective;
mod optimizer;
mod sampler;
mod training;

pub use batches::{LabeledBatches, Subset};
pub use callback::{Control, TrainingCallback, TrainingEnd, TrainingError};
pub use checkpoint::{CheckpointError, Snapshot, TrainingProgress};
pub use concat_dataset::ConcatDataset;
pub use evaluation::{evaluate, evaluate_logits, logits};
pub use frozen_features::cacheable_layers;
pub use objective::{ClassPrior, HardLabels, Objective};
pub use optimizer::{LrStep, Sgd};
pub use sampler::{Sampler, ShuffledSampler, StratifiedSampler};
pub use training::Training;

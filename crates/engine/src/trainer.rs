//! The one trainer: takes a network and labeled batches through a schedule. Knows of no study.

mod batches;
mod checkpoint;
mod concat_dataset;
mod evaluation;
mod features;
mod objective;
mod optimizer;
mod sampler;
mod training;

pub use batches::{LabeledBatches, Subset};
pub use checkpoint::{CheckpointError, Progress, Snapshot};
pub use concat_dataset::ConcatDataset;
pub use evaluation::{evaluate, evaluation, logits};
pub use features::cached_layers;
pub use objective::{HardLabels, Objective, Prior};
pub use optimizer::{LrStep, Sgd};
pub use sampler::{Sampler, ShuffledSampler, StratifiedSampler};
pub use training::{Control, Training, TrainingCallback, TrainingEnd, TrainingError};

//! The one trainer: takes a network and labelled batches through a schedule. Knows of no study.

mod appended;
mod batches;
mod checkpoint;
mod evaluation;
mod features;
mod objective;
mod optimizer;
mod order;
mod training;

pub use appended::Appended;
pub use batches::{LabelledBatches, Subset};
pub use checkpoint::{CheckpointError, Progress, Snapshot};
pub use evaluation::{evaluate, evaluation, logits};
pub use features::kept_layers;
pub use objective::{HardLabels, Objective, Prior};
pub use optimizer::{Rates, Sgd};
pub use order::{EachOnce, Order, OwnAndRest};
pub use training::{Control, Ended, Observer, Training, TrainingError};

//! Specifications that the cells of all experiments have in common.

use serde::{Deserialize, Serialize};

use crate::Initialization;

/// Identifies the data set of a cell, before any split.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetId {
    /// The name it was opened by. For a folder, this is `folder-` and the first digits of its
    /// fingerprint: the path of the folder must not change the identity of a cell.
    pub name: String,
    /// BLAKE3 of its shape, labels and pixels.
    pub fingerprint: String,
}

/// Data augmentation: how the views (random crops and flips) of a training image are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewConfig {
    /// Views of each training image, from 1 to 1024.
    pub count: u32,
    /// Pixels of zero padding (u8 zero, before normalization) on each side before cropping, as is
    /// common for CIFAR.
    pub crop_padding: u32,
    /// Side of the square crop in pixels; 0 for a crop as large as the image. Test images are
    /// center-cropped without padding. Yosinski et al. 2014: crop 227 of 256, padding 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub crop: u32,
    /// Whether views are mirrored left to right with probability one half.
    pub horizontal_flip: bool,
}

impl ViewConfig {
    /// No augmentation: the only view is the image itself.
    pub const IDENTITY: Self = Self { count: 1, crop_padding: 0, crop: 0, horizontal_flip: false };
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde requires this signature")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The architecture of a network, except for the number of classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkSpec {
    /// Name of the architecture: `alexnet`, `alexnet32`, `alexnet_small`, `alexnet_torchvision`,
    /// `lenet`, or `mlp-800-800` for a perceptron with two hidden layers of 800 units.
    pub architecture: String,
    /// Factor on the width of every hidden layer.
    pub width: f64,
    /// Whether the convolutions are grouped where the architecture has groups.
    pub groups: bool,
    /// Whether local response normalization is applied where the architecture has it.
    pub local_response_norm: bool,
    /// Dropout probability of the network's inputs, in [0, 1).
    #[serde(default, skip_serializing_if = "is_zero_f64")]
    pub input_dropout: f64,
    /// Dropout probability before each fully connected layer except the first layer, in [0, 1).
    pub dropout: f64,
    /// Initialization of the layers that are not copied.
    pub initialization: Initialization,
}

/// Hyperparameters of a training: SGD with momentum and a learning rate that falls in steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingConfig {
    /// Epochs: passes over the training images.
    pub epochs: u32,
    /// Batch size. An incomplete last batch of an epoch is dropped.
    pub batch: u32,
    /// Initial learning rate of the weights.
    pub learning_rate: f64,
    /// Factor on the learning rate of the biases (2 in Yosinski et al. 2014).
    pub bias_lr_factor: f64,
    /// Milestones of the learning rate, as shares of all steps in (0, 1). At each, the rate is
    /// multiplied by `lr_gamma`.
    pub lr_milestones: Vec<f64>,
    /// Factor on the learning rate at each milestone (gamma).
    pub lr_gamma: f64,
    /// Momentum, in [0, 1).
    pub momentum: f64,
    /// Weight decay, applied to weights but not to biases.
    pub weight_decay: f64,
    /// Factor on the learning rate after each epoch, in addition to the milestones (Hinton et al.
    /// 2012: 0.998).
    #[serde(default = "default_factor", skip_serializing_if = "is_one")]
    pub lr_epoch_gamma: f64,
    /// Upper limit of the squared norm of each unit's incoming weights, enforced after each step; 0
    /// for none.
    #[serde(default, skip_serializing_if = "is_zero_f64")]
    pub max_weight_norm: f64,
    /// Upper limit of the gradient's Euclidean norm over all trained parameters; 0 for none. A
    /// larger gradient is scaled down before weight decay and momentum (Pascanu et al. 2013,
    /// algorithm 1).
    #[serde(default, skip_serializing_if = "is_zero_f64")]
    pub max_gradient_norm: f64,
    /// Linear increase of the momentum up to `momentum`; none for a constant momentum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub momentum_warmup: Option<MomentumWarmup>,
}

impl TrainingConfig {
    /// The same with the learning rate multiplied by `factor`.
    #[must_use]
    pub fn with_lr_factor(&self, factor: f64) -> Self {
        Self { learning_rate: self.learning_rate * factor, ..self.clone() }
    }

    /// The configuration of a network that is not trained, only evaluated with this batch size.
    #[must_use]
    pub fn evaluation_only(batch: u32) -> Self {
        Self {
            epochs: 0,
            batch,
            learning_rate: 0.0,
            bias_lr_factor: 1.0,
            lr_milestones: Vec::new(),
            lr_gamma: 1.0,
            momentum: 0.0,
            weight_decay: 0.0,
            lr_epoch_gamma: 1.0,
            max_weight_norm: 0.0,
            max_gradient_norm: 0.0,
            momentum_warmup: None,
        }
    }
}

/// A linear increase of the momentum (Hinton et al. 2012: from 0.5 over 500 epochs).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MomentumWarmup {
    /// Momentum of the first epoch.
    pub from: f64,
    /// Epochs until the final momentum is reached.
    pub epochs: u32,
}

// Default values are not serialized: a setting that was added later must not change the identity of
// older cells.

fn default_factor() -> f64 {
    1.0
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    clippy::float_cmp,
    reason = "serde requires this signature"
)]
fn is_one(number: &f64) -> bool {
    *number == 1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde requires this signature")]
fn is_zero_f64(number: &f64) -> bool {
    *number == 0.0
}

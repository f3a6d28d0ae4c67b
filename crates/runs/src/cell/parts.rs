//! What cells of every study are made of.

use serde::{Deserialize, Serialize};

use crate::Initialization;

/// The data a cell trains and tests on, before any split.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The name it was opened by or, of a folder, `folder-` and the beginning of its fingerprint: where a
    /// folder lies is in the plan's settings alone, and changes no identity.
    pub name: String,
    /// BLAKE3 of its shape, labels and pixels.
    pub fingerprint: String,
}

/// The views (crops and flips) every cell of a run draws an image from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Views {
    /// How many views of each training image there are.
    pub count: u32,
    /// Pixels of padding a crop may move into, on each side.
    pub crop_padding: u32,
    /// Side in pixels of the square that is cut out of an image; 0 for all of it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub crop: u32,
    /// Whether a view may be mirrored left to right.
    pub mirror: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
pub(super) fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The network, all but the number of its classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Its table: `alexnet`, `alexnet32`, `alexnet_small`, `alexnet_torchvision`, `lenet`, or
    /// `mlp-800-800` for a perceptron with two hidden layers of 800.
    pub architecture: String,
    /// Factor on the width of every hidden layer.
    pub width: f64,
    /// Whether the convolutions that are grouped in the table are grouped.
    pub groups: bool,
    /// Whether local response normalization stands where the table has it.
    pub normalization: bool,
    /// The share of the network's own inputs dropped in training.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub input_dropout: f64,
    /// The share of inputs dropped before each fully connected layer but the first.
    pub dropout: f64,
    /// How layers that are not copied are drawn.
    pub initialization: Initialization,
}

/// Stochastic gradient descent with momentum and a learning rate that falls in steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Passes over the training images.
    pub epochs: u32,
    /// Images a step; the ragged last batch of an epoch is left out.
    pub batch: u32,
    /// Learning rate of the weights at the start.
    pub learning_rate: f64,
    /// Factor on the learning rate of the biases (2 in Yosinski et al. 2014).
    pub bias_learning_rate_factor: f64,
    /// Shares of all steps, in (0, 1), at which the learning rate is multiplied by `drop_factor`.
    pub drops: Vec<f64>,
    /// What the learning rate is multiplied by at each drop.
    pub drop_factor: f64,
    /// Momentum.
    pub momentum: f64,
    /// Weight decay, on weights only.
    pub weight_decay: f64,
    /// Factor on the learning rate after each epoch, beside the drops (Hinton et al. 2012: 0.998).
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub epoch_factor: f64,
    /// Most a unit's squared norm of incoming weights may be after a step; 0 for no limit.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub max_norm: f64,
    /// Most the Euclidean norm of the gradient may be, over the weights and biases of all trained layers
    /// together; a longer one is scaled down to it before weight decay and momentum (Pascanu et al. 2013,
    /// algorithm 1). 0 for no limit.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub max_gradient_norm: f64,
    /// The momentum at the start, which grows in a straight line to `momentum`; none for no growth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub momentum_growth: Option<MomentumGrowth>,
}

impl Schedule {
    /// That of a network which is not trained here; so many images are looked at together.
    #[must_use]
    pub fn of_no_training(batch: u32) -> Self {
        Self {
            epochs: 0,
            batch,
            learning_rate: 0.0,
            bias_learning_rate_factor: 1.0,
            drops: Vec::new(),
            drop_factor: 1.0,
            momentum: 0.0,
            weight_decay: 0.0,
            epoch_factor: 1.0,
            max_norm: 0.0,
            max_gradient_norm: 0.0,
            momentum_growth: None,
        }
    }
}

/// A momentum that grows (Hinton et al. 2012: from 0.5 over 500 epochs).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MomentumGrowth {
    /// The momentum of the first epoch.
    pub from: f64,
    /// Epochs until the schedule's momentum is reached.
    pub epochs: u32,
}

// What a cell leaves out stays out of its hash: a setting that came later changes no identity.

fn one() -> f64 {
    1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, clippy::float_cmp, reason = "what serde asks for")]
fn is_one(number: &f64) -> bool {
    *number == 1.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_nothing(number: &f64) -> bool {
    *number == 0.0
}

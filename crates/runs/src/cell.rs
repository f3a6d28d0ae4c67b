//! A cell: a value that determines one training completely.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Half, Split, Treatment};

/// The data a cell trains and tests on, before any split.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The name it was opened by.
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
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// The network, all but the number of its classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Its table: `alexnet`, `alexnet32`, `alexnet_small`, `alexnet_torchvision`, `lenet`.
    pub architecture: String,
    /// Factor on the width of every hidden layer.
    pub width: f64,
    /// Whether the convolutions that are grouped in the table are grouped.
    pub groups: bool,
    /// Whether local response normalisation stands where the table has it.
    pub normalization: bool,
    /// The share of inputs dropped before each fully connected layer but the first.
    pub dropout: f64,
    /// How layers that are not copied are drawn.
    pub initialization: crate::Initialization,
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
}

/// A value that determines one training completely.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// How its network begins and which part of it is trained.
    pub treatment: Treatment,
    /// Which classes are in which half.
    pub split: Split,
    /// Distinguishes repeats.
    pub seed: u32,
    /// How many training images of each target class it sees; all where there is no number.
    pub images_per_class: Option<u32>,
    /// BLAKE3 of the file that the base of half A comes from, where it was not trained here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_weights: Option<String>,
    /// What it trains and tests on.
    pub data: Data,
    /// The views of a training image.
    pub views: Views,
    /// The network.
    pub network: Network,
    /// How it is trained.
    pub schedule: Schedule,
}

/// The identity of a cell: 16 hexadecimal digits of the BLAKE3 hash of its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CellId(String);

impl fmt::Display for CellId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Cell {
    /// The cell's identity. Two cells with the same identity train to the same result.
    ///
    /// # Panics
    /// Never: a cell is plain data, which always has a JSON form.
    #[must_use]
    pub fn id(&self) -> CellId {
        let value = serde_json::to_vec(self).expect("a cell is plain data");
        CellId(blake3::hash(&value).to_hex()[..16].to_owned())
    }

    /// A name for people and folders: treatment, split, seed and the identity.
    #[must_use]
    pub fn name(&self) -> String {
        let fewer = self.images_per_class.map(|n| format!(".{n}-images")).unwrap_or_default();
        format!("{}.{}.seed-{}{fewer}.{}", self.treatment, self.split, self.seed, self.id())
    }

    /// The cells that must be done before this one: the base whose layers it takes, or both bases
    /// for what compares them.
    #[must_use]
    pub fn needs(&self) -> Vec<Cell> {
        let base = |target| Cell { treatment: Treatment::Base { target }, ..self.clone() };
        match self.treatment {
            Treatment::Base { .. } | Treatment::Random { .. } | Treatment::All => Vec::new(),
            // Goes on from the base that saw the same, perhaps reduced, data.
            Treatment::BaseLong { target } => vec![base(target)],
            Treatment::Copied { source: Half::A, .. } if self.base_weights.is_some() => Vec::new(),
            // The source of a copied network has always seen all images of its half.
            Treatment::Copied { source, .. } => {
                vec![Cell { images_per_class: None, ..base(source) }]
            }
            Treatment::Scores { source } => vec![base(source), base(source.other())],
        }
    }
}

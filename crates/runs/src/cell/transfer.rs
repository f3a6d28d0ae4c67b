//! A cell of the transfer study.

use serde::{Deserialize, Serialize};

use super::CellId;
use super::parts::{Data, Network, Schedule, Views};
use crate::{Half, Split, Treatment};

/// One training of the transfer study: a treatment on one split, with one seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferCell {
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

impl TransferCell {
    /// The cell's identity; see [`crate::Cell::id`].
    #[must_use]
    pub fn id(&self) -> CellId {
        CellId::of(self)
    }

    /// A name for people and folders, with the identity at its end.
    #[must_use]
    pub fn name(&self) -> String {
        let fewer = self.images_per_class.map(|n| format!(".{n}-images")).unwrap_or_default();
        format!("{}.{}.seed-{}{fewer}.{}", self.treatment, self.split, self.seed, self.id())
    }

    /// The cells that must be done before this one: the base whose layers it takes, or both bases
    /// for what compares them.
    #[must_use]
    pub fn needs(&self) -> Vec<Self> {
        let base = |target| Self { treatment: Treatment::Base { target }, ..self.clone() };
        match self.treatment {
            Treatment::Base { .. } | Treatment::Random { .. } | Treatment::All => Vec::new(),
            // Goes on from the base that saw the same, perhaps reduced, data.
            Treatment::BaseLong { target } => vec![base(target)],
            Treatment::Copied { source: Half::A, .. } if self.base_weights.is_some() => Vec::new(),
            // The source of a copied network has always seen all images of its half.
            Treatment::Copied { source, .. } => {
                vec![Self { images_per_class: None, ..base(source) }]
            }
            Treatment::Scores { source } => vec![base(source), base(source.other())],
        }
    }
}

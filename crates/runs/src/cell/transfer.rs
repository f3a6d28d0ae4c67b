//! Cells of the transfer experiment.

use serde::{Deserialize, Serialize};

use super::CellId;
use crate::{ClassSplit, Half, Treatment};
use assay_core::{DatasetId, NetworkSpec, TrainingConfig, ViewConfig};

/// One training of the transfer experiment: a treatment, a split of the classes and a seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferCell {
    /// How the network is initialized, and which layers are trained.
    pub treatment: Treatment,
    /// How the classes are divided into halves.
    pub split: ClassSplit,
    /// Distinguishes repetitions.
    pub seed: u32,
    /// Training images of each target class; none for all of them.
    pub images_per_class: Option<u32>,
    /// BLAKE3 of the file that the base of half A was imported from; none if it is trained here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_weights: Option<String>,
    /// The data set it is trained and tested on.
    pub data: DatasetId,
    /// The augmentation of the training images.
    pub views: ViewConfig,
    /// The architecture.
    pub network: NetworkSpec,
    /// How it is trained.
    pub schedule: TrainingConfig,
}

impl TransferCell {
    /// The cell's identity; see [`crate::Cell::id`].
    #[must_use]
    pub fn id(&self) -> CellId {
        CellId::for_value(self)
    }

    /// A readable name that is safe as a folder name. It ends with the identity.
    #[must_use]
    pub fn name(&self) -> String {
        let fewer = self.images_per_class.map(|n| format!(".{n}-images")).unwrap_or_default();
        format!("{}.{}.seed-{}{fewer}.{}", self.treatment, self.split, self.seed, self.id())
    }

    /// The cells that must be finished first: the base whose layers are copied, or both bases for a
    /// comparison.
    #[must_use]
    pub fn dependencies(&self) -> Vec<Self> {
        let base = |target| Self { treatment: Treatment::Base { target }, ..self.clone() };
        match self.treatment {
            Treatment::Base { .. } | Treatment::Random { .. } | Treatment::All => Vec::new(),
            // Continues the base that was trained on the same (possibly reduced) data.
            Treatment::BaseLong { target } => vec![base(target)],
            Treatment::Copied { source: Half::A, .. } if self.base_weights.is_some() => Vec::new(),
            // The source of a copied network is always trained on all images of its half.
            Treatment::Copied { source, .. } => {
                vec![Self { images_per_class: None, ..base(source) }]
            }
            Treatment::Scores { source } => vec![base(source), base(source.other())],
        }
    }
}

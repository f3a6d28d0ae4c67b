//! Evaluation of an attack's images on a network from another run.

use serde::{Deserialize, Serialize};

use super::{AttackCell, CellId};
use assay_core::{DatasetId, NetworkSpec};

/// A finished network from another run, with everything that is needed to evaluate it. The path of
/// that run is not part of it: the weights are identified by their hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalModel {
    /// Role and architecture, the same for all repetitions: `student mlp-30-30`, `a3b lenet`.
    pub kind: String,
    /// Name of its cell in the other run.
    pub cell: String,
    /// BLAKE3 of its weights file.
    pub weights: String,
    /// The data set it was trained on.
    pub data: DatasetId,
    /// Its architecture.
    pub network: NetworkSpec,
    /// Shape of an input image: channels, height, width.
    pub input: [u32; 3],
    /// Number of outputs.
    pub outputs: u32,
    /// Class names by output. Outputs after the last name are not classes of images.
    pub classes: Vec<String>,
    /// Mean of each channel for normalization, in 0..=255.
    pub mean: Vec<f32>,
    /// Standard deviation of each channel for normalization, on the scale of 0..=255.
    pub deviation: Vec<f32>,
}

/// The images of an attack, evaluated on a network from another run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalEvaluationCell {
    /// The data set that the attacked network was trained on.
    pub data: DatasetId,
    /// The attack.
    pub attack: AttackCell,
    /// The network that classifies the images.
    pub external_model: ExternalModel,
}

impl ExternalEvaluationCell {
    /// The cell's identity; see [`crate::Cell::id`].
    #[must_use]
    pub fn id(&self) -> CellId {
        CellId::for_value(self)
    }

    /// A readable name that is safe as a folder name. It ends with the identity.
    #[must_use]
    pub fn name(&self) -> String {
        let plain = |sign: char| if sign.is_ascii_alphanumeric() { sign } else { '-' };
        let kind: String = self.external_model.kind.chars().map(plain).take(40).collect();
        format!("external-evaluation.{}.to-{kind}.{}", self.attack.label(), self.id())
    }
}

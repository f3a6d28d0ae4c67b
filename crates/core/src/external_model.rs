//! A network of another run.

use serde::{Deserialize, Serialize};

use crate::{DatasetId, NetworkSpec};

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

//! The provenance of a record: where, when and how fast a cell was made.

use serde::{Deserialize, Serialize};

/// How long the phases of a cell took, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Seconds {
    /// Building the network and caching the output of the frozen layers.
    pub prepare: f64,
    /// Training steps.
    pub train: f64,
    /// Evaluation on the test images.
    pub evaluate: f64,
    /// Total time, including earlier attempts that left a checkpoint.
    pub total: f64,
}

/// Duration of one forward pass in milliseconds, median of several.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// For a single image.
    pub batch_1: f64,
    /// For a batch of 128 images.
    pub batch_128: f64,
}

/// Early records have no precision; they were computed in f32.
fn default_precision() -> String {
    "f32".to_owned()
}

/// Where and how a cell was made: everything that may differ between two equal records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The device, in the form of `--device`.
    pub device: String,
    /// The precision, in the form of `--precision`.
    #[serde(default = "default_precision")]
    pub precision: String,
    /// Name and hardware of the machine, including the GPU if it was used.
    pub machine: String,
    /// Version of assay, with the commit if known.
    pub version: String,
    /// Durations by phase.
    pub seconds: Seconds,
    /// Time of completion in seconds since 1970 (Unix time).
    pub finished: f64,
    /// Training throughput: images per second.
    pub images_per_second: f64,
    /// For a classifier: duration of a forward pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Latency>,
    /// Number of first layers whose output was cached.
    pub cached_layers: u8,
    /// How many times the cell was resumed from a checkpoint.
    pub resumed: u32,
    /// Devices of earlier attempts, if the cell was resumed on another device or in another
    /// precision.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_devices: Vec<String>,
}

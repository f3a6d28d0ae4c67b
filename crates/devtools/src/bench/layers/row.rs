//! The rows of the comparison: a network, and what is done with it.

use anyhow::Result;
use assay_models::{Kernel, LayerConfig};
use serde_json::{Value, json};

use crate::bench::export::layers;
use crate::bench::networks::networks;

/// Side of the matrices whose product measures what a core can do.
const SIDE: usize = 2048;

/// Images in a forward pass that is not a part of training.
const FORWARD_BATCH: usize = 200;

/// A row of the table.
pub struct Row {
    /// Its name.
    pub name: String,
    /// Layers of the network.
    pub layers: Vec<LayerConfig>,
    /// Images per step.
    pub batch: usize,
    /// Whether a step trains the network; otherwise it is a forward pass.
    pub training: bool,
}

impl Row {
    /// Multiplications per image. The backward pass has twice as many as the forward pass, but none
    /// for the gradient of the images.
    pub fn multiplications(&self) -> usize {
        let forward: usize = self.layers.iter().map(LayerConfig::multiplications).sum();
        if self.training { 3 * forward - self.layers[0].multiplications() } else { forward }
    }

    /// Describes the row to a peer.
    pub fn describe(&self) -> Value {
        json!({
            "name": self.name,
            "shape": self.layers[0].input,
            "batch": self.batch,
            "training": self.training,
            "layers": layers(&self.layers),
        })
    }
}

/// The product of two large matrices: what a core can do.
pub fn product() -> Row {
    let layer = LayerConfig {
        name: "fc1".to_owned(),
        tensor_prefix: "fc1".to_owned(),
        input: [SIDE, 1, 1],
        kernel: Kernel::FullyConnected { out: SIDE },
        dropout: 0.0,
        relu: false,
        pool: None,
        local_response_norm: false,
        paper_deviation: 0.01,
        paper_bias: 0.0,
    };
    let name = format!("product of matrices, {SIDE}");
    Row { name, layers: vec![layer], batch: SIDE, training: false }
}

/// All rows: the product first, then the training of each network, then a forward pass.
///
/// # Errors
/// Never: the networks are valid.
pub fn rows() -> Result<Vec<Row>> {
    let mut rows = vec![product()];
    for network in networks()? {
        let [channels, height, width] = network.image;
        let name = format!("{}, {channels}x{height}x{width}", network.name);
        if network.name == "lenet" {
            rows.push(Row {
                name: format!("{name}, forward pass"),
                layers: network.layers.clone(),
                batch: FORWARD_BATCH,
                training: false,
            });
        }
        let (batch, layers) = (network.batch, network.layers);
        rows.push(Row { name, layers, batch, training: true });
    }
    Ok(rows)
}

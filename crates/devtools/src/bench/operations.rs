//! Counts the operations of a network's forward pass from its layers. Nothing is measured.

use std::fmt::Write;

use anyhow::Result;
use assay_models::{LayerConfig, NetworkConfig};
use serde::Serialize;

/// Bytes per number.
const BYTES: usize = 4;
/// Images per batch in the ratio of multiplications to bytes.
const BATCH: usize = 128;

/// The size of a network's forward pass for one image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Operations {
    /// The network, with its width factor if that is not 1.
    pub network: String,
    /// The shape of an image: channels, height, width.
    pub image: [usize; 3],
    /// Multiplications, each with an addition.
    pub multiplications: usize,
    /// The number of weights and biases.
    pub parameters: usize,
    /// The number of values that layers compute, before and after pooling. Training keeps them for the
    /// backward pass, which has about twice as many multiplications.
    pub activations: usize,
}

impl Operations {
    /// Counts the operations of a network.
    ///
    /// # Errors
    /// Returns an error if the configuration is not a valid network.
    pub fn count(config: &NetworkConfig) -> Result<Self> {
        let layers = config.layers()?;
        let sum = |count: fn(&LayerConfig) -> usize| layers.iter().map(count).sum();
        let factor = if (config.width - 1.0).abs() < f64::EPSILON {
            String::new()
        } else {
            format!(" x{}", config.width)
        };
        Ok(Self {
            network: format!("{}{factor}", config.architecture),
            image: config.input,
            multiplications: sum(LayerConfig::multiplications),
            parameters: sum(LayerConfig::parameters),
            activations: sum(LayerConfig::activations),
        })
    }

    /// Multiplications per byte that a forward pass of 128 images must move at least, in f32. Below some tens,
    /// memory limits the speed of a GPU; above, arithmetic does.
    #[must_use]
    pub fn multiplications_per_byte(&self) -> f64 {
        let image: usize = self.image.iter().product();
        let moved = BYTES * (self.parameters + BATCH * (image + self.activations));
        (BATCH * self.multiplications) as f64 / moved as f64
    }
}

/// The networks of the profiles, for their image sizes.
///
/// # Errors
/// Never: the configurations are constant.
pub fn operations() -> Result<Vec<Operations>> {
    let network = |architecture: &str, input, classes, width, groups| -> Result<Operations> {
        Operations::count(&NetworkConfig {
            architecture: architecture.parse()?,
            input,
            classes,
            width,
            groups,
            local_response_norm: true,
            input_dropout: 0.0,
            dropout: 0.5,
        })
    };
    [
        ("mlp-800-800", [1, 28, 28], 10, 1.0, false),
        ("mlp-1200-1200", [1, 28, 28], 10, 1.0, false),
        ("lenet", [1, 28, 28], 10, 1.0, false),
        ("alexnet_small", [3, 16, 16], 50, 0.5, false),
        ("alexnet_small", [3, 16, 16], 50, 1.0, false),
        ("alexnet_small", [3, 32, 32], 50, 1.0, false),
        ("alexnet32", [3, 32, 32], 50, 1.0, true),
        ("alexnet_torchvision", [3, 224, 224], 1000, 1.0, false),
        ("alexnet", [3, 227, 227], 500, 1.0, true),
    ]
    .into_iter()
    .map(|(name, input, classes, width, groups)| network(name, input, classes, width, groups))
    .collect()
}

/// Formats the counts as a table.
#[must_use]
pub fn operations_table(rows: &[Operations]) -> String {
    let mut text = format!(
        "{:24} {:>11} {:>15} {:>11} {:>12} {:>11} {:>12} {:>11}\n",
        "network",
        "image",
        "multiplications",
        "parameters",
        "in MiB",
        "activations",
        "in KiB",
        "x / byte"
    );
    for row in rows {
        let [channels, height, width] = row.image;
        let _ = writeln!(
            text,
            "{:24} {:>11} {:>15} {:>11} {:>12.2} {:>11} {:>12.1} {:>11.1}",
            row.network,
            format!("{channels}x{height}x{width}"),
            row.multiplications,
            row.parameters,
            (BYTES * row.parameters) as f64 / 1024.0 / 1024.0,
            row.activations,
            (BYTES * row.activations) as f64 / 1024.0,
            row.multiplications_per_byte(),
        );
    }
    let _ = writeln!(
        text,
        "\nFor the forward pass of one image in f32, counted from the shapes of the layers. x / byte: multiplications \
                 per byte moved,\nfor batches of {BATCH} images. A training step has about three times as many multiplications."
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_counted_layer_by_layer() {
        let all = operations().unwrap();
        let lenet = all.iter().find(|row| row.network == "lenet").unwrap();
        // 20 maps of 24x24 pooled to 12x12, 50 of 8x8 pooled to 4x4, 500 units, 10 classes.
        assert_eq!(lenet.activations, 20 * (576 + 144) + 50 * (64 + 16) + 500 + 10);
        assert_eq!(lenet.parameters, 431_080);
        assert_eq!(lenet.multiplications, 2_293_000);
        let moved = 4.0 * (431_080.0 + 128.0 * (784.0 + 18_910.0));
        assert!((lenet.multiplications_per_byte() - 128.0 * 2_293_000.0 / moved).abs() < 1e-9);
        assert!(operations_table(&all).contains("lenet"), "{}", operations_table(&all));
        assert!(all.iter().any(|row| row.network == "alexnet_small x0.5"));
    }
}

//! What a network's forward pass consists of, counted from its table: no measurement, no training.

use std::fmt::Write;

use anyhow::Result;
use assay_models::{LayerConfig, NetworkConfig};
use serde::Serialize;

/// Bytes of a number.
const BYTES: usize = 4;
/// Images that the products a byte are given for.
const BATCH: usize = 128;

/// A network's forward pass for one image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Operations {
    /// The network, and its factor on the widths where that is not 1.
    pub network: String,
    /// Shape of an image: channels, height, width.
    pub image: [usize; 3],
    /// Products, each with a sum.
    pub multiplications: usize,
    /// Weights and biases.
    pub parameters: usize,
    /// Numbers that layers compute: each kernel's output, and what pooling makes of it. Training keeps
    /// them until the backward pass, which multiplies about twice as often.
    pub activations: usize,
}

impl Operations {
    /// Of a configuration.
    ///
    /// # Errors
    /// When it makes no network.
    pub fn of(config: &NetworkConfig) -> Result<Self> {
        let layers = config.layers()?;
        let sum = |of: fn(&LayerConfig) -> usize| layers.iter().map(of).sum();
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

    /// Products for every byte of weights, images and activations that a forward pass of 128 images has
    /// to move at least, in f32: below some tens memory decides how fast a card is, above it arithmetic.
    #[must_use]
    pub fn multiplications_per_byte(&self) -> f64 {
        let image: usize = self.image.iter().product();
        let moved = BYTES * (self.parameters + BATCH * (image + self.activations));
        (BATCH * self.multiplications) as f64 / moved as f64
    }
}

/// The networks of the profiles, at the sizes that these have.
///
/// # Errors
/// Never: the configurations are constant.
pub fn operations() -> Result<Vec<Operations>> {
    let network = |architecture: &str, input, classes, width, groups| -> Result<Operations> {
        Operations::of(&NetworkConfig {
            architecture: architecture.parse()?,
            input,
            classes,
            width,
            groups,
            normalization: true,
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

/// The table for people.
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
        "\nOf one image's forward pass, counted from the layers' shapes; in f32. x / byte: products for a \
         byte moved,\nwith {BATCH} images at a time. A step of training multiplies about three times as often."
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

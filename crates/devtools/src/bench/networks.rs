//! The networks of the profiles, for the sizes of their images.

use anyhow::Result;
use assay_models::{LayerConfig, NetworkConfig};

/// A network at the size in which a profile uses it.
pub struct BenchNetwork {
    /// Its name, with its width factor if that is not 1.
    pub name: String,
    /// The shape of an image: channels, height, width.
    pub image: [usize; 3],
    /// Images per training batch.
    pub batch: usize,
    /// Its layers, without dropout.
    pub layers: Vec<LayerConfig>,
}

impl BenchNetwork {
    /// A network with its width factor, and with or without the groups and the local response normalization of
    /// the paper.
    ///
    /// # Errors
    /// Returns an error if there is no such network, or it does not fit the image.
    pub fn new(
        architecture: &str,
        image: [usize; 3],
        classes: usize,
        (width, paper): (f64, bool),
        batch: usize,
    ) -> Result<Self> {
        let config = NetworkConfig {
            architecture: architecture.parse()?,
            input: image,
            classes,
            width,
            groups: paper,
            local_response_norm: paper,
            input_dropout: 0.0,
            dropout: 0.0,
        };
        let is_unchanged = (width - 1.0).abs() < f64::EPSILON;
        let factor = if is_unchanged { String::new() } else { format!(" x{width}") };
        let name = format!("{architecture}{factor}");
        Ok(Self { name, image, batch, layers: config.layers()? })
    }

    /// Multiplications of the forward pass of one image.
    pub fn multiplications(&self) -> usize {
        self.layers.iter().map(LayerConfig::multiplications).sum()
    }
}

/// The networks of the profiles.
///
/// # Errors
/// Never: the networks are valid.
pub fn networks() -> Result<Vec<BenchNetwork>> {
    let networks = [
        ("mlp-800-800", [1, 28, 28], 10, 1.0, false, 64),
        ("mlp-1200-1200", [1, 28, 28], 10, 1.0, false, 64),
        ("lenet", [1, 28, 28], 10, 1.0, false, 64),
        ("alexnet_small", [3, 16, 16], 50, 0.5, false, 16),
        ("alexnet_small", [3, 16, 16], 50, 1.0, false, 64),
        ("alexnet_small", [3, 32, 32], 50, 1.0, false, 64),
        ("alexnet32", [3, 32, 32], 50, 1.0, true, 128),
        ("alexnet_torchvision", [3, 224, 224], 1000, 1.0, false, 32),
        ("alexnet", [3, 227, 227], 500, 1.0, true, 32),
    ];
    let network = |(architecture, image, classes, width, paper, batch): (&str, _, _, _, _, _)| {
        BenchNetwork::new(architecture, image, classes, (width, paper), batch)
    };
    networks.into_iter().map(network).collect()
}

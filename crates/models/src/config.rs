//! The configuration of a network.

use crate::architecture::MAX_WIDTH;
use crate::layer_config::{Kernel, LayerConfig};
use crate::tables::{TORCHVISION_NAMES, TableKernel, TableRow};
use crate::{Architecture, ModelError};

/// The configuration of a network. [`NetworkConfig::init`] initializes it.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkConfig {
    /// The architecture.
    pub architecture: Architecture,
    /// Shape of an image: `[channels, height, width]`.
    pub input: [usize; 3],
    /// Number of classes: outputs of the last layer.
    pub classes: usize,
    /// Factor on the width of every hidden layer. In an mlp, widths are rounded to at least 1.
    /// Otherwise they are rounded to an even number, so that two groups can share them.
    pub width: f64,
    /// Whether convolutions are grouped where the architecture has groups.
    pub groups: bool,
    /// Whether local response normalization is applied where the architecture has it.
    pub local_response_norm: bool,
    /// Dropout probability of the inputs of the first layer, in [0, 1).
    pub input_dropout: f64,
    /// Dropout probability before each fully connected layer except the first layer, in [0, 1).
    pub dropout: f64,
}

impl NetworkConfig {
    /// The layers with all their shapes, first to last.
    ///
    /// # Errors
    /// When a number is out of range, or the images are too small for the architecture.
    pub fn layers(&self) -> Result<Vec<LayerConfig>, ModelError> {
        self.check()?;
        let mut shape = self.input;
        let mut layers: Vec<LayerConfig> = Vec::new();
        for (index, row) in self.architecture.rows().iter().enumerate() {
            let layer = self.layer(index, row, shape, layers.last());
            shape = layer.output().ok_or_else(|| {
                let [_, height, width] = self.input;
                self.invalid(format!(
                    "{height}x{width} images are too small for its {}",
                    layer.name
                ))
            })?;
            layers.push(layer);
        }
        Ok(layers)
    }

    /// Multiply-adds of the forward pass of one image.
    ///
    /// # Errors
    /// When the configuration is invalid.
    pub fn multiplications(&self) -> Result<usize, ModelError> {
        Ok(self.layers()?.iter().map(LayerConfig::multiplications).sum())
    }

    fn check(&self) -> Result<(), ModelError> {
        if self.input.contains(&0) {
            return Err(self.invalid(format!("images of {:?} are empty", self.input)));
        }
        if self.classes < 2 {
            return Err(self.invalid(format!("{} classes; needs at least 2", self.classes)));
        }
        if !(self.width > 0.0 && self.width <= 64.0) {
            return Err(self.invalid(format!("width {} is not in (0, 64]", self.width)));
        }
        if let Architecture::Mlp(widths) = &self.architecture
            && let Some(wrong) =
                widths.iter().find(|&&width| width == 0 || self.scaled(width) > MAX_WIDTH)
        {
            let factor = self.width;
            return Err(
                self.invalid(format!("{wrong} units times {factor} are not 1 to {MAX_WIDTH}"))
            );
        }
        for (name, share) in [("input dropout", self.input_dropout), ("dropout", self.dropout)] {
            if !(0.0..1.0).contains(&share) {
                return Err(self.invalid(format!("{name} {share} is not in [0, 1)")));
            }
        }
        Ok(())
    }

    fn invalid(&self, reason: String) -> ModelError {
        ModelError::Config { architecture: self.architecture.to_string(), reason }
    }

    fn scaled(&self, width: usize) -> usize {
        let scaled = width as f64 * self.width;
        match self.architecture {
            Architecture::Mlp(_) => (scaled.round() as usize).max(1),
            _ => ((scaled / 2.0).round() as usize).max(1) * 2,
        }
    }

    fn layer(
        &self,
        index: usize,
        row: &TableRow,
        input: [usize; 3],
        before: Option<&LayerConfig>,
    ) -> LayerConfig {
        let kernel = match row.kernel {
            TableKernel::Convolution { out, size, stride, padding, groups } => {
                Kernel::Convolution {
                    out: self.scaled(out),
                    size,
                    stride,
                    padding,
                    groups: if self.groups { groups } else { 1 },
                }
            }
            TableKernel::FullyConnected { out } => Kernel::FullyConnected { out: self.scaled(out) },
            TableKernel::Classes => Kernel::FullyConnected { out: self.classes },
        };
        let kind = if matches!(kernel, Kernel::Convolution { .. }) { "conv" } else { "fc" };
        let name = format!("{kind}{}", index + 1);
        let tensor_prefix = match self.architecture {
            Architecture::AlexNetTorchvision => TORCHVISION_NAMES[index].to_owned(),
            _ => name.clone(),
        };
        LayerConfig {
            tensor_prefix,
            name,
            input,
            kernel,
            dropout: self.dropout_before(before),
            relu: row.relu,
            pool: row.pool,
            local_response_norm: row.local_response_norm && self.local_response_norm,
            paper_deviation: row.paper.0,
            paper_bias: row.paper.1,
        }
    }

    /// Dropout probability of the layer that follows `before`.
    fn dropout_before(&self, before: Option<&LayerConfig>) -> f64 {
        match before.map(|layer| layer.kernel) {
            None => self.input_dropout,
            Some(Kernel::FullyConnected { .. }) => self.dropout,
            Some(Kernel::Convolution { .. }) => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(architecture: Architecture, side: usize, classes: usize) -> NetworkConfig {
        let gray = matches!(architecture, Architecture::LeNet | Architecture::Mlp(_));
        NetworkConfig {
            architecture,
            input: [if gray { 1 } else { 3 }, side, side],
            classes,
            width: 1.0,
            groups: true,
            local_response_norm: true,
            input_dropout: 0.0,
            dropout: 0.5,
        }
    }

    fn mlp(name: &str) -> NetworkConfig {
        config(name.parse().unwrap(), 28, 10)
    }

    fn parameters(config: &NetworkConfig) -> usize {
        config.layers().unwrap().iter().map(LayerConfig::parameters).sum()
    }

    /// Inputs and outputs of each layer.
    fn widths(config: &NetworkConfig) -> Vec<(usize, usize)> {
        let layers = config.layers().unwrap();
        layers.iter().map(|layer| (layer.fan_in(), layer.weight_shape()[0])).collect()
    }

    #[test]
    fn sizes_are_the_published_ones() {
        assert_eq!(parameters(&config(Architecture::AlexNet, 227, 1000)), 60_965_224);
        assert_eq!(parameters(&config(Architecture::AlexNetTorchvision, 224, 1000)), 61_100_840);
        assert_eq!(parameters(&config(Architecture::LeNet, 28, 10)), 431_080);
    }

    #[test]
    fn the_distillation_papers_networks_have_the_published_sizes() {
        // 784 * 1200 + 1200 * 1200 + 1200 * 10, and 1200 + 1200 + 10 biases.
        assert_eq!(mlp("mlp-1200-1200").multiplications().unwrap(), 2_392_800);
        assert_eq!(parameters(&mlp("mlp-1200-1200")), 2_395_210);
        assert_eq!(mlp("mlp-800-800").multiplications().unwrap(), 1_275_200);
        assert_eq!(parameters(&mlp("mlp-800-800")), 1_276_810);
        // 784 * 30 + 30 * 30 + 30 * 10.
        assert_eq!(mlp("mlp-30-30").multiplications().unwrap(), 24_720);
    }

    #[test]
    fn multiply_adds_of_a_convolution() {
        // conv1: 24x24 positions of 5x5 for 20 filters; conv2: 8x8 positions of 20x5x5 for 50; fc3:
        // 800 to 500; fc4: 500 to 10.
        let expected = 576 * 25 * 20 + 64 * 500 * 50 + 800 * 500 + 500 * 10;
        let lenet = config(Architecture::LeNet, 28, 10);
        assert_eq!(lenet.multiplications().unwrap(), expected);
    }

    #[test]
    fn an_mlp_accepts_any_image_shape() {
        let config = NetworkConfig { input: [3, 5, 7], ..mlp("mlp-40-20-8") };
        assert_eq!(widths(&config), [(105, 40), (40, 20), (20, 8), (8, 10)]);
        let layers = config.layers().unwrap();
        let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
        assert_eq!(names, ["fc1", "fc2", "fc3", "fc4"]);
        let relus: Vec<bool> = layers.iter().map(|layer| layer.relu).collect();
        assert_eq!(relus, [true, true, true, false]);
        assert!(layers.iter().all(|layer| layer.name == layer.tensor_prefix));
        assert!(
            layers.iter().all(|layer| (layer.paper_deviation, layer.paper_bias) == (0.01, 0.0))
        );
    }

    #[test]
    fn mlp_widths_are_scaled_and_rounded() {
        let of = |width| widths(&NetworkConfig { width, ..mlp("mlp-30-1") });
        // Odd widths stay odd because an mlp has no groups.
        assert_eq!(of(0.25), [(784, 8), (8, 1), (1, 10)]);
        assert_eq!(of(0.1), [(784, 3), (3, 1), (1, 10)]);
        assert_eq!(of(3.0), [(784, 90), (90, 3), (3, 10)]);
    }

    #[test]
    fn dropout_of_inputs_and_of_hidden_units() {
        let shares = |config: NetworkConfig| -> Vec<f64> {
            config.layers().unwrap().iter().map(|layer| layer.dropout).collect()
        };
        let input_dropout = 0.2;
        assert_eq!(shares(NetworkConfig { input_dropout, ..mlp("mlp-30-30") }), [0.2, 0.5, 0.5]);
        let lenet = config(Architecture::LeNet, 28, 10);
        assert_eq!(shares(NetworkConfig { input_dropout, ..lenet }), [0.2, 0.0, 0.0, 0.5]);
    }

    #[test]
    fn too_small_images_are_an_error() {
        let error = config(Architecture::AlexNet, 32, 10).layers().unwrap_err().to_string();
        assert_eq!(error, "network alexnet: 32x32 images are too small for its conv2");
    }

    #[test]
    fn numbers_out_of_range_are_errors() {
        let error = |config: NetworkConfig| config.layers().unwrap_err().to_string();
        let input_dropout = 1.0;
        assert_eq!(
            error(NetworkConfig { input_dropout, ..mlp("mlp-30-30") }),
            "network mlp-30-30: input dropout 1 is not in [0, 1)"
        );
        assert_eq!(
            error(NetworkConfig { width: 2.0, ..mlp("mlp-8-40000") }),
            "network mlp-8-40000: 40000 units times 2 are not 1 to 65536"
        );
        assert_eq!(
            error(NetworkConfig { dropout: -0.1, ..mlp("mlp-30") }),
            "network mlp-30: dropout -0.1 is not in [0, 1)"
        );
        assert_eq!(
            error(NetworkConfig { input: [1, 0, 28], ..mlp("mlp-30") }),
            "network mlp-30: images of [1, 0, 28] are empty"
        );
    }
}

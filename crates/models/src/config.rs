//! How to build a network: a table, and what is chosen about it.

use crate::architecture::WIDEST;
use crate::layer::{Kernel, LayerConfig};
use crate::tables::{Row, RowKernel, TORCHVISION_NAMES};
use crate::{Architecture, ModelError};

/// How to build a network. `init` draws it.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkConfig {
    /// Its table.
    pub architecture: Architecture,
    /// Shape of an image: `[channels, height, width]`.
    pub input: [usize; 3],
    /// Outputs of the last layer.
    pub classes: usize,
    /// Factor on the width of every hidden layer; rounded to at least 1 in an mlp, elsewhere to an even
    /// number, so that two groups can share it.
    pub width: f64,
    /// Whether convolutions that are grouped in the table are grouped.
    pub groups: bool,
    /// Whether local response normalization stands where the table has it.
    pub normalization: bool,
    /// The share of inputs dropped before the first layer, of whatever kind, in [0, 1).
    pub input_dropout: f64,
    /// The share of inputs dropped before each fully connected layer but the first, in [0, 1).
    pub dropout: f64,
}

impl NetworkConfig {
    /// The layers, first to last, with all shapes worked out.
    ///
    /// # Errors
    /// When a number is out of its range, or the images are too small for the table.
    pub fn layers(&self) -> Result<Vec<LayerConfig>, ModelError> {
        self.check()?;
        let mut shape = self.input;
        let mut layers: Vec<LayerConfig> = Vec::new();
        for (index, row) in self.architecture.rows().iter().enumerate() {
            let layer = self.layer(index, row, shape, layers.last());
            shape = layer.output().ok_or_else(|| {
                let [_, height, width] = self.input;
                self.wrong(format!("{height}x{width} images are too small for its {}", layer.name))
            })?;
            layers.push(layer);
        }
        Ok(layers)
    }

    /// Multiplications, each with an addition, of one image's forward pass through all layers.
    ///
    /// # Errors
    /// When the configuration makes no network.
    pub fn multiplications(&self) -> Result<usize, ModelError> {
        Ok(self.layers()?.iter().map(LayerConfig::multiplications).sum())
    }

    fn check(&self) -> Result<(), ModelError> {
        if self.input.contains(&0) {
            return Err(self.wrong(format!("images of {:?} are empty", self.input)));
        }
        if self.classes < 2 {
            return Err(self.wrong(format!("{} classes; needs at least 2", self.classes)));
        }
        if !(self.width > 0.0 && self.width <= 64.0) {
            return Err(self.wrong(format!("width {} is not in (0, 64]", self.width)));
        }
        if let Architecture::Mlp(widths) = &self.architecture
            && let Some(wrong) =
                widths.iter().find(|&&width| width == 0 || self.scaled(width) > WIDEST)
        {
            let factor = self.width;
            return Err(self.wrong(format!("{wrong} units times {factor} are not 1 to {WIDEST}")));
        }
        for (name, share) in [("input dropout", self.input_dropout), ("dropout", self.dropout)] {
            if !(0.0..1.0).contains(&share) {
                return Err(self.wrong(format!("{name} {share} is not in [0, 1)")));
            }
        }
        Ok(())
    }

    fn wrong(&self, reason: String) -> ModelError {
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
        row: &Row,
        input: [usize; 3],
        before: Option<&LayerConfig>,
    ) -> LayerConfig {
        let kernel = match row.kernel {
            RowKernel::Convolution { out, size, stride, padding, groups } => Kernel::Convolution {
                out: self.scaled(out),
                size,
                stride,
                padding,
                groups: if self.groups { groups } else { 1 },
            },
            RowKernel::FullyConnected { out } => Kernel::FullyConnected { out: self.scaled(out) },
            RowKernel::Classes => Kernel::FullyConnected { out: self.classes },
        };
        let kind = if matches!(kernel, Kernel::Convolution { .. }) { "conv" } else { "fc" };
        let name = format!("{kind}{}", index + 1);
        let stored_as = match self.architecture {
            Architecture::AlexNetTorchvision => TORCHVISION_NAMES[index].to_owned(),
            _ => name.clone(),
        };
        LayerConfig {
            stored_as,
            name,
            input,
            kernel,
            dropout: self.dropout_before(before),
            relu: row.relu,
            pool: row.pool,
            normalization: row.normalization && self.normalization,
            paper_deviation: row.paper.0,
            paper_bias: row.paper.1,
        }
    }

    /// The share of inputs that the layer after this one drops.
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
            normalization: true,
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
    fn the_sizes_are_the_published_ones() {
        assert_eq!(parameters(&config(Architecture::AlexNet, 227, 1000)), 60_965_224);
        assert_eq!(parameters(&config(Architecture::AlexNetTorchvision, 224, 1000)), 61_100_840);
        assert_eq!(parameters(&config(Architecture::LeNet, 28, 10)), 431_080);
    }

    #[test]
    fn the_networks_of_the_distillation_paper_have_their_sizes() {
        // 784 * 1200 + 1200 * 1200 + 1200 * 10, and 1200 + 1200 + 10 biases.
        assert_eq!(mlp("mlp-1200-1200").multiplications().unwrap(), 2_392_800);
        assert_eq!(parameters(&mlp("mlp-1200-1200")), 2_395_210);
        assert_eq!(mlp("mlp-800-800").multiplications().unwrap(), 1_275_200);
        assert_eq!(parameters(&mlp("mlp-800-800")), 1_276_810);
        // 784 * 30 + 30 * 30 + 30 * 10.
        assert_eq!(mlp("mlp-30-30").multiplications().unwrap(), 24_720);
    }

    #[test]
    fn a_convolution_multiplies_at_every_place() {
        // conv1: 24x24 places of 5x5 for 20 filters; conv2: 8x8 places of 20x5x5 for 50; fc3: 800 to
        // 500; fc4: 500 to 10.
        let expected = 576 * 25 * 20 + 64 * 500 * 50 + 800 * 500 + 500 * 10;
        let lenet = config(Architecture::LeNet, 28, 10);
        assert_eq!(lenet.multiplications().unwrap(), expected);
    }

    #[test]
    fn an_mlp_takes_an_image_of_any_shape_and_ends_without_a_relu() {
        let config = NetworkConfig { input: [3, 5, 7], ..mlp("mlp-40-20-8") };
        assert_eq!(widths(&config), [(105, 40), (40, 20), (20, 8), (8, 10)]);
        let layers = config.layers().unwrap();
        let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
        assert_eq!(names, ["fc1", "fc2", "fc3", "fc4"]);
        let relus: Vec<bool> = layers.iter().map(|layer| layer.relu).collect();
        assert_eq!(relus, [true, true, true, false]);
        assert!(layers.iter().all(|layer| layer.name == layer.stored_as));
        assert!(
            layers.iter().all(|layer| (layer.paper_deviation, layer.paper_bias) == (0.01, 0.0))
        );
    }

    #[test]
    fn a_factor_rounds_an_mlps_widths_and_leaves_one_unit_at_least() {
        let of = |width| widths(&NetworkConfig { width, ..mlp("mlp-30-1") });
        // Odd widths stay odd: there are no groups to share them.
        assert_eq!(of(0.25), [(784, 8), (8, 1), (1, 10)]);
        assert_eq!(of(0.1), [(784, 3), (3, 1), (1, 10)]);
        assert_eq!(of(3.0), [(784, 90), (90, 3), (3, 10)]);
    }

    #[test]
    fn the_first_layer_drops_inputs_and_later_ones_hidden_units() {
        let shares = |config: NetworkConfig| -> Vec<f64> {
            config.layers().unwrap().iter().map(|layer| layer.dropout).collect()
        };
        let input_dropout = 0.2;
        assert_eq!(shares(NetworkConfig { input_dropout, ..mlp("mlp-30-30") }), [0.2, 0.5, 0.5]);
        let lenet = config(Architecture::LeNet, 28, 10);
        assert_eq!(shares(NetworkConfig { input_dropout, ..lenet }), [0.2, 0.0, 0.0, 0.5]);
    }

    #[test]
    fn images_too_small_for_the_table_are_an_error_that_names_the_layer() {
        let error = config(Architecture::AlexNet, 32, 10).layers().unwrap_err().to_string();
        assert_eq!(error, "network alexnet: 32x32 images are too small for its conv2");
    }

    #[test]
    fn a_number_out_of_its_range_is_named() {
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

//! The tables of the networks.

use std::fmt;
use std::str::FromStr;

use crate::ModelError;
use crate::layer::{Kernel, LayerConfig, Pool};

/// The table a network is built from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// The network of Yosinski et al. 2014 (`CaffeNet` with the original's order of pooling and
    /// normalisation), for 227x227 images.
    AlexNet,
    /// Its shape for 32x32 images: 3x3 and 5x5 convolutions at stride 1, pools of 2.
    AlexNet32,
    /// The same eight cut points, small enough for a CPU, for images of 16x16 or more.
    AlexNetSmall,
    /// torchvision's `alexnet` (Krizhevsky 2014), for 224x224 images; its checkpoints load.
    AlexNetTorchvision,
    /// Caffe's `LeNet`, for 28x28 images: no `ReLU` after the convolutions.
    LeNet,
}

/// How to build a network. `init` draws it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetworkConfig {
    /// Its table.
    pub architecture: Architecture,
    /// Shape of an image: `[channels, height, width]`.
    pub input: [usize; 3],
    /// Outputs of the last layer.
    pub classes: usize,
    /// Factor on the width of every hidden layer, rounded, at least 1 (2 where grouped).
    pub width: f64,
    /// Whether convolutions that are grouped in the table are grouped.
    pub groups: bool,
    /// Whether local response normalisation stands where the table has it.
    pub normalization: bool,
    /// The share of inputs dropped before each fully connected layer but the first, in [0, 1).
    pub dropout: f64,
}

/// A row of a table of layers, before widths and shapes are worked out.
#[derive(Clone, Copy)]
struct Row {
    kernel: RowKernel,
    relu: bool,
    pool: Option<Pool>,
    normalization: bool,
    /// Standard deviation of the weights and value of the biases in the paper.
    paper: (f64, f64),
}

#[derive(Clone, Copy)]
enum RowKernel {
    Convolution {
        out: usize,
        size: usize,
        stride: usize,
        padding: usize,
        groups: usize,
    },
    FullyConnected {
        out: usize,
    },
    /// The last layer: as many outputs as there are classes.
    Classes,
}

const fn convolution(out: usize, size: usize, stride: usize, padding: usize) -> Row {
    let kernel = RowKernel::Convolution { out, size, stride, padding, groups: 1 };
    Row { kernel, relu: true, pool: None, normalization: false, paper: (0.01, 0.0) }
}

const fn fully_connected(out: usize) -> Row {
    let kernel = RowKernel::FullyConnected { out };
    Row { kernel, relu: true, pool: None, normalization: false, paper: (0.005, 1.0) }
}

const CLASSES: Row = Row {
    kernel: RowKernel::Classes,
    relu: false,
    pool: None,
    normalization: false,
    paper: (0.01, 0.0),
};

impl Row {
    const fn pooled(mut self, size: usize, stride: usize) -> Self {
        self.pool = Some(Pool { size, stride });
        self
    }

    const fn normalized(mut self) -> Self {
        self.normalization = true;
        self
    }

    const fn linear(mut self) -> Self {
        self.relu = false;
        self
    }

    const fn in_two_groups(mut self) -> Self {
        if let RowKernel::Convolution { out, size, stride, padding, .. } = self.kernel {
            self.kernel = RowKernel::Convolution { out, size, stride, padding, groups: 2 };
        }
        self
    }

    const fn bias(mut self, value: f64) -> Self {
        self.paper.1 = value;
        self
    }
}

/// Yosinski et al. 2014, supplementary material: biases of 1 keep early `ReLU`s alive.
const ALEXNET: [Row; 8] = [
    convolution(96, 11, 4, 0).pooled(3, 2).normalized(),
    convolution(256, 5, 1, 2).pooled(3, 2).normalized().in_two_groups().bias(1.0),
    convolution(384, 3, 1, 1),
    convolution(384, 3, 1, 1).in_two_groups().bias(1.0),
    convolution(256, 3, 1, 1).pooled(3, 2).in_two_groups().bias(1.0),
    fully_connected(4096),
    fully_connected(4096),
    CLASSES,
];

const ALEXNET_32: [Row; 8] = [
    convolution(64, 5, 1, 2).pooled(2, 2).normalized(),
    convolution(128, 5, 1, 2).pooled(2, 2).normalized().in_two_groups().bias(1.0),
    convolution(192, 3, 1, 1),
    convolution(192, 3, 1, 1).in_two_groups().bias(1.0),
    convolution(128, 3, 1, 1).pooled(2, 2).in_two_groups().bias(1.0),
    fully_connected(512),
    fully_connected(512),
    CLASSES,
];

const ALEXNET_SMALL: [Row; 8] = [
    convolution(16, 3, 1, 1).pooled(2, 2).normalized(),
    convolution(32, 3, 1, 1).pooled(2, 2).normalized().in_two_groups().bias(1.0),
    convolution(48, 3, 1, 1),
    convolution(48, 3, 1, 1).in_two_groups().bias(1.0),
    convolution(32, 3, 1, 1).pooled(2, 2).in_two_groups().bias(1.0),
    fully_connected(128),
    fully_connected(128),
    CLASSES,
];

const ALEXNET_TORCHVISION: [Row; 8] = [
    convolution(64, 11, 4, 2).pooled(3, 2),
    convolution(192, 5, 1, 2).pooled(3, 2).bias(1.0),
    convolution(384, 3, 1, 1),
    convolution(256, 3, 1, 1).bias(1.0),
    convolution(256, 3, 1, 1).pooled(3, 2).bias(1.0),
    fully_connected(4096),
    fully_connected(4096),
    CLASSES,
];

const LENET: [Row; 4] = [
    convolution(20, 5, 1, 0).linear().pooled(2, 2),
    convolution(50, 5, 1, 0).linear().pooled(2, 2),
    fully_connected(500),
    CLASSES,
];

/// Indices of the layers in torchvision's `features` and `classifier`.
const TORCHVISION_NAMES: [&str; 8] = [
    "features.0",
    "features.3",
    "features.6",
    "features.8",
    "features.10",
    "classifier.1",
    "classifier.4",
    "classifier.6",
];

impl Architecture {
    /// Every architecture.
    pub const ALL: [Self; 5] =
        [Self::AlexNet, Self::AlexNet32, Self::AlexNetSmall, Self::AlexNetTorchvision, Self::LeNet];

    /// The name it goes by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AlexNet => "alexnet",
            Self::AlexNet32 => "alexnet32",
            Self::AlexNetSmall => "alexnet_small",
            Self::AlexNetTorchvision => "alexnet_torchvision",
            Self::LeNet => "lenet",
        }
    }

    fn rows(self) -> &'static [Row] {
        match self {
            Self::AlexNet => &ALEXNET,
            Self::AlexNet32 => &ALEXNET_32,
            Self::AlexNetSmall => &ALEXNET_SMALL,
            Self::AlexNetTorchvision => &ALEXNET_TORCHVISION,
            Self::LeNet => &LENET,
        }
    }

    /// How many layers with weights it has; cut points run from 1 to one less.
    #[must_use]
    pub fn depth(self) -> usize {
        self.rows().len()
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Architecture {
    type Err = ModelError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|architecture| architecture.name() == name).ok_or_else(|| {
            ModelError::UnknownArchitecture {
                given: name.to_owned(),
                allowed: Self::ALL.map(Self::name).join(", "),
            }
        })
    }
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

    fn check(&self) -> Result<(), ModelError> {
        if self.classes < 2 {
            return Err(self.wrong(format!("{} classes; needs at least 2", self.classes)));
        }
        if !(self.width > 0.0 && self.width <= 64.0) {
            return Err(self.wrong(format!("width {} is not in (0, 64]", self.width)));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(self.wrong(format!("dropout {} is not in [0, 1)", self.dropout)));
        }
        Ok(())
    }

    fn wrong(&self, reason: String) -> ModelError {
        ModelError::Config { architecture: self.architecture.name(), reason }
    }

    fn scaled(&self, width: usize) -> usize {
        // Even, so that two groups can share it.
        (((width as f64 * self.width) / 2.0).round() as usize).max(1) * 2
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
        let after_fully_connected =
            before.is_some_and(|layer| matches!(layer.kernel, Kernel::FullyConnected { .. }));
        let stored_as = match self.architecture {
            Architecture::AlexNetTorchvision => TORCHVISION_NAMES[index].to_owned(),
            _ => name.clone(),
        };
        LayerConfig {
            stored_as,
            name,
            input,
            kernel,
            dropout: if after_fully_connected { self.dropout } else { 0.0 },
            relu: row.relu,
            pool: row.pool,
            normalization: row.normalization && self.normalization,
            paper_deviation: row.paper.0,
            paper_bias: row.paper.1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(architecture: Architecture, side: usize, classes: usize) -> NetworkConfig {
        let channels = if architecture == Architecture::LeNet { 1 } else { 3 };
        NetworkConfig {
            architecture,
            input: [channels, side, side],
            classes,
            width: 1.0,
            groups: true,
            normalization: true,
            dropout: 0.5,
        }
    }

    fn parameters(config: NetworkConfig) -> usize {
        config.layers().unwrap().iter().map(LayerConfig::parameters).sum()
    }

    #[test]
    fn the_sizes_are_the_published_ones() {
        assert_eq!(parameters(config(Architecture::AlexNet, 227, 1000)), 60_965_224);
        assert_eq!(parameters(config(Architecture::AlexNetTorchvision, 224, 1000)), 61_100_840);
        assert_eq!(parameters(config(Architecture::LeNet, 28, 10)), 431_080);
    }

    #[test]
    fn images_too_small_for_the_table_are_an_error_that_names_the_layer() {
        let error = config(Architecture::AlexNet, 32, 10).layers().unwrap_err().to_string();
        assert_eq!(error, "network alexnet: 32x32 images are too small for its conv2");
    }

    #[test]
    fn a_name_reads_back_and_an_unknown_one_lists_what_is_allowed() {
        for architecture in Architecture::ALL {
            assert_eq!(architecture.name().parse::<Architecture>().unwrap(), architecture);
        }
        let error = "vgg".parse::<Architecture>().unwrap_err().to_string();
        assert!(error.contains("\"vgg\"") && error.contains("alexnet32"), "{error}");
    }
}

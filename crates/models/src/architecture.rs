//! The available architectures and their names.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::ModelError;
use crate::tables::{
    ALEXNET, ALEXNET_32, ALEXNET_SMALL, ALEXNET_TORCHVISION, CLASSES, LENET, TableRow, hidden,
};

/// Maximum width of a hidden layer of an mlp.
pub(crate) const MAX_WIDTH: usize = 65536;
/// Maximum number of hidden layers of an mlp: cut points are numbered with a u8.
const MAX_HIDDEN_LAYERS: usize = 254;

/// An architecture: a table of layers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// The network of Yosinski et al. 2014 (`CaffeNet`), for 227x227 images. It pools before it
    /// normalizes; Krizhevsky et al. 2012 normalize first.
    AlexNet,
    /// `AlexNet` for 32x32 images: 3x3 and 5x5 convolutions with stride 1, 2x2 pooling.
    AlexNet32,
    /// A small `AlexNet` with the same eight cut points for training on a CPU, for images of at
    /// least 16x16.
    AlexNetSmall,
    /// torchvision's `alexnet` (Krizhevsky 2014), for 224x224 images. Its checkpoints can be
    /// loaded.
    AlexNetTorchvision,
    /// Caffe's `LeNet`, for 28x28 images. It has no `ReLU` after the convolutions.
    LeNet,
    /// A multilayer perceptron with these hidden widths (at least one), for images of any shape.
    /// Every layer but the last is followed by a `ReLU`. In Hinton et al. 2015, the teacher is
    /// `mlp-1200-1200` and the student `mlp-800-800`.
    Mlp(Vec<usize>),
}

/// The inputs that a published initialization was designed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperInputs {
    /// Pixels in 0..=255 minus their mean, as in Caffe: a standard deviation of about 60 for
    /// photographs.
    MeanSubtracted,
    /// Inputs with mean 0 and standard deviation 1.
    Standardized,
}

impl Architecture {
    /// All architectures of fixed size. An [mlp](Self::Mlp) is named by its widths instead.
    pub const FIXED_SIZE: [Self; 5] =
        [Self::AlexNet, Self::AlexNet32, Self::AlexNetSmall, Self::AlexNetTorchvision, Self::LeNet];

    /// The name in profiles and on the command line.
    #[must_use]
    pub fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::AlexNet => "alexnet",
            Self::AlexNet32 => "alexnet32",
            Self::AlexNetSmall => "alexnet_small",
            Self::AlexNetTorchvision => "alexnet_torchvision",
            Self::LeNet => "lenet",
            Self::Mlp(widths) => {
                let widths = widths.iter().map(|width| format!("-{width}"));
                return Cow::Owned(format!("mlp{}", widths.collect::<String>()));
            }
        })
    }

    pub(crate) fn rows(&self) -> Cow<'static, [TableRow]> {
        Cow::Borrowed(match self {
            Self::AlexNet => &ALEXNET,
            Self::AlexNet32 => &ALEXNET_32,
            Self::AlexNetSmall => &ALEXNET_SMALL,
            Self::AlexNetTorchvision => &ALEXNET_TORCHVISION,
            Self::LeNet => &LENET,
            Self::Mlp(widths) => {
                return widths.iter().map(|&width| hidden(width)).chain([CLASSES]).collect();
            }
        })
    }

    /// The inputs that [`Initialization::Paper`](crate::Initialization::Paper) was designed for;
    /// none if no paper gives an initialization. `AlexNet32` and `AlexNetSmall` are not from a
    /// paper and use that of `AlexNet`.
    #[must_use]
    pub fn paper_inputs(&self) -> Option<PaperInputs> {
        match self {
            Self::AlexNet | Self::AlexNet32 | Self::AlexNetSmall => {
                Some(PaperInputs::MeanSubtracted)
            }
            Self::Mlp(_) => Some(PaperInputs::Standardized),
            Self::AlexNetTorchvision | Self::LeNet => None,
        }
    }

    /// Number of layers with weights. Cut points are numbered from 1 to one less.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.rows().len()
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl FromStr for Architecture {
    type Err = ModelError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let fixed_size = Self::FIXED_SIZE.into_iter().find(|known| known.name() == name);
        let found = fixed_size.or_else(|| name.strip_prefix("mlp-").and_then(mlp));
        found.ok_or_else(|| ModelError::UnknownArchitecture {
            given: name.to_owned(),
            allowed: Self::FIXED_SIZE.map(|known| known.name()).join(", "),
        })
    }
}

/// Parses the widths of an mlp, such as `1200-1200`. Returns none if one is not a number or out of
/// range. Signs and leading zeros are rejected, so that each mlp has exactly one name.
fn mlp(widths: &str) -> Option<Architecture> {
    let width = |text: &str| {
        let width: usize = text.parse().ok()?;
        ((1..=MAX_WIDTH).contains(&width) && width.to_string() == text).then_some(width)
    };
    let widths: Vec<usize> = widths.split('-').map(width).collect::<Option<_>>()?;
    (widths.len() <= MAX_HIDDEN_LAYERS).then_some(Architecture::Mlp(widths))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn architecture_names_round_trip() {
        for architecture in Architecture::FIXED_SIZE {
            assert_eq!(architecture.name().parse::<Architecture>().unwrap(), architecture);
        }
        let error = "vgg".parse::<Architecture>().unwrap_err().to_string();
        assert!(error.contains("\"vgg\"") && error.contains("alexnet32"), "{error}");
        assert!(error.contains("mlp-1200-1200"), "{error}");
    }

    #[test]
    fn an_mlp_is_named_by_its_widths() {
        for (name, widths) in [
            ("mlp-1200-1200", vec![1200, 1200]),
            ("mlp-30-30", vec![30, 30]),
            ("mlp-1", vec![1]),
            ("mlp-65536-2-7", vec![65536, 2, 7]),
        ] {
            let architecture: Architecture = name.parse().unwrap();
            assert_eq!(architecture.depth(), widths.len() + 1);
            assert_eq!(architecture, Architecture::Mlp(widths));
            assert_eq!(architecture.to_string(), name);
        }
    }

    #[test]
    fn invalid_widths_are_errors() {
        let deep = format!("mlp{}", "-8".repeat(MAX_HIDDEN_LAYERS + 1));
        let wrong = ["mlp", "mlp-", "mlp-0", "mlp-65537", "mlp-8-", "mlp--8", "mlp-08", "mlp-+8"];
        for name in wrong.into_iter().chain([deep.as_str(), "mlp-8.5", "mlp-8 -8"]) {
            let error = name.parse::<Architecture>().unwrap_err().to_string();
            assert!(
                error.contains(&format!("{name:?}")) && error.contains("1 to 65536"),
                "{error}"
            );
        }
    }
}

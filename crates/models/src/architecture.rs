//! Names of networks, and the table that each one stands for.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::ModelError;
use crate::tables::{
    ALEXNET, ALEXNET_32, ALEXNET_SMALL, ALEXNET_TORCHVISION, CLASSES, LENET, Row, hidden,
};

/// Most units of a hidden layer of an mlp.
pub(crate) const WIDEST: usize = 65536;
/// Most hidden layers of an mlp: a cut point is a number below 256.
const DEEPEST: usize = 254;

/// The table a network is built from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// The network of Yosinski et al. 2014, `CaffeNet`: it pools before it normalizes, where Krizhevsky
    /// et al. 2012 normalize first. For 227x227 images.
    AlexNet,
    /// Its shape for 32x32 images: 3x3 and 5x5 convolutions at stride 1, pools of 2.
    AlexNet32,
    /// The same eight cut points, small enough for a CPU, for images of 16x16 or more.
    AlexNetSmall,
    /// torchvision's `alexnet` (Krizhevsky 2014), for 224x224 images; its checkpoints load.
    AlexNetTorchvision,
    /// Caffe's `LeNet`, for 28x28 images: no `ReLU` after the convolutions.
    LeNet,
    /// Fully connected layers with a `ReLU` after each but the last, for images of any shape: the
    /// widths of the hidden ones, of which there is one or more. `mlp-1200-1200` is the teacher of
    /// Hinton et al. 2015, `mlp-800-800` its student.
    Mlp(Vec<usize>),
}

/// The inputs that a published initialization is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperInputs {
    /// Pixels from 0 to 255 less their mean, as in Caffe: a standard deviation of about 60 for photographs.
    MeanSubtracted,
    /// Mean 0 and standard deviation 1.
    Standardized,
}

impl Architecture {
    /// Every architecture that has one size; an [mlp](Self::Mlp) is named by its widths.
    pub const OF_ONE_SIZE: [Self; 5] =
        [Self::AlexNet, Self::AlexNet32, Self::AlexNetSmall, Self::AlexNetTorchvision, Self::LeNet];

    /// The name it goes by.
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

    pub(crate) fn rows(&self) -> Cow<'static, [Row]> {
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

    /// The inputs that [`Initialization::Paper`](crate::Initialization::Paper) is for; none where no paper
    /// gives an initialization. `AlexNet32` and `AlexNetSmall` take that of `AlexNet`: no paper has them.
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

    /// How many layers with weights it has; cut points run from 1 to one less.
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
        let of_one_size = Self::OF_ONE_SIZE.into_iter().find(|known| known.name() == name);
        let found = of_one_size.or_else(|| name.strip_prefix("mlp-").and_then(mlp));
        found.ok_or_else(|| ModelError::UnknownArchitecture {
            given: name.to_owned(),
            allowed: Self::OF_ONE_SIZE.map(|known| known.name()).join(", "),
        })
    }
}

/// The mlp of widths written `1200-1200`; none where one is no number, too small or too large. Each mlp
/// has one name only, so a number has neither sign nor leading zeros.
fn mlp(widths: &str) -> Option<Architecture> {
    let width = |text: &str| {
        let width: usize = text.parse().ok()?;
        ((1..=WIDEST).contains(&width) && width.to_string() == text).then_some(width)
    };
    let widths: Vec<usize> = widths.split('-').map(width).collect::<Option<_>>()?;
    (widths.len() <= DEEPEST).then_some(Architecture::Mlp(widths))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_and_an_unknown_one_lists_what_is_allowed() {
        for architecture in Architecture::OF_ONE_SIZE {
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
    fn a_width_that_is_none_is_refused() {
        let deep = format!("mlp{}", "-8".repeat(DEEPEST + 1));
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

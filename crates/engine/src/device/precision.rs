//! What a device computes in.

use std::fmt;
use std::str::FromStr;

use assay_machine::DeviceName;
use serde::{Deserialize, Serialize};

use super::DeviceError;

/// The type of the numbers on a device. Weights are stored as f32 in files whatever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits, 24 of them significant, in every operation.
    F32,
    /// f32 but for the operands of matrix products and convolutions, which tensor cores may round to 11
    /// significant bits; sums stay f32. What burn 0.22 does on NVIDIA cards from Ampere on, and cannot
    /// be told not to.
    Tf32,
    /// 16 bits, 11 of them significant, up to 65504; in every operation, weights and gradients included.
    F16,
    /// 16 bits, 8 of them significant, with the range of f32; in every operation.
    Bf16,
}

impl Precision {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::F32, Self::Tf32, Self::F16, Self::Bf16];

    /// As `--precision` spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Tf32 => "tf32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Precision {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.into_iter().find(|known| known.name() == name);
        known.ok_or_else(|| format!("unknown precision {name:?}: use f32, tf32, f16 or bf16"))
    }
}

/// The processor's precision, where this one is asked for.
pub(super) fn of_processor(asked: Option<Precision>) -> Result<Precision, DeviceError> {
    match asked {
        None | Some(Precision::F32) => Ok(Precision::F32),
        Some(precision) => Err(DeviceError::Precision {
            device: DeviceName::Cpu,
            precision,
            reason: "it computes in f32 alone; leave --precision out, or name a card".to_owned(),
        }),
    }
}

/// A card's precision, where this one is asked for; `rounds` says whether its tensor cores round f32 to
/// tf32.
#[cfg_attr(
    not(any(feature = "cuda", feature = "vulkan", feature = "wgpu")),
    allow(dead_code, reason = "a build without cards asks in its tests alone")
)]
pub(super) fn of_card(
    device: DeviceName,
    asked: Option<Precision>,
    rounds: bool,
) -> Result<Precision, DeviceError> {
    let refused = |precision, reason: &str| {
        Err(DeviceError::Precision { device, precision, reason: reason.to_owned() })
    };
    match asked {
        None if rounds => Ok(Precision::Tf32),
        None => Ok(Precision::F32),
        Some(precision @ Precision::F32) if rounds => refused(
            precision,
            "burn 0.22 lets its tensor cores round the operands of products, and cannot be told not \
             to; tf32 is the name of that",
        ),
        Some(precision @ Precision::Tf32) if !rounds => {
            refused(precision, "only NVIDIA cards from Ampere on have it, under cuda; use f32")
        }
        Some(precision) => Ok(precision),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_precision_reads_back_and_an_unknown_one_says_what_is_allowed() {
        for precision in Precision::ALL {
            assert_eq!(precision.name().parse(), Ok(precision));
        }
        let error = "f64".parse::<Precision>().unwrap_err();
        assert!(error.contains("\"f64\"") && error.contains("bf16"), "{error}");
    }

    #[test]
    fn a_card_that_rounds_is_never_said_to_compute_in_f32() {
        let card = DeviceName::Cuda(0);
        assert_eq!(of_card(card, None, true), Ok(Precision::Tf32));
        assert_eq!(of_card(card, None, false), Ok(Precision::F32));
        assert_eq!(of_card(card, Some(Precision::Bf16), true), Ok(Precision::Bf16));
        let error = of_card(card, Some(Precision::F32), true).unwrap_err().to_string();
        assert!(error.contains("cuda:0 cannot compute in f32"), "{error}");
        let error = of_card(DeviceName::Vulkan(1), Some(Precision::Tf32), false).unwrap_err();
        assert!(error.to_string().contains("vulkan:1 cannot compute in tf32"), "{error}");
    }
}

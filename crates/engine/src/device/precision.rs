//! The floating-point precision of a device.

use std::fmt;
use std::str::FromStr;

use assay_machine::DeviceName;
use serde::{Deserialize, Serialize};

use super::DeviceError;

/// The floating-point type that a device computes in. Weights are saved as f32 in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// f32 in every operation: 24 significant bits.
    F32,
    /// f32, except that tensor cores may round the operands of matrix products and convolutions to 11
    /// significant bits; sums are f32. burn 0.22 always does this on NVIDIA GPUs from Ampere on.
    Tf32,
    /// f16 in every operation, also for weights and gradients: 11 significant bits, at most 65504.
    F16,
    /// bf16 in every operation, also for weights and gradients: 8 significant bits, the range of f32.
    Bf16,
}

impl Precision {
    /// All precisions.
    pub const ALL: [Self; 4] = [Self::F32, Self::Tf32, Self::F16, Self::Bf16];

    /// The name that `--precision` uses.
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

/// The precision of the CPU, which is always f32.
pub(super) fn cpu_precision(requested: Option<Precision>) -> Result<Precision, DeviceError> {
    match requested {
        None | Some(Precision::F32) => Ok(Precision::F32),
        Some(precision) => Err(DeviceError::Precision {
            device: DeviceName::Cpu,
            precision,
            reason: "it computes in f32 only; leave out --precision, or select a GPU with --device"
                .to_owned(),
        }),
    }
}

/// The precision of a GPU. `uses_tf32` says whether its tensor cores round f32 operands.
#[cfg_attr(
    not(any(feature = "cuda", feature = "vulkan", feature = "wgpu")),
    allow(dead_code, reason = "used in tests only if no GPU feature is on")
)]
pub(super) fn gpu_precision(
    device: DeviceName,
    requested: Option<Precision>,
    uses_tf32: bool,
) -> Result<Precision, DeviceError> {
    let refused = |precision, reason: &str| {
        Err(DeviceError::Precision { device, precision, reason: reason.to_owned() })
    };
    match requested {
        None if uses_tf32 => Ok(Precision::Tf32),
        None => Ok(Precision::F32),
        Some(precision @ Precision::F32) if uses_tf32 => refused(
            precision,
            "burn 0.22 always lets its tensor cores round the operands of products; use tf32",
        ),
        Some(precision @ Precision::Tf32) if !uses_tf32 => refused(
            precision,
            "only NVIDIA GPUs from Ampere on support it, with --device cuda; use f32",
        ),
        Some(precision) => Ok(precision),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_precision_is_parsed_from_its_name() {
        for precision in Precision::ALL {
            assert_eq!(precision.name().parse(), Ok(precision));
        }
        let error = "f64".parse::<Precision>().unwrap_err();
        assert!(error.contains("\"f64\"") && error.contains("bf16"), "{error}");
    }

    #[test]
    fn a_gpu_that_uses_tf32_is_not_said_to_compute_in_f32() {
        let gpu = DeviceName::Cuda(0);
        assert_eq!(gpu_precision(gpu, None, true), Ok(Precision::Tf32));
        assert_eq!(gpu_precision(gpu, None, false), Ok(Precision::F32));
        assert_eq!(gpu_precision(gpu, Some(Precision::Bf16), true), Ok(Precision::Bf16));
        let error = gpu_precision(gpu, Some(Precision::F32), true).unwrap_err().to_string();
        assert!(error.contains("cuda:0 cannot compute in f32"), "{error}");
        let error = gpu_precision(DeviceName::Vulkan(1), Some(Precision::Tf32), false).unwrap_err();
        assert!(error.to_string().contains("vulkan:1 cannot compute in tf32"), "{error}");
    }
}

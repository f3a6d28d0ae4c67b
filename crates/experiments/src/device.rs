//! The one place that chooses a device.

use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;

/// A device by the name `--device` gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeviceName {
    /// The processor.
    Cpu,
    /// An NVIDIA card by its number, through CUDA.
    Cuda(usize),
    /// A card by its number, through Vulkan (SPIR-V).
    Vulkan(usize),
    /// A card by its number, through WebGPU (WGSL).
    Wgpu(usize),
}

/// Why a device cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// A name no device has.
    #[error(
        "unknown device {0:?}: use cpu, cuda, vulkan or wgpu, the last three with a number where there are several cards (cuda:1)"
    )]
    Unknown(String),
    /// A device this build has no code for.
    #[error(
        "device {device}: this build of assay has no {feature} support; build it with `--features {feature}`, or use one of: {available}"
    )]
    NotBuilt {
        /// What was asked for.
        device: DeviceName,
        /// The cargo feature it needs.
        feature: &'static str,
        /// What this build has.
        available: String,
    },
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
            Self::Vulkan(index) => write!(f, "vulkan:{index}"),
            Self::Wgpu(index) => write!(f, "wgpu:{index}"),
        }
    }
}

impl FromStr for DeviceName {
    type Err = DeviceError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let unknown = || DeviceError::Unknown(name.to_owned());
        let (kind, index) = match name.split_once(':') {
            Some((kind, index)) => (kind, index.parse().map_err(|_| unknown())?),
            None => (name, 0),
        };
        match kind {
            "cpu" if name == "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(index)),
            "vulkan" => Ok(Self::Vulkan(index)),
            "wgpu" => Ok(Self::Wgpu(index)),
            _ => Err(unknown()),
        }
    }
}

impl DeviceName {
    /// The kinds of device this build has code for.
    #[must_use]
    pub fn available() -> Vec<&'static str> {
        let mut kinds = vec!["cpu"];
        kinds.extend(cfg!(feature = "cuda").then_some("cuda"));
        kinds.extend(cfg!(feature = "vulkan").then_some("vulkan"));
        kinds.extend(cfg!(feature = "wgpu").then_some("wgpu"));
        kinds
    }

    /// Whether it is the processor, whose results repeat to the last bit.
    #[must_use]
    pub fn is_cpu(self) -> bool {
        self == Self::Cpu
    }

    /// The device itself, without autodiff.
    ///
    /// # Errors
    /// When this build has no code for it.
    pub fn open(self) -> Result<Device, DeviceError> {
        match self {
            Self::Cpu => Ok(Device::flex()),
            #[cfg(feature = "cuda")]
            Self::Cuda(index) => Ok(Device::cuda(index)),
            #[cfg(feature = "vulkan")]
            Self::Vulkan(index) => Ok(Device::vulkan(graphics_card(index))),
            #[cfg(feature = "wgpu")]
            Self::Wgpu(index) => Ok(Device::wgpu(graphics_card(index))),
            #[allow(unreachable_patterns, reason = "reached unless every feature is on")]
            missing => Err(missing.not_built()),
        }
    }

    fn not_built(self) -> DeviceError {
        let feature = match self {
            Self::Cpu => "flex",
            Self::Cuda(_) => "cuda",
            Self::Vulkan(_) => "vulkan",
            Self::Wgpu(_) => "wgpu",
        };
        DeviceError::NotBuilt { device: self, feature, available: Self::available().join(", ") }
    }
}

#[cfg(any(feature = "vulkan", feature = "wgpu"))]
fn graphics_card(index: usize) -> burn::tensor::DeviceKind {
    // The first is what the system prefers, which may well be an integrated or a software adapter.
    match index {
        0 => burn::tensor::DeviceKind::DefaultDevice,
        other => burn::tensor::DeviceKind::DiscreteGpu(other - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_and_an_unknown_one_says_what_is_allowed() {
        for name in ["cpu", "cuda:0", "cuda:3", "vulkan:1", "wgpu:0"] {
            assert_eq!(name.parse::<DeviceName>().unwrap().to_string(), name);
        }
        assert_eq!("cuda".parse(), Ok(DeviceName::Cuda(0)));
        for wrong in ["gpu", "cpu:0", "cuda:", "cuda:x", ""] {
            let error = wrong.parse::<DeviceName>().unwrap_err().to_string();
            assert!(error.contains(&format!("{wrong:?}")), "{error}");
        }
    }
}

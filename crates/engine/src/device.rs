//! The one place that chooses a device, and opens it.

mod guard;
mod precision;

use assay_machine::{Chosen, HostInfo, Purpose};
use burn::tensor::Device;

pub use assay_machine::{DeviceChoice, DeviceKind, DeviceName, UnknownDevice};
pub(crate) use guard::HOOK;
pub use guard::guarded;
pub use precision::Precision;

/// Where to compute, and how precisely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceSpec {
    /// The device.
    pub device: DeviceName,
    /// The precision; none for what the device computes in by itself.
    pub precision: Option<Precision>,
}

impl DeviceSpec {
    /// The flags that stand for it.
    #[must_use]
    pub fn arguments(self) -> Vec<String> {
        let mut arguments = vec!["--device".to_owned(), self.device.to_string()];
        if let Some(precision) = self.precision {
            arguments.extend(["--precision".to_owned(), precision.name().to_owned()]);
        }
        arguments
    }
}

/// A device that was opened, and computes.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The device itself, without autodiff.
    pub device: Device,
    /// What it computes in.
    pub precision: Precision,
    /// What the card is called; none for the processor.
    pub card: Option<String>,
}

/// Why a device cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// A name no device has.
    #[error(transparent)]
    Unknown(#[from] UnknownDevice),
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
    /// A device that is not there, or does not work.
    #[error("device {device} cannot be used: {reason}")]
    Unusable {
        /// What was asked for.
        device: DeviceName,
        /// Why, and what would mend it.
        reason: String,
    },
    /// A precision that a device does not compute in.
    #[error("device {device} cannot compute in {precision}: {reason}")]
    Precision {
        /// The device.
        device: DeviceName,
        /// What was asked for.
        precision: Precision,
        /// Why not, and what would be right.
        reason: String,
    },
}

/// The kinds of device this build has code for.
#[must_use]
pub fn available() -> Vec<DeviceKind> {
    let mut kinds = vec![DeviceKind::Cpu];
    kinds.extend(cfg!(feature = "cuda").then_some(DeviceKind::Cuda));
    kinds.extend(cfg!(feature = "vulkan").then_some(DeviceKind::Vulkan));
    kinds.extend(cfg!(feature = "wgpu").then_some(DeviceKind::Wgpu));
    kinds
}

/// The best device that this build has code for and the machine can use.
#[must_use]
pub fn choose() -> Chosen {
    assay_machine::choose(&HostInfo::here(), &available(), Purpose::Run)
}

/// The device that a run is planned on: planning computes nothing, and a card is for the workers.
#[must_use]
pub fn for_planning() -> Device {
    Device::flex()
}

/// Refuses what can be refused without opening the device.
///
/// # Errors
/// When this build has no code for it, or the processor is to compute in another precision than its own.
pub fn check(place: DeviceSpec) -> Result<(), DeviceError> {
    let DeviceSpec { device, precision } = place;
    if device.is_cpu() {
        precision::of_processor(precision)?;
    }
    match device.kind().feature() {
        Some(feature) if !available().contains(&device.kind()) => {
            let available: Vec<&str> = available().into_iter().map(DeviceKind::name).collect();
            Err(DeviceError::NotBuilt { device, feature, available: available.join(", ") })
        }
        _ => Ok(()),
    }
}

/// Opens a device and computes something on it, so that one which cannot be used is an error here and
/// no panic later.
///
/// # Errors
/// When this build has no code for it, it is not there or does not work, or it does not compute in
/// the precision asked for.
pub fn open(place: DeviceSpec) -> Result<Opened, DeviceError> {
    check(place)?;
    let DeviceSpec { device, precision } = place;
    match device {
        DeviceName::Cpu => Ok(Opened {
            device: Device::flex(),
            precision: precision::of_processor(precision)?,
            card: None,
        }),
        #[cfg(feature = "cuda")]
        DeviceName::Cuda(number) => cards::open(place, || cards::cuda(number)),
        #[cfg(feature = "vulkan")]
        DeviceName::Vulkan(number) => cards::open(place, || cards::vulkan(number)),
        #[cfg(feature = "wgpu")]
        DeviceName::Wgpu(number) => cards::open(place, || cards::wgpu(number)),
        #[allow(unreachable_patterns, reason = "reached unless every feature is on")]
        _ => unreachable!("checked before"),
    }
}

#[cfg(any(feature = "cuda", feature = "vulkan", feature = "wgpu"))]
mod cards;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_this_build_has_no_code_for_is_refused_with_the_feature_it_needs() {
        let place = DeviceSpec { device: DeviceName::Cuda(0), precision: None };
        if available().contains(&DeviceKind::Cuda) {
            return eprintln!("skipped: this build has CUDA");
        }
        let error = open(place).unwrap_err().to_string();
        assert!(error.contains("cuda:0") && error.contains("--features cuda"), "{error}");
        assert!(error.contains("one of: cpu"), "{error}");
    }

    #[test]
    fn the_processor_computes_in_f32_and_refuses_anything_else_by_name() {
        let at = |precision| open(DeviceSpec { device: DeviceName::Cpu, precision });
        assert_eq!(at(None).unwrap().precision, Precision::F32);
        assert_eq!(at(Some(Precision::F32)).unwrap().precision, Precision::F32);
        for precision in [Precision::Tf32, Precision::F16, Precision::Bf16] {
            let error = at(Some(precision)).unwrap_err().to_string();
            assert!(error.contains(&format!("cpu cannot compute in {precision}")), "{error}");
        }
    }
}

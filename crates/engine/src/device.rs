//! Compute devices: which this build supports, which to use, and opening one.

mod panic_guard;
mod precision;

use assay_machine::{ChosenDevice, HostInfo, Purpose};
use burn::tensor::Device;

pub use assay_machine::{DeviceChoice, DeviceKind, DeviceName, UnknownDevice};
pub(crate) use panic_guard::PANIC_HOOK;
pub use panic_guard::catch_panics;
pub use precision::Precision;

/// A device and a precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceSpec {
    /// The device.
    pub device: DeviceName,
    /// The precision; `None` for the device's default.
    pub precision: Option<Precision>,
}

impl DeviceSpec {
    /// The command-line flags that select this device and precision.
    #[must_use]
    pub fn arguments(self) -> Vec<String> {
        let mut arguments = vec!["--device".to_owned(), self.device.to_string()];
        if let Some(precision) = self.precision {
            arguments.extend(["--precision".to_owned(), precision.name().to_owned()]);
        }
        arguments
    }
}

/// A device that has been opened and tested.
#[derive(Debug, Clone)]
pub struct OpenDevice {
    /// The device, without autodiff.
    pub device: Device,
    /// The precision that it computes in.
    pub precision: Precision,
    /// The name of the GPU; `None` for the CPU.
    pub gpu_name: Option<String>,
}

/// Why a device cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// No device has this name.
    #[error(transparent)]
    Unknown(#[from] UnknownDevice),
    /// This build does not support the device.
    #[error(
        "device {device}: this build of assay has no {feature} support; build it with `--features {feature}`, or use one of: {available}"
    )]
    NotBuilt {
        /// The requested device.
        device: DeviceName,
        /// The cargo feature that supports it.
        feature: &'static str,
        /// The devices that this build supports.
        available: String,
    },
    /// The device does not exist or does not work.
    #[error("device {device} cannot be used: {reason}")]
    Unusable {
        /// The requested device.
        device: DeviceName,
        /// The cause, and what may fix it.
        reason: String,
    },
    /// The device does not support the precision.
    #[error("device {device} cannot compute in {precision}: {reason}")]
    Precision {
        /// The device.
        device: DeviceName,
        /// The requested precision.
        precision: Precision,
        /// The cause, and what to use instead.
        reason: String,
    },
}

/// The kinds of device that this build supports.
#[must_use]
pub fn available() -> Vec<DeviceKind> {
    let mut kinds = vec![DeviceKind::Cpu];
    kinds.extend(cfg!(feature = "cuda").then_some(DeviceKind::Cuda));
    kinds.extend(cfg!(feature = "vulkan").then_some(DeviceKind::Vulkan));
    kinds.extend(cfg!(feature = "wgpu").then_some(DeviceKind::Wgpu));
    kinds
}

/// The best device that this build supports and this machine has.
#[must_use]
pub fn choose() -> ChosenDevice {
    assay_machine::choose(&HostInfo::detect(), &available(), Purpose::Run)
}

/// The device used for planning: the CPU. GPUs are opened by workers only.
#[must_use]
pub fn planning_device() -> Device {
    Device::flex()
}

/// Checks what can be checked without opening the device.
///
/// # Errors
/// Returns an error if this build does not support the device, or the CPU is to use another precision
/// than f32.
pub fn check(spec: DeviceSpec) -> Result<(), DeviceError> {
    let DeviceSpec { device, precision } = spec;
    if device.is_cpu() {
        precision::cpu_precision(precision)?;
    }
    match device.kind().feature() {
        Some(feature) if !available().contains(&device.kind()) => {
            let available: Vec<&str> = available().into_iter().map(DeviceKind::name).collect();
            Err(DeviceError::NotBuilt { device, feature, available: available.join(", ") })
        }
        _ => Ok(()),
    }
}

/// Opens a device and runs a small computation on it, so that failures show up here.
///
/// # Errors
/// Returns an error if this build does not support the device, if it is missing or does not work, or if it
/// does not support the precision.
pub fn open(spec: DeviceSpec) -> Result<OpenDevice, DeviceError> {
    check(spec)?;
    let DeviceSpec { device, precision } = spec;
    match device {
        DeviceName::Cpu => Ok(OpenDevice {
            device: Device::flex(),
            precision: precision::cpu_precision(precision)?,
            gpu_name: None,
        }),
        #[cfg(feature = "cuda")]
        DeviceName::Cuda(number) => gpu::open(spec, || gpu::cuda(number)),
        #[cfg(feature = "vulkan")]
        DeviceName::Vulkan(number) => gpu::open(spec, || gpu::vulkan(number)),
        #[cfg(feature = "wgpu")]
        DeviceName::Wgpu(number) => gpu::open(spec, || gpu::wgpu(number)),
        #[allow(unreachable_patterns, reason = "reached unless every feature is on")]
        _ => unreachable!("refused by check"),
    }
}

#[cfg(any(feature = "cuda", feature = "vulkan", feature = "wgpu"))]
mod gpu;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unsupported_device_is_refused_with_the_feature_it_needs() {
        let spec = DeviceSpec { device: DeviceName::Cuda(0), precision: None };
        if available().contains(&DeviceKind::Cuda) {
            return eprintln!("skipped: this build has CUDA");
        }
        let error = open(spec).unwrap_err().to_string();
        assert!(error.contains("cuda:0") && error.contains("--features cuda"), "{error}");
        assert!(error.contains("one of: cpu"), "{error}");
    }

    #[test]
    fn the_cpu_computes_in_f32_only() {
        let open_cpu = |precision| open(DeviceSpec { device: DeviceName::Cpu, precision });
        assert_eq!(open_cpu(None).unwrap().precision, Precision::F32);
        assert_eq!(open_cpu(Some(Precision::F32)).unwrap().precision, Precision::F32);
        for precision in [Precision::Tf32, Precision::F16, Precision::Bf16] {
            let error = open_cpu(Some(precision)).unwrap_err().to_string();
            assert!(error.contains(&format!("cpu cannot compute in {precision}")), "{error}");
        }
    }
}

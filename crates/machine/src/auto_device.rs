//! `--device auto`: selects the best usable device and says why.

use std::fmt;

use crate::{DeviceKind, DeviceName, HostInfo, Missing, llvm, nvidia, vulkan};

/// What a device is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To build a program for it on this machine, and run it.
    BuildAndRun,
    /// To run a program that is already built.
    Run,
}

/// The device that `--device auto` selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenDevice {
    /// The device.
    pub device: DeviceName,
    /// A description of the device, and why better ones are not used.
    pub reason: String,
}

impl fmt::Display for ChosenDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "device: {} ({})", self.device, self.reason)
    }
}

/// Chooses the first of CUDA, Vulkan and WebGPU that is in `allowed` and usable; otherwise the CPU.
#[must_use]
pub fn choose(host_info: &HostInfo, allowed: &[DeviceKind], purpose: Purpose) -> ChosenDevice {
    let mut device = DeviceName::Cpu;
    let mut reasons: Vec<String> = Vec::new();
    let preferred = [DeviceKind::Cuda, DeviceKind::Vulkan, DeviceKind::Wgpu];
    for kind in preferred.into_iter().filter(|kind| allowed.contains(kind)) {
        match usable(host_info, kind, purpose) {
            Ok(gpu) => {
                device = kind.first_device();
                reasons.insert(0, gpu);
                break;
            }
            Err(missing) => reasons.push(format!("not {kind}: {}", missing.what)),
        }
    }
    if reasons.is_empty() {
        reasons.push("this build supports no other".to_owned());
    }
    ChosenDevice { device, reason: reasons.join("; ") }
}

/// What is missing to use a kind of device; `None` if it is usable.
#[must_use]
pub fn missing_requirement(
    host_info: &HostInfo,
    kind: DeviceKind,
    purpose: Purpose,
) -> Option<Missing> {
    usable(host_info, kind, purpose).err()
}

/// Describes the device that would be used.
pub(crate) fn usable(
    host_info: &HostInfo,
    kind: DeviceKind,
    purpose: Purpose,
) -> Result<String, Missing> {
    match kind {
        DeviceKind::Cpu => Ok("always available".to_owned()),
        DeviceKind::Cuda => {
            let gpus = nvidia::usable(host_info)?;
            if purpose == Purpose::BuildAndRun {
                llvm::usable(host_info)?;
            }
            Ok(gpus)
        }
        // On Linux, both use GPUs through Vulkan.
        DeviceKind::Vulkan | DeviceKind::Wgpu => vulkan::usable(host_info),
    }
}

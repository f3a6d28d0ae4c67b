//! `--device auto`: the best device that can be used, and why it is the best.

use std::fmt;

use crate::{DeviceKind, DeviceName, HostInfo, Missing, llvm, nvidia, vulkan};

/// What a device is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To build a program for it here, and to run it.
    BuildAndRun,
    /// To run a program that is built.
    Run,
}

/// A device, and why this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// The device.
    pub device: DeviceName,
    /// What it is, and what speaks against better ones.
    pub reason: String,
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "device: {} ({})", self.device, self.reason)
    }
}

/// The first of CUDA, Vulkan and WebGPU that is `among` the allowed ones and can be used; the processor
/// where none can.
#[must_use]
pub fn choose(host_info: &HostInfo, among: &[DeviceKind], purpose: Purpose) -> Chosen {
    let mut against: Vec<String> = Vec::new();
    let wanted = [DeviceKind::Cuda, DeviceKind::Vulkan, DeviceKind::Wgpu];
    for kind in wanted.into_iter().filter(|kind| among.contains(kind)) {
        match usable(host_info, kind, purpose) {
            Ok(what) => {
                against.insert(0, what);
                return Chosen { device: kind.first(), reason: against.join("; ") };
            }
            Err(missing) => against.push(format!("not {kind}: {}", missing.what)),
        }
    }
    if against.is_empty() {
        against.push("the only one this build has".to_owned());
    }
    Chosen { device: DeviceName::Cpu, reason: against.join("; ") }
}

/// What stands in the way of a kind of device; none where it can be used.
#[must_use]
pub fn obstacle(host_info: &HostInfo, kind: DeviceKind, purpose: Purpose) -> Option<Missing> {
    usable(host_info, kind, purpose).err()
}

/// What would be used, in words.
pub(crate) fn usable(
    host_info: &HostInfo,
    kind: DeviceKind,
    purpose: Purpose,
) -> Result<String, Missing> {
    match kind {
        DeviceKind::Cpu => Ok("always there".to_owned()),
        DeviceKind::Cuda => {
            let cards = nvidia::usable(host_info)?;
            if purpose == Purpose::BuildAndRun {
                llvm::usable(host_info)?;
            }
            Ok(cards)
        }
        // Both reach cards through Vulkan on Linux.
        DeviceKind::Vulkan | DeviceKind::Wgpu => vulkan::usable(host_info),
    }
}

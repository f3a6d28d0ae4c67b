//! Cards: found, opened, tried.

use assay_machine::{DeviceName, HostInfo, Purpose, obstacle};
use burn::tensor::{Device, DeviceType, FloatDType, Tensor};

use super::precision::of_card;
use super::{DeviceError, DeviceSpec, Opened, Precision, guarded};

/// Opens the card that `find` finds and tries it out.
pub(super) fn open(
    place: DeviceSpec,
    find: impl FnOnce() -> Result<Device, String>,
) -> Result<Opened, DeviceError> {
    let DeviceSpec { device: name, precision } = place;
    let unusable =
        |reason: String| DeviceError::Unusable { device: name, reason: mended(name, &reason) };
    let known = |device: &Device| device.identity().map(|card| (card.name, card.fingerprint));
    let found = guarded(|| find().map(|device| (known(&device), device)));
    let (identity, mut device) = found.and_then(|found| found).map_err(unusable)?;
    let (card, fingerprint) = identity.unzip();
    let precision = of_card(name, precision, rounds(fingerprint.as_deref()))?;
    let kind = match precision {
        Precision::F32 | Precision::Tf32 => None,
        Precision::F16 => Some(FloatDType::F16),
        Precision::Bf16 => Some(FloatDType::BF16),
    };
    if let Some(kind) = kind {
        let refused = |reason| DeviceError::Precision { device: name, precision, reason };
        let configured = guarded(|| device.configure(kind).map_err(|error| error.to_string()));
        configured.and_then(|configured| configured).map_err(refused)?;
    }
    guarded(|| try_out(&device)).and_then(|tried| tried).map_err(unusable)?;
    Ok(Opened { device, precision, card })
}

/// Whether a card's tensor cores round f32 to tf32: those of NVIDIA's compute capability 8.0 and above,
/// under CUDA, which calls itself `ptx_sm80`.
fn rounds(fingerprint: Option<&str>) -> bool {
    let capability = fingerprint.and_then(|text| text.strip_prefix("ptx_sm")?.parse::<u32>().ok());
    capability.is_some_and(|capability| capability >= 80)
}

/// Compiles and runs a kernel with a function in it, which is what a half-installed driver fails at.
fn try_out(device: &Device) -> Result<(), String> {
    let said = Tensor::<1>::from_data([0.0, 1.0], device).exp().into_data().convert::<f32>();
    let said = said.try_into_vec::<f32>().map_err(|error| format!("{error:?}"))?;
    let expected = [1.0, std::f32::consts::E];
    let close = said.iter().zip(expected).all(|(found, right)| (found / right - 1.0).abs() < 0.01);
    if close { Ok(()) } else { Err(format!("it says that exp(0), exp(1) are {said:?}")) }
}

/// The reason, with what the machine lacks where something is seen to be missing.
fn mended(device: DeviceName, reason: &str) -> String {
    match obstacle(&HostInfo::here(), device.kind(), Purpose::Run) {
        Some(missing) => format!("{reason}; {}: {}", missing.what, missing.mend),
        None => reason.to_owned(),
    }
}

/// The card with a number among those there are.
fn pick(mut cards: Vec<Device>, number: usize) -> Result<Device, String> {
    match cards.len() {
        0 => Err("there is no such card".to_owned()),
        count if number >= count => {
            Err(format!("there are {count} cards, numbered from 0 to {}", count - 1))
        }
        _ => Ok(cards.swap_remove(number)),
    }
}

#[cfg(feature = "cuda")]
pub(super) fn cuda(number: usize) -> Result<Device, String> {
    pick(Device::enumerate(DeviceType::Cuda).into_vec(), number)
}

#[cfg(feature = "vulkan")]
pub(super) fn vulkan(number: usize) -> Result<Device, String> {
    adapter(number, DeviceType::Vulkan, Device::vulkan)
}

#[cfg(feature = "wgpu")]
pub(super) fn wgpu(number: usize) -> Result<Device, String> {
    adapter(number, DeviceType::Wgpu, Device::wgpu)
}

/// A graphics card: those with memory of their own first, then those of processors, then virtual ones.
/// Software is no card; `CUBECL_WGPU_DEFAULT_DEVICE=Cpu` makes it number 0, for tests.
#[cfg(any(feature = "vulkan", feature = "wgpu"))]
fn adapter(
    number: usize,
    kind: DeviceType,
    make: fn(burn::tensor::DeviceKind) -> Device,
) -> Result<Device, String> {
    use burn::tensor::DeviceKind::{DefaultDevice, DiscreteGpu, IntegratedGpu, VirtualGpu};
    if number == 0 && std::env::var_os("CUBECL_WGPU_DEFAULT_DEVICE").is_some() {
        return Ok(make(DefaultDevice));
    }
    let there = Device::enumerate(kind).into_vec();
    let numbers = || 0..there.len();
    let of_own_memory = numbers().map(DiscreteGpu);
    let wanted = of_own_memory.chain(numbers().map(IntegratedGpu)).chain(numbers().map(VirtualGpu));
    pick(wanted.map(make).filter(|device| there.contains(device)).collect(), number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensor_cores_round_from_ampere_on() {
        assert!(rounds(Some("ptx_sm80")) && rounds(Some("ptx_sm90")) && rounds(Some("ptx_sm120")));
        assert!(!rounds(Some("ptx_sm75")) && !rounds(Some("spirv_4318_9860")) && !rounds(None));
    }
}

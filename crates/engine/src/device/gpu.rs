//! Finds, opens and tests GPUs.

use assay_machine::{DeviceName, HostInfo, Purpose, missing_requirement};
use burn::tensor::{Device, DeviceType, FloatDType, Tensor};

use super::precision::gpu_precision;
use super::{DeviceError, DeviceSpec, OpenDevice, Precision, catch_panics};

/// Opens the GPU that `find` returns and tests it.
pub(super) fn open(
    spec: DeviceSpec,
    find: impl FnOnce() -> Result<Device, String>,
) -> Result<OpenDevice, DeviceError> {
    let DeviceSpec { device: name, precision } = spec;
    let unusable =
        |reason: String| DeviceError::Unusable { device: name, reason: with_fix(name, &reason) };
    let identify = |device: &Device| device.identity().map(|gpu| (gpu.name, gpu.fingerprint));
    let found = catch_panics(|| find().map(|device| (identify(&device), device)));
    let (identity, mut device) = found.and_then(|found| found).map_err(unusable)?;
    let (gpu_name, fingerprint) = identity.unzip();
    let precision = gpu_precision(name, precision, uses_tf32(fingerprint.as_deref()))?;
    let kind = match precision {
        Precision::F32 | Precision::Tf32 => None,
        Precision::F16 => Some(FloatDType::F16),
        Precision::Bf16 => Some(FloatDType::BF16),
    };
    if let Some(kind) = kind {
        let refused = |reason| DeviceError::Precision { device: name, precision, reason };
        let configured = catch_panics(|| device.configure(kind).map_err(|error| error.to_string()));
        configured.and_then(|configured| configured).map_err(refused)?;
    }
    catch_panics(|| run_test_kernel(&device)).and_then(|tried| tried).map_err(unusable)?;
    Ok(OpenDevice { device, precision, gpu_name })
}

/// Whether the GPU's tensor cores round f32 to tf32. This holds for CUDA with compute capability 8.0 or
/// above; the fingerprint is then `ptx_sm80` or higher.
fn uses_tf32(fingerprint: Option<&str>) -> bool {
    let capability = fingerprint.and_then(|text| text.strip_prefix("ptx_sm")?.parse::<u32>().ok());
    capability.is_some_and(|capability| capability >= 80)
}

/// Compiles and runs a small kernel that needs an exponential. Incomplete drivers fail at this.
fn run_test_kernel(device: &Device) -> Result<(), String> {
    let found = Tensor::<1>::from_data([0.0, 1.0], device).exp().into_data().convert::<f32>();
    let found = found.try_into_vec::<f32>().map_err(|error| format!("{error:?}"))?;
    let expected = [1.0, std::f32::consts::E];
    let close = found.iter().zip(expected).all(|(found, right)| (found / right - 1.0).abs() < 0.01);
    if close { Ok(()) } else { Err(format!("it computes exp(0), exp(1) as {found:?}")) }
}

/// Adds what this machine lacks, if that is known, and how to fix it.
fn with_fix(device: DeviceName, reason: &str) -> String {
    match missing_requirement(&HostInfo::detect(), device.kind(), Purpose::Run) {
        Some(missing) => format!("{reason}; {}: {}", missing.what, missing.fix),
        None => reason.to_owned(),
    }
}

/// Selects a GPU by its number.
fn select(mut gpus: Vec<Device>, number: usize) -> Result<Device, String> {
    match gpus.len() {
        0 => Err("there is no such GPU".to_owned()),
        count if number >= count => {
            Err(format!("there are {count} GPUs, numbered from 0 to {}", count - 1))
        }
        _ => Ok(gpus.swap_remove(number)),
    }
}

#[cfg(feature = "cuda")]
pub(super) fn cuda(number: usize) -> Result<Device, String> {
    select(Device::enumerate(DeviceType::Cuda).into_vec(), number)
}

#[cfg(feature = "vulkan")]
pub(super) fn vulkan(number: usize) -> Result<Device, String> {
    adapter(number, DeviceType::Vulkan, Device::vulkan)
}

#[cfg(feature = "wgpu")]
pub(super) fn wgpu(number: usize) -> Result<Device, String> {
    adapter(number, DeviceType::Wgpu, Device::wgpu)
}

/// Selects a GPU of a graphics API: discrete ones first, then integrated, then virtual ones.
///
/// Software renderers are skipped. Tests set `CUBECL_WGPU_DEFAULT_DEVICE=Cpu` to make one number 0.
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
    let existing = Device::enumerate(kind).into_vec();
    let numbers = || 0..existing.len();
    let discrete = numbers().map(DiscreteGpu);
    let ordered = discrete.chain(numbers().map(IntegratedGpu)).chain(numbers().map(VirtualGpu));
    select(ordered.map(make).filter(|device| existing.contains(device)).collect(), number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensor_cores_use_tf32_from_ampere_on() {
        assert!(["ptx_sm80", "ptx_sm90", "ptx_sm120"].iter().all(|name| uses_tf32(Some(name))));
        assert!(!uses_tf32(Some("ptx_sm75")) && !uses_tf32(Some("spirv_4318_9860")));
        assert!(!uses_tf32(None));
    }
}

//! Where to compute: `--device` and `--precision`.

use anyhow::{Result, bail, ensure};
use assay_machine::{HostInfo, visible_gpus};
use clap::Args;

use crate::device::{self, DeviceChoice, DeviceName, DeviceSpec, Precision};

/// Where to compute, and how precisely.
#[derive(Debug, Clone, Args)]
pub struct DeviceFlags {
    /// auto, cpu, cuda, vulkan or wgpu; of several GPUs, the one with this number: `cuda:1`; for a run, also
    /// several: `cuda:0,cuda:1`, or `cuda:all`
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// f32, tf32, f16 or bf16: what a GPU computes in [default: f32; tf32 on NVIDIA GPUs that have it]
    #[arg(long, value_name = "TYPE")]
    precision: Option<Precision>,
}

impl DeviceFlags {
    /// The devices, at least one. If the device is chosen here among several, says so on standard error.
    ///
    /// # Errors
    /// When this build has no code for a device, the processor is to compute in another precision, or
    /// `cuda:all` finds no GPU.
    pub fn specs(&self) -> Result<Vec<DeviceSpec>> {
        let devices = match &self.device {
            DeviceChoice::Named(devices) => devices.clone(),
            DeviceChoice::AllCuda => all_cuda()?,
            DeviceChoice::Auto => {
                let chosen = device::choose();
                if device::available().len() > 1 {
                    eprintln!("{chosen}");
                }
                vec![chosen.device]
            }
        };
        let spec = |device| {
            let spec = DeviceSpec { device, precision: self.precision };
            device::check(spec)?;
            Ok(spec)
        };
        devices.into_iter().map(spec).collect()
    }

    /// The device, for a task that uses one.
    ///
    /// # Errors
    /// As for [`Self::specs`], and when several are named.
    pub fn spec(&self) -> Result<DeviceSpec> {
        match self.specs()?[..] {
            [spec] => Ok(spec),
            _ => bail!("--device {}: this task uses one device", self.device),
        }
    }

    /// `--device` and `--precision`, as they were typed.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let precision = self.precision.map(|precision| format!("--precision={}", precision.name()));
        [format!("--device={}", self.device)].into_iter().chain(precision).collect()
    }
}

fn all_cuda() -> Result<Vec<DeviceName>> {
    let gpus = visible_gpus(&HostInfo::detect());
    ensure!(gpus > 0, "--device cuda:all: there is no NVIDIA GPU that CUDA could use");
    Ok((0..gpus).map(DeviceName::Cuda).collect())
}

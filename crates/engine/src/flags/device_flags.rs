//! Where to compute: `--device` and `--precision`.

use anyhow::Result;
use clap::Args;

use crate::device::{self, DeviceChoice, DeviceSpec, Precision};

/// Where to compute, and how precisely.
#[derive(Debug, Clone, Args)]
pub struct DeviceFlags {
    /// auto, cpu, cuda, vulkan or wgpu; of several GPUs, the one with this number: `cuda:1`
    #[arg(long, default_value = "auto")]
    device: DeviceChoice,
    /// f32, tf32, f16 or bf16: what a GPU computes in [default: f32; tf32 on NVIDIA GPUs that have it]
    #[arg(long, value_name = "TYPE")]
    precision: Option<Precision>,
}

impl DeviceFlags {
    /// The device and precision. If the device is chosen here among several, says so on standard error.
    ///
    /// # Errors
    /// When this build has no code for the device, or the processor is to compute in another precision.
    pub fn spec(&self) -> Result<DeviceSpec> {
        let device = match self.device {
            DeviceChoice::Named(device) => device,
            DeviceChoice::Auto => {
                let chosen = device::choose();
                if device::available().len() > 1 {
                    eprintln!("{chosen}");
                }
                chosen.device
            }
        };
        let spec = DeviceSpec { device, precision: self.precision };
        device::check(spec)?;
        Ok(spec)
    }
}

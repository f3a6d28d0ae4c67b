//! `assay transfer-sweep`.

use std::path::PathBuf;

use anyhow::Result;
use assay_engine::device;
use assay_engine::experiment::PlannedRun;
use assay_engine::flags::{RunFlags, absolute, default_out, warn};
use assay_engine::profile::{Override, Profile};
use clap::Parser;

use super::{HalvedDataModule, TransferProfile, plan};

/// Copies the first n layers of a network trained on half of the classes, trains the rest on the
/// other half, for every n and both directions, and says how general each layer is.
#[derive(Debug, Parser)]
#[command(
    name = "transfer-sweep",
    after_help = "\
Examples:
  assay transfer-sweep                                 generated images, about 10 minutes on 2 CPU cores
  assay transfer-sweep --data cifar100                 CIFAR-100 at a size for a CPU
  assay transfer-sweep --profile mnist --seeds 2
  assay transfer-sweep --data path/to/folder --out runs/mine
  assay transfer-sweep --base-data cifar10 --target-data path/to/folder
  assay transfer-sweep --base-weights alexnet.safetensors --data path/to/folder \\
      --set network.architecture=alexnet_torchvision --set network.width=1.0 \\
      --set data.image_size=224
  assay transfer-sweep --set schedule.epochs=20 --dry-run

If a sweep was stopped or killed, the same command continues it.
Each seed has its own random split. With --data and without --profile, halves are random only.
Prints the run's directory on standard output, progress on standard error.
Exit status: 0 all cells done, 1 some failed or it was stopped, 2 it could not begin."
)]
pub struct TransferSweep {
    /// A profile by name, or a TOML file [default: quick; cifar100-cpu for `--data cifar100`]
    #[arg(long)]
    profile: Option<String>,
    /// A pair of data sets in place of two halves: the one whose classes are half A
    #[arg(long, value_name = "NAME|DIR", requires = "target_data", conflicts_with = "data")]
    base_data: Option<String>,
    /// The one whose classes are half B
    #[arg(long, value_name = "NAME|DIR", requires = "base_data")]
    target_data: Option<String>,
    /// A file of weights (safetensors or .pth) with the base of half A; all classes of the data are half B
    #[arg(long, value_name = "FILE", conflicts_with = "base_data")]
    base_weights: Option<PathBuf>,
    #[command(flatten)]
    run: RunFlags,
}

impl TransferSweep {
    /// Plans the sweep.
    pub fn plan(self) -> Result<PlannedRun> {
        let device_specs = self.run.device_specs()?;
        let default = || TransferProfile::default_for(self.run.data.as_deref());
        let name = self.profile.clone().unwrap_or_else(default);
        let profile = TransferProfile::read(&name, &self.overrides()?)?;
        let data_module = HalvedDataModule::open(
            &profile,
            self.run.work.data_dir.as_deref(),
            &device::planning_device(),
        )?;
        warn(&data_module);
        let plan = plan(&name, &profile, &data_module)?;
        let out = self.run.out.clone().unwrap_or_else(|| self.default_out(&name));
        Ok(PlannedRun { plan, device_specs, out, flags: self.run })
    }

    fn overrides(&self) -> Result<Vec<Override>> {
        let mut overrides = self.run.all_overrides(self.profile.is_none());
        if self.run.data.is_some() && self.profile.is_none() {
            // Whether classes of other data are natural or man-made is not known. `--set splits=...` comes later.
            overrides.insert(0, Override::new("splits", vec!["random"]));
        }
        if let Some(data) = &self.base_data {
            overrides.push(Override::new("data.name", data.as_str()));
        }
        if let Some(data) = &self.target_data {
            overrides.push(Override::new("target_data", data.as_str()));
            overrides.push(Override::new("splits", vec!["pair"]));
        }
        if let Some(file) = &self.base_weights {
            overrides.push(Override::new("base_weights", absolute("--base-weights", file)?));
            overrides.push(Override::new("splits", vec!["weights"]));
        }
        Ok(overrides)
    }

    fn default_out(&self, profile: &str) -> PathBuf {
        let weights = self.base_weights.as_ref().map(|file| file.to_string_lossy().into_owned());
        let given = [&self.run.data, &self.base_data, &self.target_data, &weights];
        let given: Vec<&str> = given.into_iter().flatten().map(String::as_str).collect();
        default_out(assay_transfer::NAME, profile, &given)
    }
}

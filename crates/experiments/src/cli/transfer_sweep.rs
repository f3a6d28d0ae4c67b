//! `assay transfer-sweep`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use assay_experiments::device::DeviceName;
use assay_experiments::profile::Profile;
use assay_experiments::scheduler::{SweepSettings, sweep};
use assay_experiments::transfer::{Material, plan};
use assay_runs::{Plan, RunDirectory};
use clap::Args;

use super::output::line;

/// Copies the first n layers of a network trained on half of the classes, trains the rest on the
/// other half, for every n and both directions, and says how general each layer is.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay transfer-sweep                                 drawn data, minutes on a CPU
  assay transfer-sweep --data cifar100                 CIFAR-100 at a size for a CPU
  assay transfer-sweep --profile mnist --seeds 2
  assay transfer-sweep --data path/to/folder --out runs/mine
  assay transfer-sweep --base-data cifar10 --target-data path/to/folder
  assay transfer-sweep --base-weights alexnet.safetensors --data path/to/folder \\
      --set network.architecture=alexnet_torchvision --set network.width=1.0 \\
      --set data.image_size=224
  assay transfer-sweep --set schedule.epochs=20 --dry-run

A sweep that was stopped, or killed, goes on where it was when the same command is given again.
Prints the run's directory on standard output, progress on standard error.
Exit status: 0 all cells done, 1 some failed or it was stopped, 2 it could not begin.")]
pub struct TransferSweep {
    /// A profile by name, or a TOML file [default: quick; cifar100-cpu for `--data cifar100`]
    #[arg(long)]
    profile: Option<String>,
    /// A data set by name, or a folder with a folder of images for each class
    #[arg(long, value_name = "NAME|DIR")]
    data: Option<String>,
    /// A pair of data sets in place of two halves: the one whose classes are half A
    #[arg(long, value_name = "NAME|DIR", requires = "target_data", conflicts_with = "data")]
    base_data: Option<String>,
    /// The one whose classes are half B
    #[arg(long, value_name = "NAME|DIR", requires = "base_data")]
    target_data: Option<String>,
    /// A safetensors file with the base of half A; all classes of the data are half B
    #[arg(long, value_name = "FILE", conflicts_with = "base_data")]
    base_weights: Option<PathBuf>,
    /// Where downloaded data sets are [default: what `ASSAY_DATA` says, else datasets/cache]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// cpu, cuda, vulkan or wgpu; of several cards the one with this number: `cuda:1`
    #[arg(long, default_value = "cpu")]
    device: String,
    /// Worker processes [default: one a core on the CPU, one on a card]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Repeats, each with its own random split
    #[arg(long, value_name = "N")]
    seeds: Option<u32>,
    /// The run's directory [default: runs/transfer-PROFILE]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Overrides one value of the profile
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// Prints the plan and trains nothing
    #[arg(long)]
    dry_run: bool,
    /// Prints the plan of a dry run as JSON; under `cargo xtask`, the summary of a run
    #[arg(long)]
    json: bool,
}

impl TransferSweep {
    /// Plans the sweep, trains what is missing, and says how it ended.
    pub fn run(self) -> Result<ExitCode> {
        let device: DeviceName = self.device.parse()?;
        let name = self.profile_name();
        let profile = self.profile(&name)?;
        let material = Material::open(&profile, self.data_dir.as_deref(), &device.open()?)?;
        for warning in &material.data().warnings {
            eprintln!("warning: {warning}");
        }
        let plan = plan(&name, &profile, &material)?;
        drop(material);
        if self.dry_run {
            return self.show(&plan);
        }
        let out = self.out.clone().unwrap_or_else(|| self.default_out(&name));
        let run = RunDirectory::create_or_open(&out, plan)?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let jobs = self.jobs.unwrap_or(if device.is_cpu() { cores } else { 1 });
        let settings = SweepSettings { device, jobs, data_dir: self.data_dir };
        let ending = sweep(&run, &settings)?;
        if ending.interrupted {
            eprintln!("stopped; the same command goes on from here");
        }
        if ending.failed > 0 {
            eprintln!(
                "{} cells failed; {} says why",
                ending.failed,
                out.join("failures").display()
            );
        }
        line(format_args!("{}", out.display()))?;
        let whole = ending.failed == 0 && !ending.interrupted;
        Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }

    fn profile_name(&self) -> String {
        let default = || Profile::default_for(self.data.as_deref());
        self.profile.clone().unwrap_or_else(default)
    }

    fn profile(&self, name: &str) -> Result<Profile> {
        let mut overrides = self.overrides.clone();
        let text =
            |key: &str, value: &str| format!("{key}={}", toml::Value::String(value.to_owned()));
        if let Some(data) = self.data.as_ref().or(self.base_data.as_ref()) {
            overrides.push(text("data.name", data));
        }
        if let Some(data) = &self.target_data {
            overrides.push(text("data.target", data));
            overrides.push("splits=[\"pair\"]".to_owned());
        }
        if let Some(file) = &self.base_weights {
            // A worker may be started elsewhere.
            let file = std::path::absolute(file)?;
            overrides.push(text("data.base_weights", &file.to_string_lossy()));
            overrides.push("splits=[\"weights\"]".to_owned());
        }
        if let Some(seeds) = self.seeds {
            overrides.push(format!("seeds={seeds}"));
        }
        Profile::read(name, &overrides)
    }

    /// A directory of its own for every profile and data set.
    fn default_out(&self, profile: &str) -> PathBuf {
        let stem = |text: &str| {
            let stem = Path::new(text).file_stem().map(|stem| stem.to_string_lossy().into_owned());
            stem.unwrap_or_else(|| text.to_owned())
        };
        let profile = stem(profile);
        let weights = self.base_weights.as_ref().map(|file| file.to_string_lossy().into_owned());
        let given = [&self.data, &self.base_data, &self.target_data, &weights];
        let given: Vec<String> = given.into_iter().flatten().map(|text| stem(text)).collect();
        let data = Some(given.join("-"))
            .filter(|data| !data.is_empty() && !profile.starts_with(data.as_str()));
        let data = data.map(|data| format!("-{data}")).unwrap_or_default();
        PathBuf::from("runs").join(format!("transfer-{profile}{data}"))
    }

    fn show(&self, plan: &Plan) -> Result<ExitCode> {
        if self.json {
            line(format_args!("{}", serde_json::to_string_pretty(plan)?))?;
        } else {
            line(format_args!("{} cells of {} layers:", plan.cells.len(), plan.layers.len()))?;
            for cell in &plan.cells {
                line(format_args!("  {}", cell.name()))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

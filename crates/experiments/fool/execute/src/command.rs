//! `assay fool`.

use std::path::PathBuf;

use anyhow::Result;
use assay_engine::data_module::DataModule;
use assay_engine::device;
use assay_engine::experiment::{PlannedRun, Registry};
use assay_engine::flags::{RunFlags, absolute, default_out, warn};
use assay_engine::profile::{Override, Profile};
use clap::Parser;

use super::{FoolProfile, add_external_evaluations, plan};

/// Trains networks, finds images that each classifies with high confidence, and classifies them with the others.
#[derive(Debug, Parser)]
#[command(
    name = "fool",
    after_help = "\
Examples:
  assay fool                                           generated images, 2 to 3 minutes on a CPU
  assay fool --profile mnist                           LeNet and an MLP on MNIST, the published code's budget
  assay fool --profile compare                         evolution, gradient ascent, random search
  assay fool --set attack.generations=50 --seeds 2
  assay fool --data path/to/folder --out runs/mine
  assay fool --profile retrain                         trained on what fools it, attacked again
  assay fool --profile mnist --external-run runs/distill-mnist    with the networks of that run

If a run was stopped or killed, the same command continues it.
Each seed has its own networks, and its own attacks on them.
Prints the run's directory on standard output, progress on standard error.
Exit status: 0 all cells done, 1 some failed or it was stopped, 2 it could not begin."
)]
pub struct Fool {
    /// A profile by name, or a TOML file [default: quick; with --data cifar100: cifar100-cpu]
    #[arg(long)]
    profile: Option<String>,
    /// The directory of another run, whose networks classify the images as well, if it has their
    /// weights; may be given several times
    #[arg(long = "external-run", value_name = "RUN")]
    external_runs: Vec<PathBuf>,
    #[command(flatten)]
    run: RunFlags,
}

impl Fool {
    /// Plans the run.
    pub fn plan(self, registry: &Registry) -> Result<PlannedRun> {
        let device_specs = self.run.device_specs()?;
        let default = || FoolProfile::default_for(self.run.data.as_deref());
        let name = self.profile.clone().unwrap_or_else(default);
        let profile = FoolProfile::read(&name, &self.overrides()?)?;
        let (data_dir, device) = (self.run.work.data_dir.as_deref(), device::planning_device());
        let data_module = DataModule::open(&profile.data, &profile.run, data_dir, &device)?;
        warn(&data_module);
        let mut plan = plan(&name, &profile, &data_module)?;
        for left_out in add_external_evaluations(
            &mut plan,
            &profile.external_runs,
            &data_module,
            data_dir,
            registry,
        )? {
            eprintln!("warning: not shown to {left_out}");
        }
        let given: Vec<&str> = self.run.data.iter().map(String::as_str).collect();
        let out =
            self.run.out.clone().unwrap_or_else(|| default_out(assay_fool::NAME, &name, &given));
        Ok(PlannedRun { plan, device_specs, out, flags: self.run })
    }

    fn overrides(&self) -> Result<Vec<Override>> {
        let mut overrides = self.run.all_overrides(self.profile.is_none());
        if !self.external_runs.is_empty() {
            let runs: Result<Vec<String>> =
                self.external_runs.iter().map(|run| absolute("--external-run", run)).collect();
            overrides.push(Override::new("external_runs", runs?));
        }
        Ok(overrides)
    }
}

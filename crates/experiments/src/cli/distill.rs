//! `assay distill`.

use std::process::ExitCode;

use anyhow::Result;
use assay_experiments::device::DeviceName;
use assay_experiments::distill::{DistillProfile, plan};
use assay_experiments::material::Material;
use assay_experiments::profile::Profile;
use clap::Args;

use super::run_flags::{Planned, RunFlags, default_out, text_override, warn};

/// Trains teachers, students alone and students that learn from the teachers' soft targets, and says
/// how much of what a teacher knows a student takes over.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay distill                                        drawn data, minutes on a CPU
  assay distill --profile mnist                        the paper's table, scaled to a CPU
  assay distill --profile temperature                  temperatures and widths
  assay distill --profile omitted                      no 3s; only 7s and 8s
  assay distill --data path/to/folder --teacher alexnet_small --student mlp-100-100
  assay distill --set distillation.temperatures=[2.0,8.0] --dry-run

A run that was stopped, or killed, goes on where it was when the same command is given again.
Each seed has its own teachers and students.
`cargo xtask distill temperature-curve` draws what a temperature does to a softmax, without a run.
Prints the run's directory on standard output, progress on standard error.
Exit status: 0 all cells done, 1 some failed or it was stopped, 2 it could not begin.")]
pub struct Distill {
    /// A profile by name, or a TOML file [default: quick]
    #[arg(long)]
    profile: Option<String>,
    /// The teacher's network: mlp-1200-1200, lenet, ... [default: the profile's]
    #[arg(long, value_name = "NET")]
    teacher: Option<String>,
    /// A student's network; may be given several times [default: the profile's]
    #[arg(long, value_name = "NET")]
    student: Vec<String>,
    #[command(flatten)]
    pub run: RunFlags,
}

impl Distill {
    /// Plans the run, trains what is missing, and says how it ended.
    pub fn run(self) -> Result<ExitCode> {
        let planned = self.plan()?;
        self.run.carry_out(planned)
    }

    /// Plans the run.
    pub fn plan(&self) -> Result<Planned> {
        let device: DeviceName = self.run.device.parse()?;
        let default = || DistillProfile::default_for(self.run.data.as_deref());
        let name = self.profile.clone().unwrap_or_else(default);
        let profile = DistillProfile::read(&name, &self.overrides())?;
        let material =
            Material::open(&profile.data, self.run.data_dir.as_deref(), &device.open()?)?;
        warn(&material);
        let plan = plan(&name, &profile, &material)?;
        let networks = self.teacher.iter().chain(&self.student);
        let given: Vec<&str> = self.run.data.iter().chain(networks).map(String::as_str).collect();
        let out = self.run.out.clone().unwrap_or_else(|| default_out("distill", &name, &given));
        Ok(Planned { plan, device, out })
    }

    fn overrides(&self) -> Vec<String> {
        let mut overrides = self.run.all_overrides();
        if let Some(network) = &self.teacher {
            overrides.push(text_override("teacher.architecture", network));
        }
        if !self.student.is_empty() {
            let list = self.student.iter().cloned().map(toml::Value::String).collect();
            overrides.push(format!("student.architectures={}", toml::Value::Array(list)));
        }
        overrides
    }
}

//! `assay distill`.

use std::path::Path;

use anyhow::{Result, bail, ensure};
use assay_engine::device;
use assay_engine::experiment::PlannedRun;
use assay_engine::flags::{RunFlags, absolute, default_out, warn};
use assay_engine::profile::{Override, Profile};
use assay_models::Architecture;
use clap::{Parser, Subcommand};

use super::temperature_curve::TemperatureCurveCommand;
use super::{DistillData, DistillProfile, plan};

/// Trains teachers, baselines on hard labels and students distilled from the teachers, and measures
/// how much of the teacher's accuracy the student recovers.
#[derive(Debug, Parser)]
#[command(
    name = "distill",
    after_help = "\
Examples:
  assay distill                                        synthetic images, minutes on a CPU
  assay distill --profile mnist                        the paper's table, scaled to a CPU
  assay distill --profile temperature                  temperatures and widths
  assay distill --profile excluded-classes             no 3s; only 7s and 8s
  assay distill --profile speech                       ten digits, frame by frame and word by word
  assay distill --profile speech-speakers              the same, each speaker held out in turn
  assay distill --profile specialists-cpu              specialists, and one network distilled from them
  assay distill --data path/to/folder --teacher alexnet_small --student mlp-100-100
  assay distill --profile mnist --teacher mine.pth --teacher-network lenet
  assay distill --data path/to/folder --teacher one.safetensors --teacher two.safetensors
  assay distill --set distillation.temperatures=[2.0,8.0] --dry-run

If a run was stopped or killed, the same command continues it.
Each seed has its own teachers and students; teachers from files are those of every seed. A file has
its classes in the data's order, and saw images normalized by the training images' channels.
`assay distill temperature-curve` draws what a temperature does to a softmax, without a run.
Prints the run's directory on standard output, progress on standard error.
Exit status: 0 all cells done, 1 some failed or it was stopped, 2 it could not begin."
)]
pub struct Distill {
    /// A profile by name, or a TOML file [default: quick; speech for `--data fsdd`]
    #[arg(long)]
    profile: Option<String>,
    /// The teacher's network (mlp-1200-1200, lenet, ...), to be trained, or a file of its weights
    /// (safetensors or .pth); several files are an ensemble [default: the profile's]
    #[arg(long, value_name = "NET|FILE")]
    teacher: Vec<String>,
    /// The network that a teacher's file holds [default: the profile's teacher]
    #[arg(long, value_name = "NET", requires = "teacher")]
    teacher_network: Option<String>,
    /// A student's network; may be given several times [default: the profile's]
    #[arg(long, value_name = "NET")]
    student: Vec<String>,
    #[command(flatten)]
    run: RunFlags,
    #[command(subcommand)]
    pub(super) task: Option<Task>,
}

/// Tasks that need no run.
#[derive(Debug, Subcommand)]
pub enum Task {
    TemperatureCurve(TemperatureCurveCommand),
}

impl Distill {
    /// Plans the run.
    pub fn plan(self) -> Result<PlannedRun> {
        let device_specs = self.run.device_specs()?;
        let default = || DistillProfile::default_for(self.run.data.as_deref());
        let name = self.profile.clone().unwrap_or_else(default);
        let profile = DistillProfile::read(&name, &self.overrides()?)?;
        let (dir, device) = (self.run.work.data_dir.as_deref(), device::planning_device());
        let data = DistillData::open(&profile, dir, &device)?;
        warn(data.for_seed(0));
        let plan = plan(&name, &profile, &data)?;
        let networks = self.teacher.iter().chain(&self.student);
        let given: Vec<&str> = self.run.data.iter().chain(networks).map(String::as_str).collect();
        let out =
            self.run.out.clone().unwrap_or_else(|| default_out(assay_distill::NAME, &name, &given));
        Ok(PlannedRun { plan, device_specs, out, flags: self.run })
    }

    fn overrides(&self) -> Result<Vec<Override>> {
        let mut overrides = self.run.all_overrides(self.profile.is_none());
        // What the default profile says of its own data and networks does not fit others. `--set` comes later.
        if self.run.data.is_some() && self.profile.is_none() {
            let all_classes: toml::Value = vec![Vec::<i64>::new()].into();
            overrides.insert(0, Override::new("distillation.excluded_classes", all_classes));
            overrides.insert(0, Override::new("distillation.fractions", vec![1.0]));
        }
        if !self.student.is_empty() && self.profile.is_none() {
            overrides.insert(0, Override::new("student.network.width", 1.0));
        }
        let (networks, files): (Vec<&String>, Vec<&String>) =
            self.teacher.iter().partition(|teacher| teacher.parse::<Architecture>().is_ok());
        match (networks.as_slice(), files.as_slice(), &self.teacher_network) {
            ([], [], _) => {}
            ([network], [], None) => {
                overrides.push(Override::new("teacher.architecture", network.as_str()));
            }
            ([network], [], Some(other)) => bail!(
                "--teacher {network} and --teacher-network {other}: both name a network; give a file \
                 of weights as --teacher, or the network alone"
            ),
            ([], files, network) => {
                overrides.push(Override::new("teacher.weights", paths(files)?));
                overrides.push(Override::new(
                    "teacher.ensemble",
                    i64::try_from(files.len()).unwrap_or(i64::MAX),
                ));
                let network = network.as_ref();
                overrides.extend(
                    network.map(|name| Override::new("teacher.architecture", name.as_str())),
                );
            }
            _ => bail!(
                "--teacher {}: give one network, or one or more files of weights",
                self.teacher.join(" --teacher ")
            ),
        }
        if !self.student.is_empty() {
            overrides.push(Override::new("student.architectures", self.student.clone()));
        }
        Ok(overrides)
    }
}

fn paths(files: &[&String]) -> Result<Vec<String>> {
    let path = |file: &&String| -> Result<String> {
        ensure!(Path::new(file).is_file(), "--teacher {file}: {}", neither(file));
        absolute("--teacher", Path::new(file))
    };
    files.iter().map(path).collect()
}

/// Why a text names no teacher.
fn neither(text: &str) -> String {
    let network = text.parse::<Architecture>().err().map(|error| error.to_string());
    format!("no such file, and {}", network.unwrap_or_default())
}

//! `assay-dev bench distill`.

use std::process::ExitCode;

use anyhow::Result;
use assay_devtools::bench::{DistillCase, DistillSettings};
use assay_distill_execute::DistillProfile;
use assay_engine::profile::Profile;
use clap::Args;

use super::{BenchFlags, StudyFlags};

/// Times students on hard labels and soft targets, with and without cached teacher logits, and compares with
/// PyTorch if a Python is named.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev bench distill --repeats 1 --set student.schedule.epochs=4
  assay-dev bench distill --peer .venv/bin/python --json bench.json
  assay-dev bench distill --profile mnist --set teacher.schedule.epochs=2 --peer .venv/bin/python

Teachers are trained before the first run and shared by all competitors. Only students of the profile's
first temperature, on all classes and all images, are timed.
Prints a table on standard output, progress on standard error.")]
pub struct Distill {
    #[command(flatten)]
    study: StudyFlags,
    /// Teachers, each with its own students
    #[arg(long, value_name = "N", default_value_t = 2)]
    seeds: u32,
    #[command(flatten)]
    bench: BenchFlags,
}

impl Distill {
    pub fn run(self) -> Result<ExitCode> {
        let device_spec = self.bench.device_spec()?;
        let profile = DistillProfile::read(&self.study.profile, &self.study.overrides(self.seeds))?;
        let case = DistillCase::new(DistillSettings {
            name: self.study.profile,
            profile,
            device_spec,
            data_dir: self.study.data_dir,
            jobs: self.bench.jobs(device_spec)?,
            peer: self.bench.peer("bench/peers/torch_distill.py")?,
        })?;
        self.bench.run_case(&case, device_spec)
    }
}

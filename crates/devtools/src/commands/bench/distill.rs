//! `assay bench distill`.

use std::process::ExitCode;

use anyhow::Result;
use assay_devtools::bench::{DistillCase, DistillSettings};
use assay_distill_execute::DistillProfile;
use assay_engine::profile::Profile;
use clap::Args;

use super::{BenchFlags, StudyFlags};

/// Times students on hard labels and on soft targets, with their teachers' logits kept and asked for at
/// every step and, where a Python with PyTorch is named, both ways there; in turns.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev bench distill --repeats 1 --set student.schedule.epochs=4
  assay-dev bench distill --peer .venv/bin/python --json bench.json
  assay-dev bench distill --profile mnist --set teacher.schedule.epochs=2 --peer .venv/bin/python

Teachers are trained before the first turn; every contender has the same. Of a profile's students
those of the first temperature are timed, on all classes and all images.
Prints a table on standard output, progress on standard error.")]
pub struct Distill {
    #[command(flatten)]
    study: StudyFlags,
    /// Teachers, each with students of its own
    #[arg(long, value_name = "N", default_value_t = 2)]
    seeds: u32,
    #[command(flatten)]
    bench: BenchFlags,
}

impl Distill {
    pub fn run(self) -> Result<ExitCode> {
        let place = self.bench.place()?;
        let profile = DistillProfile::read(&self.study.profile, &self.study.overrides(self.seeds))?;
        let case = DistillCase::new(DistillSettings {
            name: self.study.profile,
            profile,
            place,
            data_dir: self.study.data_dir,
            jobs: self.bench.jobs(place)?,
            peer: self.bench.peer("bench/peers/torch_distill.py")?,
        })?;
        self.bench.carry_out(&case, place)
    }
}

//! `assay-dev bench transfer`.

use std::process::ExitCode;

use anyhow::Result;
use assay_devtools::bench::{TransferCase, TransferSettings};
use assay_engine::profile::Profile;
use assay_transfer_execute::TransferProfile;
use clap::Args;

use super::{BenchFlags, StudyFlags};

/// Times a whole transfer sweep with and without cached frozen features, and compares with PyTorch if a
/// Python is named.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev bench transfer --repeats 1 --set schedule.epochs=4
  assay-dev bench transfer --peer .venv/bin/python --json bench.json
Prints a table on standard output, progress on standard error.")]
pub struct Transfer {
    #[command(flatten)]
    study: StudyFlags,
    /// Seeds within the sweep, each with its own random split
    #[arg(long, value_name = "N", default_value_t = 1)]
    seeds: u32,
    #[command(flatten)]
    bench: BenchFlags,
}

impl Transfer {
    pub fn run(self) -> Result<ExitCode> {
        let device_spec = self.bench.device_spec()?;
        let profile =
            TransferProfile::read(&self.study.profile, &self.study.overrides(self.seeds))?;
        let case = TransferCase::new(TransferSettings {
            name: self.study.profile,
            profile,
            device_spec,
            data_dir: self.study.data_dir,
            jobs: self.bench.jobs(device_spec)?,
            peer: self.bench.peer("bench/peers/torch_transfer.py")?,
        })?;
        self.bench.run_case(&case, device_spec)
    }
}

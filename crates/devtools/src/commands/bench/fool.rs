//! `assay-dev bench fool`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use assay_devtools::bench::{FoolCase, FoolSettings};
use clap::Args;

use super::BenchFlags;

/// Times searches for fooling images, split into variation, rendering, network and insertion, and compares
/// with pyribs if a Python is named.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev bench fool --generations 50
  assay-dev bench fool --peer .venv/bin/python --json bench.json
  assay-dev bench fool --weights runs/fool-mnist/cells/CELL/weights.safetensors --peer .venv/bin/python

The network is for gray 28 x 28 images of ten classes. No data is needed, and the speed does not depend
on the weights; confidences are meaningful with --weights only.
assay varies, renders and inserts on --jobs threads, pyribs does so in numpy on one thread.
Both networks use --jobs threads.
Prints a table on standard output, progress on standard error.")]
pub struct Fool {
    /// The architecture: lenet, mlp-300-300, ...
    #[arg(long, value_name = "NET", default_value = "lenet")]
    network: String,
    /// Its weights, a file that a run saved [default: random]
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Images per generation; even
    #[arg(long, value_name = "N", default_value_t = 200)]
    batch: u32,
    /// Generations per search
    #[arg(long, value_name = "N", default_value_t = 200)]
    generations: u32,
    #[command(flatten)]
    bench: BenchFlags,
}

impl Fool {
    pub fn run(self) -> Result<ExitCode> {
        let device_spec = self.bench.device_spec()?;
        ensure!(
            self.batch >= 2 && self.batch.is_multiple_of(2),
            "--batch {}: two parents have two children, so it must be even and at least 2",
            self.batch
        );
        ensure!(self.generations > 0, "--generations 0: it must be at least 1");
        let case = FoolCase::new(FoolSettings {
            architecture: self.network,
            weights: self.weights,
            batch: self.batch,
            generations: self.generations,
            device_spec,
            jobs: self.bench.jobs(device_spec)?,
            peer: self.bench.peer("bench/peers/pyribs_fool.py")?,
        })?;
        self.bench.run_case(&case, device_spec)
    }
}

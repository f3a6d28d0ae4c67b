//! `assay bench fool`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use assay_devtools::bench::{FoolCase, FoolSettings};
use clap::Args;

use super::BenchFlags;

/// Times searches for images that fool a network, split into varying, rendering, the network and
/// inserting and, where a Python with pyribs and PyTorch is named, searches of pyribs; in turns.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev bench fool --generations 50
  assay-dev bench fool --peer .venv/bin/python --json bench.json
  assay-dev bench fool --weights runs/fool-mnist/cells/CELL/weights.safetensors --peer .venv/bin/python

The network is for gray images of 28x28 and ten classes. It needs no data, and its passes take as
long whatever its weights are; confidences mean something with --weights alone.
Our searches vary, render and insert on --jobs threads; those of pyribs do it in numpy, on one.
The networks of both have --jobs threads.
Prints a table on standard output, progress on standard error.")]
pub struct Fool {
    /// The network: lenet, mlp-300-300, ...
    #[arg(long, value_name = "NET", default_value = "lenet")]
    network: String,
    /// Its weights, a file as a run leaves it [default: drawn]
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Images a generation; even
    #[arg(long, value_name = "N", default_value_t = 200)]
    batch: u32,
    /// Generations of each search
    #[arg(long, value_name = "N", default_value_t = 200)]
    generations: u32,
    #[command(flatten)]
    bench: BenchFlags,
}

impl Fool {
    pub fn run(self) -> Result<ExitCode> {
        let place = self.bench.place()?;
        ensure!(
            self.batch >= 2 && self.batch.is_multiple_of(2),
            "--batch {}: two parents have two children, so it must be even and at least 2",
            self.batch
        );
        ensure!(self.generations > 0, "--generations 0: at least one is needed");
        let case = FoolCase::new(FoolSettings {
            architecture: self.network,
            weights: self.weights,
            batch: self.batch,
            generations: self.generations,
            place,
            jobs: self.bench.jobs(place)?,
            peer: self.bench.peer("bench/peers/pyribs_fool.py")?,
        })?;
        self.bench.carry_out(&case, place)
    }
}

//! `assay-dev bench`: measures whole programs, and compares them with peers in Python.
//!
//! A case prepares its work. Its competitors then run alternately, each run in a process of its own and a
//! fresh folder, so that start-up, workers and scheduling count. A run consists of timed samples, from which
//! ratios and the table are computed.

mod case;
mod distill;
mod entry;
mod experiment;
mod export;
mod flags;
mod fool;
mod layers;
mod networks;
mod operations;
mod peer;
mod process;
mod result;
mod run;
mod scaling;
mod table;
mod transfer;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

pub use fool::search;
pub use layers::time_steps;
pub use result::BenchResult;
pub use run::{Competitor, Run};

/// Times assay, and compares it with a peer in Python if one is named
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev bench transfer --peer .venv/bin/python
  assay-dev bench distill --peer .venv/bin/python --json distill.json
  assay-dev bench fool --generations 50
  assay-dev bench layers --peer .venv/bin/python

Competitors run alternately, each run in a process of its own; ratios are taken within a repeat.
bench/peers/README.md says how to install the peers.
Prints a table on standard output, progress on standard error.")]
pub struct Bench {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    Transfer(transfer::Transfer),
    Distill(distill::Distill),
    Fool(fool::Fool),
    Layers(layers::Layers),
    Scaling(scaling::Scaling),
    Operations(operations::Operations),
}

impl Bench {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error if the work cannot be prepared or a run fails.
    pub fn run(self) -> Result<ExitCode> {
        match self.task {
            Task::Transfer(transfer) => transfer.run(),
            Task::Distill(distill) => distill.run(),
            Task::Fool(fool) => fool.run(),
            Task::Layers(layers) => layers.run(),
            Task::Scaling(scaling) => scaling.run(),
            Task::Operations(operations) => operations.run(),
        }
    }
}

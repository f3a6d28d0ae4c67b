//! `assay runs`: checks, cleans, compares and explains runs.

mod check;
mod diff;
mod gc;
mod show;
mod tensorboard;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};

/// Checks, cleans, compares and explains runs
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay runs check runs/transfer-quick               verifies every file of every result
  assay runs show runs/transfer-quick base_a.random-0.seed-0
  assay runs diff runs/transfer-quick /mnt/other/transfer-quick
  assay runs tensorboard runs/transfer-quick         learning curves for TensorBoard
  assay runs gc runs/transfer-quick --dry-run        what could be removed, and how large it is")]
pub struct Runs {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    Check(check::Check),
    Gc(gc::Gc),
    Diff(diff::Diff),
    Show(show::Show),
    Tensorboard(tensorboard::Tensorboard),
}

impl Runs {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// Returns an error if a run cannot be read.
    pub fn run(self) -> Result<ExitCode> {
        match self.task {
            Task::Check(check) => check.run(),
            Task::Gc(gc) => gc.run(),
            Task::Diff(diff) => diff.run(),
            Task::Show(show) => show.run(),
            Task::Tensorboard(tensorboard) => tensorboard.run(),
        }
    }
}

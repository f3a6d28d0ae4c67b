//! `cargo xtask TASK`: builds what a task needs for this machine, and runs it. Never links burn.

mod cargo;
mod check;
mod device;
mod doctor;
mod package;
mod sweep;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use device::Job;

/// The tasks of assay.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    after_help = "\
Examples:
  cargo xtask transfer-sweep                    the transfer study on drawn data, with its report
  cargo xtask transfer-sweep --help             what else it can do
  cargo xtask distill                           the distillation study on drawn data, with its report
  cargo xtask distill temperature-curve         draws what a temperature does to a softmax
  cargo xtask fool                              the fooling study on drawn data, with its report
  cargo xtask report runs/transfer-quick        the report again, without training
  cargo xtask datasets fetch cifar100
  cargo xtask doctor                            what this machine can run, what is missing, what mends it
  cargo xtask package --features cuda           one archive for a machine without Rust
  cargo xtask bench fool                        a search, split into its parts"
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// How general are the features of each layer? Trains the cells, writes the report
    #[command(disable_help_flag = true)]
    TransferSweep(PassedOn),
    /// How much of a teacher does a student take over? Trains the cells, writes the report
    #[command(disable_help_flag = true)]
    Distill(PassedOn),
    /// Which meaningless images does a network believe in? Attacks networks, writes the report
    #[command(disable_help_flag = true)]
    Fool(PassedOn),
    /// Works on one cell of a study, and on those it needs; `--tui` shows a dashboard
    #[command(disable_help_flag = true)]
    Train(PassedOn),
    /// Draws what an attack by CPPNs found at any size
    #[command(disable_help_flag = true)]
    Render(PassedOn),
    /// Writes the report of a run again, from its records
    #[command(disable_help_flag = true)]
    Report(PassedOn),
    /// Lists, fetches and checks data sets
    #[command(disable_help_flag = true)]
    Datasets(PassedOn),
    /// Tells what this machine can run, what is missing and what mends it; builds nothing
    #[command(disable_help_flag = true)]
    Doctor(PassedOn),
    /// Compares what a device computes with what the processor does
    #[command(disable_help_flag = true)]
    Parity(PassedOn),
    /// Measures speed, beside a peer
    #[command(disable_help_flag = true)]
    Bench(PassedOn),
    /// Checks a card: parity, speed beside a peer, a sweep in slices that stop and go on
    #[command(disable_help_flag = true)]
    GpuCheck(PassedOn),
    /// Makes one archive that runs without Rust and without a network
    Package(package::Package),
    /// Prints completions for a shell
    #[command(disable_help_flag = true)]
    Completions(PassedOn),
    /// Format, lints, documentation, tests and a smoke sweep: what CI runs
    Check,
}

/// What is given to `assay` as it is.
#[derive(Debug, Args)]
struct PassedOn {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

impl PassedOn {
    fn without_device(&self) -> Job {
        Job::without_device(&self.arguments)
    }

    fn begins_with(&self, word: &str) -> bool {
        self.arguments.first().is_some_and(|first| first == word)
    }
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    match task {
        Task::TransferSweep(passed) => sweep::run("transfer-sweep", &passed.arguments),
        Task::Distill(passed) if passed.begins_with("temperature-curve") => {
            cargo::assay("distill", &passed.without_device())
        }
        Task::Distill(passed) => sweep::run("distill", &passed.arguments),
        Task::Fool(passed) => sweep::run("fool", &passed.arguments),
        Task::Train(passed) => cargo::assay("train", &Job::on_device(&passed.arguments)?),
        Task::Render(passed) => cargo::assay("render", &passed.without_device()),
        Task::Report(passed) => cargo::assay("report", &passed.without_device()),
        Task::Datasets(passed) => cargo::assay("datasets", &passed.without_device()),
        Task::Doctor(passed) => doctor::run(&passed.arguments),
        Task::Parity(passed) => cargo::assay_dev("parity", &Job::on_device(&passed.arguments)?),
        Task::GpuCheck(passed) => {
            cargo::assay_dev("gpu-check", &Job::on_device(&passed.arguments)?)
        }
        Task::Package(package) => package.run(),
        Task::Bench(passed) if passed.begins_with("operations") => {
            cargo::assay_dev("bench", &passed.without_device())
        }
        Task::Bench(passed) => cargo::assay_dev("bench", &Job::on_device(&passed.arguments)?),
        Task::Completions(passed) => cargo::assay("completions", &passed.without_device()),
        Task::Check => check::run(),
    }
}

//! `cargo xtask TASK`: builds what a task needs for this machine, and runs it. Never links burn.

mod cargo;
mod check;
mod device;
mod doctor;
mod experiments;
mod package;
mod rehearse_cuda;
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
Experiments, each with its report:
  transfer-sweep  How general are the features of each layer?
  distill         How much of the teacher's accuracy does the student recover?
  fool            Which meaningless images does a network classify with high confidence?

Examples:
  cargo xtask transfer-sweep                 the transfer experiment on generated images
  cargo xtask transfer-sweep --help          its flags
  cargo xtask distill                        the distillation experiment on generated images
  cargo xtask distill temperature-curve      how temperature changes a softmax
  cargo xtask fool                           the fooling experiment on generated images
  cargo xtask report runs/transfer-quick     the report again, without training
  cargo xtask datasets fetch cifar100
  cargo xtask doctor                         what this machine can run, and how to fix what is missing
  cargo xtask package --features cuda        one archive for a machine without Rust
  cargo xtask bench fool                     a search, split into its parts"
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Trains one cell of an experiment, and those it needs; `--tui` shows a dashboard
    Train(PassedOn),
    /// Draws the images of a CPPN attack at any size
    Render(PassedOn),
    /// Continues a run of any experiment
    Resume(PassedOn),
    /// Says how far a run is
    Status(PassedOn),
    /// Stops the work on a run
    Cancel(PassedOn),
    /// Writes the jobs of a run for Snakemake, `HyperQueue` or a shell
    Export(PassedOn),
    /// Checks, cleans, compares and explains runs
    Runs(PassedOn),
    /// Writes the report of a run again, from its records
    Report(PassedOn),
    /// Lists, downloads and checks data sets
    Datasets(PassedOn),
    /// Says what this machine can run, and how to fix what is missing; builds nothing
    Doctor(PassedOn),
    /// Checks whether a device computes the same as the CPU
    Parity(PassedOn),
    /// Measures speed, compared with a peer
    Bench(PassedOn),
    /// Kills, damages, suspends and moves runs, and checks that nothing is lost
    Drill(PassedOn),
    /// Measures what scheduling costs, on cells that compute nothing
    Simulate(PassedOn),
    /// Checks a GPU: parity, speed compared with a peer, a sweep in time slices
    GpuCheck(PassedOn),
    /// Makes one archive that runs without Rust and without a network
    Package(package::Package),
    /// Prints completions for a shell
    Completions(PassedOn),
    RehearseCuda(rehearse_cuda::RehearseCuda),
    /// Format, lints, documentation, tests and a smoke sweep: what CI runs
    Check,
    /// An experiment
    #[command(external_subcommand)]
    Experiment(Vec<OsString>),
}

/// Arguments that `assay` gets unchanged, `--help` among them.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
struct PassedOn {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<OsString>,
}

impl PassedOn {
    fn begins_with(&self, word: &str) -> bool {
        self.arguments.first().is_some_and(|first| first == word)
    }

    /// Builds and runs `program TASK` on a device.
    fn on_device(&self, program: &str, task: &str) -> Result<ExitCode> {
        cargo::run(program, task, &Job::on_device(&self.arguments)?)
    }

    /// Builds and runs `program TASK`, which needs no device.
    fn without_device(&self, program: &str, task: &str) -> Result<ExitCode> {
        cargo::run(program, task, &Job::without_device(&self.arguments))
    }
}

fn main() -> ExitCode {
    run(Arguments::parse().task).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}

fn run(task: Task) -> Result<ExitCode> {
    match task {
        Task::Train(passed) => passed.on_device("assay", "train"),
        Task::Render(passed) => passed.without_device("assay", "render"),
        Task::Resume(passed) => passed.on_device("assay", "resume"),
        Task::Status(passed) => passed.without_device("assay", "status"),
        Task::Cancel(passed) => passed.without_device("assay", "cancel"),
        Task::Export(passed) => cargo::run("assay", "export", &Job::for_others(&passed.arguments)?),
        Task::Runs(passed) => passed.without_device("assay", "runs"),
        Task::Report(passed) => passed.without_device("assay", "report"),
        Task::Datasets(passed) => passed.without_device("assay", "datasets"),
        Task::Doctor(passed) => doctor::run(&passed.arguments),
        Task::Parity(passed) => passed.on_device("assay-dev", "parity"),
        Task::Drill(passed) => passed.without_device("assay-dev", "drill"),
        Task::Simulate(passed) => passed.without_device("assay-dev", "simulate"),
        Task::Bench(passed) if passed.begins_with("operations") => {
            passed.without_device("assay-dev", "bench")
        }
        Task::Bench(passed) => passed.on_device("assay-dev", "bench"),
        Task::GpuCheck(passed) => passed.on_device("assay-dev", "gpu-check"),
        Task::Package(package) => package.run(),
        Task::Completions(passed) => passed.without_device("assay", "completions"),
        Task::RehearseCuda(rehearsal) => rehearsal.run(),
        Task::Check => check::run(),
        Task::Experiment(words) => experiments::run(&words),
    }
}

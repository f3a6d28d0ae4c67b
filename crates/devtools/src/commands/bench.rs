//! `assay-dev bench`.

mod distill;
mod fool;
mod transfer;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use assay_devtools::bench::{Case, Peer, bench, operations, operations_table, table};
use assay_engine::device::DeviceSpec;
use assay_engine::flags::DeviceFlags;
use assay_engine::output::print_line;
use assay_engine::profile::Override;
use clap::{Args, Subcommand};

/// Times assay, and compares it with a peer in Python if one is named
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev bench transfer --peer .venv/bin/python
  assay-dev bench distill --peer .venv/bin/python --json distill.json
  assay-dev bench fool --generations 50

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
    Operations(CountedOperations),
}

/// Counts the multiplications, parameters and activations of the profiles' networks for one image. Uses no
/// device.
#[derive(Debug, Args)]
struct CountedOperations {
    /// Prints them as JSON
    #[arg(long)]
    json: bool,
}

impl CountedOperations {
    fn run(&self) -> Result<ExitCode> {
        let rows = operations()?;
        if self.json {
            print_line(serde_json::to_string_pretty(&rows)?)?;
        } else {
            print_line(operations_table(&rows).trim_end())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Bench {
    /// Runs the command.
    pub fn run(self) -> Result<ExitCode> {
        match self.task {
            Task::Transfer(transfer) => transfer.run(),
            Task::Distill(distill) => distill.run(),
            Task::Fool(fool) => fool.run(),
            Task::Operations(operations) => operations.run(),
        }
    }
}

/// The flags of every case.
#[derive(Debug, Args)]
struct BenchFlags {
    #[command(flatten)]
    device_flags: DeviceFlags,
    /// Worker processes, and the peer's threads [default: one per core on the CPU, one on a GPU]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Runs of each competitor
    #[arg(long, value_name = "N", default_value_t = 3)]
    repeats: usize,
    /// A Python that has what the peer needs
    #[arg(long, value_name = "PYTHON")]
    peer: Option<PathBuf>,
    /// The peer's script [default: bench/peers/*_CASE.py]
    #[arg(long, value_name = "FILE")]
    peer_script: Option<PathBuf>,
    /// Also writes everything as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl BenchFlags {
    fn device_spec(&self) -> Result<DeviceSpec> {
        ensure!(self.repeats > 0, "--repeats 0: it must be at least 1");
        self.device_flags.place()
    }

    fn jobs(&self, device_spec: DeviceSpec) -> Result<usize> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let jobs = self.jobs.unwrap_or(if device_spec.device.is_cpu() { cores } else { 1 });
        ensure!(jobs > 0, "--jobs 0: it must be at least 1");
        Ok(jobs)
    }

    /// The peer, if one is named. `script` is the case's default.
    fn peer(&self, script: &str) -> Result<Option<Peer>> {
        let Some(python) = self.peer.clone() else { return Ok(None) };
        let script = self.peer_script.clone().unwrap_or_else(|| PathBuf::from(script));
        Peer::find(python, script).map(Some)
    }

    /// Runs the benchmark and prints its result.
    fn run_case(&self, case: &dyn Case, device_spec: DeviceSpec) -> Result<ExitCode> {
        let device = device_spec.device.to_string();
        let result = bench(case, &device, self.repeats, &|line| eprintln!("{line}"))?;
        print_line(table(case, &result).trim_end())?;
        if let Some(path) = &self.json {
            std::fs::write(path, serde_json::to_string_pretty(&result)?)
                .with_context(|| path.display().to_string())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The flags of the cases that run an experiment.
#[derive(Debug, Args)]
struct StudyFlags {
    /// A profile by name, or a TOML file
    #[arg(long, default_value = "quick")]
    profile: String,
    /// Overrides one value of the profile
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<Override>,
    /// Where downloaded data sets are [default: `$ASSAY_DATA`, or datasets/cache]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl StudyFlags {
    fn overrides(&self, seeds: u32) -> Vec<Override> {
        self.overrides.iter().cloned().chain([Override::new("seeds", i64::from(seeds))]).collect()
    }
}

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
use assay_engine::output::line;
use assay_engine::profile::Override;
use clap::{Args, Subcommand};

/// Times what the program does, beside a peer in Python where one is named.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev bench transfer --peer .venv/bin/python
  assay-dev bench distill --peer .venv/bin/python --json distill.json
  assay-dev bench fool --generations 50

Contenders take turns, each turn a process of its own; ratios are taken within a repeat.
bench/peers/README.md says how to come by a Python that will do.
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

/// Counts what the networks of the profiles consist of: multiplications, parameters, activations of one
/// image. Trains nothing, and computes on no device.
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
            line(serde_json::to_string_pretty(&rows)?)?;
        } else {
            line(operations_table(&rows).trim_end())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Bench {
    /// Does what was asked for.
    pub fn run(self) -> Result<ExitCode> {
        match self.task {
            Task::Transfer(transfer) => transfer.run(),
            Task::Distill(distill) => distill.run(),
            Task::Fool(fool) => fool.run(),
            Task::Operations(operations) => operations.run(),
        }
    }
}

/// What every case can be told.
#[derive(Debug, Args)]
struct BenchFlags {
    #[command(flatten)]
    place: DeviceFlags,
    /// Worker processes, and the peer's threads [default: one a core on the CPU, one on a card]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Turns of each contender
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
    fn place(&self) -> Result<DeviceSpec> {
        ensure!(self.repeats > 0, "--repeats 0: at least one turn is needed");
        self.place.place()
    }

    fn jobs(&self, place: DeviceSpec) -> Result<usize> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let jobs = self.jobs.unwrap_or(if place.device.is_cpu() { cores } else { 1 });
        ensure!(jobs > 0, "--jobs 0: at least one is needed");
        Ok(jobs)
    }

    /// The peer, where one was named; `script` is the case's own.
    fn peer(&self, script: &str) -> Result<Option<Peer>> {
        let Some(python) = self.peer.clone() else { return Ok(None) };
        let script = self.peer_script.clone().unwrap_or_else(|| PathBuf::from(script));
        Peer::find(python, script).map(Some)
    }

    /// Lets the contenders take their turns, and says what came of it.
    fn carry_out(&self, case: &dyn Case, place: DeviceSpec) -> Result<ExitCode> {
        let device = place.device.to_string();
        let result = bench(case, &device, self.repeats, &|line| eprintln!("{line}"))?;
        line(table(case, &result).trim_end())?;
        if let Some(path) = &self.json {
            std::fs::write(path, serde_json::to_string_pretty(&result)?)
                .with_context(|| path.display().to_string())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What the cases that run a study can be told besides.
#[derive(Debug, Args)]
struct StudyFlags {
    /// A profile by name, or a TOML file
    #[arg(long, default_value = "quick")]
    profile: String,
    /// Overrides one value of the profile
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<Override>,
    /// Where downloaded data sets are [default: what `ASSAY_DATA` says, else datasets/cache]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl StudyFlags {
    fn overrides(&self, seeds: u32) -> Vec<Override> {
        self.overrides.iter().cloned().chain([Override::new("seeds", i64::from(seeds))]).collect()
    }
}

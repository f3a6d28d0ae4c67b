//! `assay bench`.

use std::path::PathBuf;
use std::process::ExitCode;

use super::output::line;
use anyhow::{Context, Result, ensure};
use assay_experiments::bench::{BenchResult, Settings, bench, table};
use assay_experiments::device::DeviceName;
use assay_experiments::profile::Profile;
use assay_experiments::transfer::TransferProfile;
use clap::{Args, Subcommand};

/// Times what the program does.
#[derive(Debug, Args)]
pub struct Bench {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    Transfer(Transfer),
}

/// Times a whole transfer sweep with and without the kept output of frozen layers and, where a
/// Python with PyTorch is named, the same sweep trained the ordinary way there; in turns.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay bench transfer --repeats 1 --set schedule.epochs=4
  assay bench transfer --peer .venv/bin/python --json bench.json
Prints a table on standard output, progress on standard error.")]
struct Transfer {
    /// A profile by name, or a TOML file
    #[arg(long, default_value = "quick")]
    profile: String,
    /// Repeats within the sweep, each with its own random split
    #[arg(long, value_name = "N", default_value_t = 1)]
    seeds: u32,
    /// Overrides one value of the profile
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// Where downloaded data sets are [default: what `ASSAY_DATA` says, else datasets/cache]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// cpu, cuda, vulkan or wgpu; of several cards the one with this number: `cuda:1`
    #[arg(long, default_value = "cpu")]
    device: String,
    /// Worker processes, and the peer's threads [default: one a core on the CPU, one on a card]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Turns of each contender
    #[arg(long, value_name = "N", default_value_t = 3)]
    repeats: usize,
    /// A Python that has PyTorch
    #[arg(long, value_name = "PYTHON")]
    peer: Option<PathBuf>,
    /// The peer's script
    #[arg(long, value_name = "FILE", default_value = "bench/peers/torch_transfer.py")]
    peer_script: PathBuf,
    /// Also writes everything as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Bench {
    /// Does what was asked for.
    pub fn run(self) -> Result<ExitCode> {
        match self.task {
            Task::Transfer(transfer) => transfer.run(),
        }
    }
}

impl Transfer {
    fn run(self) -> Result<ExitCode> {
        let json = self.json.clone();
        let settings = self.settings()?;
        let turns = bench(&settings, &|line| eprintln!("{line}"))?;
        let result = BenchResult::new(&settings, turns);
        line(table(&result).trim_end())?;
        if let Some(path) = json {
            std::fs::write(&path, serde_json::to_string_pretty(&result)?)
                .with_context(|| path.display().to_string())?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn settings(self) -> Result<Settings> {
        ensure!(self.repeats > 0, "--repeats 0: at least one turn is needed");
        let device: DeviceName = self.device.parse()?;
        let mut overrides = self.overrides;
        overrides.push(format!("seeds={}", self.seeds));
        let profile = TransferProfile::read(&self.profile, &overrides)?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let jobs = self.jobs.unwrap_or(if device.is_cpu() { cores } else { 1 });
        let script = self.peer_script;
        let there = self.peer.is_none() || script.is_file();
        ensure!(there, "{}: no such file; --peer-script says where it is", script.display());
        Ok(Settings {
            name: self.profile,
            profile,
            device,
            data_dir: self.data_dir,
            jobs,
            repeats: self.repeats,
            peer: self.peer.map(|python| (python, script)),
        })
    }
}

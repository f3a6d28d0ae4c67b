//! What can be typed, and what it means.

mod bench;
mod datasets;
mod distill;
mod doctor;
mod fool;
mod gpu_check;
mod output;
mod parity;
mod place_flags;
mod render;
mod run_flags;
mod train;
mod transfer_sweep;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use assay_experiments::bench::search;
use assay_experiments::device::{DeviceName, Place, Precision};
use assay_experiments::worker;
use clap::{CommandFactory, Parser, Subcommand};

/// Measures what a network's features are made of.
#[derive(Debug, Parser)]
#[command(name = "assay", version, about)]
pub struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    TransferSweep(transfer_sweep::TransferSweep),
    Distill(distill::Distill),
    Fool(fool::Fool),
    Train(train::Train),
    Render(render::Render),
    Datasets(datasets::Datasets),
    Bench(bench::Bench),
    Parity(parity::Parity),
    GpuCheck(gpu_check::GpuCheck),
    Doctor(doctor::Doctor),
    /// Prints completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Trains the cells that a parent process names on standard input.
    #[command(hide = true)]
    Worker {
        run: PathBuf,
        #[arg(long)]
        device: DeviceName,
        #[arg(long)]
        precision: Option<Precision>,
        #[arg(long)]
        data_dir: Option<PathBuf>,
    },
    /// Times the searches that a folder of `assay bench fool` spells out, as its peer does.
    #[command(hide = true)]
    Search {
        folder: PathBuf,
        #[arg(long)]
        device: DeviceName,
        #[arg(long)]
        precision: Option<Precision>,
        #[arg(long)]
        threads: usize,
    },
}

impl Arguments {
    /// Does what was asked for.
    pub fn run(self) -> Result<ExitCode> {
        match self.task {
            Task::TransferSweep(sweep) => sweep.run(),
            Task::Distill(distill) => distill.run(),
            Task::Fool(fool) => fool.run(),
            Task::Train(train) => train.run(),
            Task::Render(render) => render.run(),
            Task::Datasets(datasets) => datasets.run(),
            Task::Bench(bench) => bench.run(),
            Task::Parity(parity) => parity.run(),
            Task::GpuCheck(check) => check.run(),
            Task::Doctor(doctor) => doctor.run(),
            Task::Completions { shell } => {
                let mut command = Self::command();
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut command, "assay", &mut script);
                output::line(String::from_utf8_lossy(&script).trim_end())?;
                Ok(ExitCode::SUCCESS)
            }
            Task::Worker { run, device, precision, data_dir } => {
                worker::serve(&run, Place { device, precision }, data_dir.as_deref())?;
                Ok(ExitCode::SUCCESS)
            }
            Task::Search { folder, device, precision, threads } => {
                search(&folder, Place { device, precision }, threads)?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

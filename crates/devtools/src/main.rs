//! `assay-dev`: `assay` with additional commands that measure and check assay itself.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use assay_cli::{Task, exit_code, registry, start_logging};
use assay_devtools::bench::{Bench, search, time_steps};
use assay_devtools::drill::Drill;
use assay_devtools::gpu_check::GpuCheck;
use assay_devtools::parity::Parity;
use assay_devtools::simulation::{self, Simulate, SimulatedCell, SimulatedScheduler};
use assay_engine::device::{DeviceName, DeviceSpec, Precision};
use assay_engine::worker;
use assay_runs::RunDirectory;
use clap::{Parser, Subcommand};

/// Measures what a network's features are made of, and measures and checks assay itself.
#[derive(Parser)]
#[command(name = "assay-dev", version)]
struct Arguments {
    #[command(subcommand)]
    task: DevTask,
}

#[derive(Subcommand)]
enum DevTask {
    #[command(flatten)]
    Task(Task),
    Bench(Bench),
    Parity(Parity),
    GpuCheck(GpuCheck),
    Drill(Drill),
    Simulate(Simulate),
    /// One scheduler of `assay-dev simulate`
    #[command(hide = true)]
    SimulatedScheduler(SimulatedScheduler),
    /// Times the searches that the work folder of `assay-dev bench fool` describes, like a peer
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
    /// Times the steps of one row of `assay-dev bench layers`, like a peer
    #[command(hide = true)]
    TimeSteps {
        #[arg(long)]
        row: String,
        #[arg(long)]
        threads: usize,
        #[arg(long)]
        seconds: f64,
    },
}

fn main() -> ExitCode {
    let task = Arguments::parse().task;
    exit_code(start_logging().and_then(|()| run(task)))
}

fn run(task: DevTask) -> Result<ExitCode> {
    match task {
        DevTask::Task(Task::Worker { run, device, precision, data_dir }) => {
            // Of a simulation, or of a real run that this program started.
            let is_simulated = RunDirectory::open(&run)?.plan().cells[0].is::<SimulatedCell>();
            let registry = if is_simulated { simulation::registry() } else { registry() };
            let device_spec = DeviceSpec { device, precision };
            worker::serve(&registry, &run, device_spec, data_dir.as_deref())?;
            Ok(ExitCode::SUCCESS)
        }
        DevTask::Task(task) => task.run::<Arguments>(),
        DevTask::Drill(drill) => drill.run(),
        DevTask::Simulate(simulate) => simulate.run(),
        DevTask::SimulatedScheduler(scheduler) => scheduler.run(),
        DevTask::Bench(bench) => bench.run(),
        DevTask::Parity(parity) => parity.run(),
        DevTask::GpuCheck(check) => check.run(),
        DevTask::Search { folder, device, precision, threads } => {
            search(&folder, DeviceSpec { device, precision }, threads)?;
            Ok(ExitCode::SUCCESS)
        }
        DevTask::TimeSteps { row, threads, seconds } => {
            time_steps(&row, threads, seconds)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

//! What can be typed, and what it means.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use assay_engine::device::{DeviceName, DeviceSpec, Precision};
use assay_engine::output::line;
use assay_engine::worker;
use clap::{CommandFactory, Parser, Subcommand};

use crate::datasets::Datasets;
use crate::doctor::Doctor;
use crate::registry::{ExperimentCommand, registry};
use crate::render::Render;
use crate::report::Report;
use crate::train::Train;

/// Measures what a network's features are made of.
#[derive(Parser)]
#[command(name = "assay", version, about)]
pub struct Arguments {
    #[command(subcommand)]
    task: Task,
}

/// What there is to do. `assay-dev` has more beside.
#[derive(Subcommand)]
pub enum Task {
    /// Plans and runs an experiment.
    #[command(flatten)]
    Experiment(ExperimentCommand),
    /// Works on one cell.
    Train(Train),
    /// Writes a report.
    Report(Report),
    /// Draws elites.
    Render(Render),
    /// Lists, fetches and checks data sets.
    Datasets(Datasets),
    /// Tells what this machine has.
    Doctor(Doctor),
    /// Prints completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Trains the cells that a parent process names on standard input.
    #[command(hide = true)]
    Worker {
        /// The run's directory
        run: PathBuf,
        /// The device
        #[arg(long)]
        device: DeviceName,
        /// What it computes in
        #[arg(long)]
        precision: Option<Precision>,
        /// Where downloaded data sets are
        #[arg(long)]
        data_dir: Option<PathBuf>,
    },
}

impl Arguments {
    /// Does what was asked for.
    ///
    /// # Errors
    /// When it could not begin.
    pub fn run(self) -> Result<ExitCode> {
        self.task.run::<Self>()
    }
}

impl Task {
    /// Does it; completions are for all commands of the program `P`.
    ///
    /// # Errors
    /// When it could not begin.
    pub fn run<P: CommandFactory>(self) -> Result<ExitCode> {
        match self {
            Self::Experiment(experiment) => experiment.run(),
            Self::Train(train) => train.run(),
            Self::Report(report) => report.run(),
            Self::Render(render) => render.run(),
            Self::Datasets(datasets) => datasets.run(),
            Self::Doctor(doctor) => doctor.run(),
            Self::Completions { shell } => {
                let mut command = P::command();
                let name = command.get_name().to_owned();
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut command, name, &mut script);
                line(String::from_utf8_lossy(&script).trim_end())?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Worker { run, device, precision, data_dir } => {
                let place = DeviceSpec { device, precision };
                worker::serve(&registry(), &run, place, data_dir.as_deref())?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

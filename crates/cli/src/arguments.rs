//! The command line of `assay`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use assay_engine::device::{DeviceName, DeviceSpec, Precision};
use assay_engine::output::print_line;
use assay_engine::worker;
use clap::{CommandFactory, Parser, Subcommand};

use crate::cancel::Cancel;
use crate::datasets::Datasets;
use crate::doctor::Doctor;
use crate::export::Export;
use crate::registry::{ExperimentCommand, registry};
use crate::render::Render;
use crate::report::Report;
use crate::resume::Resume;
use crate::runs::Runs;
use crate::status::Status;
use crate::train::Train;

/// Measures what a network's features are made of.
#[derive(Parser)]
#[command(name = "assay", version)]
pub struct Arguments {
    #[command(subcommand)]
    task: Task,
}

/// The subcommands. `assay-dev` has more.
#[derive(Subcommand)]
#[allow(missing_docs, reason = "help is that of the types; a comment here would replace it")]
pub enum Task {
    /// Plans and runs an experiment.
    #[command(flatten)]
    Experiment(ExperimentCommand),
    Train(Train),
    Resume(Resume),
    Status(Status),
    Cancel(Cancel),
    Export(Export),
    Runs(Runs),
    Report(Report),
    Render(Render),
    Datasets(Datasets),
    Doctor(Doctor),
    /// Prints completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Works on the cells that a parent process names on standard input.
    #[command(hide = true)]
    Worker {
        /// The run's directory
        run: PathBuf,
        /// The device
        #[arg(long)]
        device: DeviceName,
        /// The precision
        #[arg(long)]
        precision: Option<Precision>,
        /// The folder of downloaded data sets
        #[arg(long)]
        data_dir: Option<PathBuf>,
    },
}

impl Arguments {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// Returns an error if it could not start.
    pub fn run(self) -> Result<ExitCode> {
        self.task.run::<Self>()
    }
}

impl Task {
    /// Runs the subcommand. `P` is the whole program, for shell completions.
    ///
    /// # Errors
    /// Returns an error if it could not start.
    pub fn run<P: CommandFactory>(self) -> Result<ExitCode> {
        match self {
            Self::Experiment(experiment) => experiment.run(),
            Self::Train(train) => train.run(),
            Self::Resume(resume) => resume.run(),
            Self::Status(status) => status.run(),
            Self::Cancel(cancel) => cancel.run(),
            Self::Export(export) => export.run(),
            Self::Runs(runs) => runs.run(),
            Self::Report(report) => report.run(),
            Self::Render(render) => render.run(),
            Self::Datasets(datasets) => datasets.run(),
            Self::Doctor(doctor) => doctor.run(),
            Self::Completions { shell } => {
                let mut command = P::command();
                let name = command.get_name().to_owned();
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut command, name, &mut script);
                print_line(String::from_utf8_lossy(&script).trim_end())?;
                Ok(ExitCode::SUCCESS)
            }
            Self::Worker { run, device, precision, data_dir } => {
                let device_spec = DeviceSpec { device, precision };
                worker::serve(&registry(), &run, device_spec, data_dir.as_deref())?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}

//! The experiments of this program. Add new experiments here.

use std::process::ExitCode;

use anyhow::Result;
use assay_distill_execute::DistillExperiment;
use assay_engine::experiment::{Experiment, PlannedRun, Registry};
use assay_fool_execute::FoolExperiment;
use assay_report::ExperimentReport;
use assay_transfer_execute::TransferExperiment;
use assay_version::version;
use clap::{ArgMatches, Command, Error, FromArgMatches, Subcommand};

/// The report of each experiment.
pub const REPORTS: [ExperimentReport; 3] =
    [assay_transfer::REPORT, assay_distill::REPORT, assay_fool::REPORT];
static EXPERIMENTS: [&dyn Experiment; 3] =
    [&TransferExperiment, &DistillExperiment, &FoolExperiment];

/// The experiments and the version of this program.
#[must_use]
pub fn registry() -> Registry {
    Registry { experiments: &EXPERIMENTS, version: version() }
}

/// An experiment's subcommand with its arguments.
#[derive(Clone)]
pub struct ExperimentCommand {
    experiment: &'static dyn Experiment,
    arguments: ArgMatches,
}

impl ExperimentCommand {
    /// Runs a task of the experiment that needs no run, or plans and carries out a run.
    ///
    /// # Errors
    /// Returns an error if it could not start.
    pub fn run(&self) -> Result<ExitCode> {
        match self.experiment.run_task(&self.arguments)? {
            Some(code) => Ok(code),
            None => self.plan()?.carry_out(),
        }
    }

    /// Plans a run.
    ///
    /// # Errors
    /// Returns an error if a flag, the profile or the data does not allow it.
    pub fn plan(&self) -> Result<PlannedRun> {
        self.experiment.plan(&self.arguments, &registry())
    }
}

fn find_experiment(command: &str) -> Option<&'static dyn Experiment> {
    EXPERIMENTS.into_iter().find(|experiment| experiment.command().get_name() == command)
}

impl Subcommand for ExperimentCommand {
    fn augment_subcommands(command: Command) -> Command {
        command.subcommands(EXPERIMENTS.map(Experiment::command))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        find_experiment(name).is_some()
    }
}

impl FromArgMatches for ExperimentCommand {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let found = matches
            .subcommand()
            .and_then(|(name, arguments)| Some((find_experiment(name)?, arguments)));
        let missing = || Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (experiment, arguments) = found.ok_or_else(missing)?;
        Ok(Self { experiment, arguments: arguments.clone() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

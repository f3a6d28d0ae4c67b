//! The experiments of this program. To add one, add it here.

use std::process::ExitCode;

use anyhow::Result;
use assay_distill_execute::DistillExperiment;
use assay_engine::experiment::{Experiment, PlannedRun, Registry};
use assay_fool_execute::FoolExperiment;
use assay_transfer_execute::TransferExperiment;
use assay_version::version;
use clap::{ArgMatches, Command, Error, FromArgMatches, Subcommand};

static EXPERIMENTS: [&dyn Experiment; 3] =
    [&TransferExperiment, &DistillExperiment, &FoolExperiment];

/// The experiments, and the version of this program.
#[must_use]
pub fn registry() -> Registry {
    Registry { experiments: &EXPERIMENTS, version: version() }
}

/// The subcommand of an experiment, as it was typed.
#[derive(Clone)]
pub struct ExperimentCommand {
    experiment: &'static dyn Experiment,
    typed: ArgMatches,
}

impl ExperimentCommand {
    /// Runs what was typed: a task of the experiment that needs no run, or a run.
    ///
    /// # Errors
    /// When it could not begin.
    pub fn run(&self) -> Result<ExitCode> {
        match self.experiment.run_task(&self.typed)? {
            Some(code) => Ok(code),
            None => self.plan()?.carry_out(),
        }
    }

    /// Plans what was typed.
    ///
    /// # Errors
    /// When a flag, the profile or the data does not allow it.
    pub fn plan(&self) -> Result<PlannedRun> {
        self.experiment.plan(&self.typed, &registry())
    }
}

fn named(name: &str) -> Option<&'static dyn Experiment> {
    EXPERIMENTS.into_iter().find(|experiment| experiment.command().get_name() == name)
}

impl Subcommand for ExperimentCommand {
    fn augment_subcommands(command: Command) -> Command {
        command.subcommands(EXPERIMENTS.map(Experiment::command))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        named(name).is_some()
    }
}

impl FromArgMatches for ExperimentCommand {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let found = matches.subcommand().and_then(|(name, typed)| Some((named(name)?, typed)));
        let missing = || Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (experiment, typed) = found.ok_or_else(missing)?;
        Ok(Self { experiment, typed: typed.clone() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

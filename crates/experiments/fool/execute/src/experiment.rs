//! What the engine asks of this experiment.

use std::path::Path;

use anyhow::Result;
use assay_classifiers::external_networks;
use assay_engine::experiment::{
    CellRunner, Experiment, FinishedNetworks, PlannedRun, Registry, RequestingRun,
};
use assay_runs::{ExternalModel, Plan};
use burn::tensor::Device;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};

use super::FoolRunner;
use super::command::Fool;

/// The fooling experiment (Nguyen et al. 2015).
#[derive(Debug, Clone, Copy)]
pub struct FoolExperiment;

impl Experiment for FoolExperiment {
    fn name(&self) -> &'static str {
        assay_fool::NAME
    }

    fn command(&self) -> Command {
        Fool::command()
    }

    fn plan(&self, typed: &ArgMatches, registry: &Registry) -> Result<PlannedRun> {
        Fool::from_arg_matches(typed)?.plan(registry)
    }

    fn open(
        &self,
        plan: &Plan,
        data_dir: Option<&Path>,
        device: &Device,
    ) -> Result<Box<dyn CellRunner>> {
        Ok(Box::new(FoolRunner::open(plan, data_dir, device)?))
    }

    fn external_networks(
        &self,
        run: &FinishedNetworks,
        requesting: &RequestingRun,
    ) -> Result<Vec<ExternalModel>> {
        external_networks(run, requesting)
    }
}

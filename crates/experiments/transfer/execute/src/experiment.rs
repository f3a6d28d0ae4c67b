//! What the engine asks of this experiment.

use std::path::Path;

use anyhow::Result;
use assay_engine::experiment::{
    CellRunner, Experiment, FinishedNetworks, PlannedRun, Registry, RequestingRun,
};
use assay_runs::{ExternalModel, Plan};
use burn::tensor::Device;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};

use super::TransferRunner;
use super::command::TransferSweep;
use super::external_networks::external_networks;

/// The transfer experiment (Yosinski et al. 2014).
#[derive(Debug, Clone, Copy)]
pub struct TransferExperiment;

impl Experiment for TransferExperiment {
    fn name(&self) -> &'static str {
        assay_transfer::NAME
    }

    fn command(&self) -> Command {
        TransferSweep::command()
    }

    fn plan(&self, typed: &ArgMatches, _registry: &Registry) -> Result<PlannedRun> {
        TransferSweep::from_arg_matches(typed)?.plan()
    }

    fn open(
        &self,
        plan: &Plan,
        data_dir: Option<&Path>,
        device: &Device,
    ) -> Result<Box<dyn CellRunner>> {
        Ok(Box::new(TransferRunner::open(plan, data_dir, device)?))
    }

    fn external_networks(
        &self,
        run: &FinishedNetworks,
        requesting: &RequestingRun,
    ) -> Result<Vec<ExternalModel>> {
        external_networks(run, requesting)
    }
}

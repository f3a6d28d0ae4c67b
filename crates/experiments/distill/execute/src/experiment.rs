//! What the engine asks of this experiment.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use assay_classifiers::external_networks;
use assay_engine::experiment::{
    CellRunner, Experiment, FinishedNetworks, PlannedRun, Registry, RequestingRun,
};
use assay_runs::{ExternalModel, Plan};
use burn::tensor::Device;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches};

use super::DistillRunner;
use super::command::{Distill, Task};

/// The distillation experiment (Hinton et al. 2015).
#[derive(Debug, Clone, Copy)]
pub struct DistillExperiment;

impl Experiment for DistillExperiment {
    fn name(&self) -> &'static str {
        assay_distill::NAME
    }

    fn command(&self) -> Command {
        Distill::command()
    }

    fn plan(&self, typed: &ArgMatches, _registry: &Registry) -> Result<PlannedRun> {
        Distill::from_arg_matches(typed)?.plan()
    }

    fn open(
        &self,
        plan: &Plan,
        data_dir: Option<&Path>,
        device: &Device,
    ) -> Result<Box<dyn CellRunner>> {
        Ok(Box::new(DistillRunner::open(plan, data_dir, device)?))
    }

    fn run_task(&self, typed: &ArgMatches) -> Result<Option<ExitCode>> {
        match Distill::from_arg_matches(typed)?.task {
            Some(Task::TemperatureCurve(curve)) => curve.run().map(|()| Some(ExitCode::SUCCESS)),
            None => Ok(None),
        }
    }

    fn external_networks(
        &self,
        run: &FinishedNetworks,
        requesting: &RequestingRun,
    ) -> Result<Vec<ExternalModel>> {
        external_networks(run, requesting)
    }
}

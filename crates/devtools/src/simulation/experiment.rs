//! The simulated experiment.

use std::path::Path;

use anyhow::{Result, bail};
use assay_engine::experiment::{CellRunner, Experiment, PlannedRun, Registry};
use assay_engine::worker::CellContext;
use assay_runs::{Cell, DatasetId, Plan, Record, Seconds};
use burn::tensor::Device;
use clap::{ArgMatches, Command};

use super::cell::{NAME, data};

/// Computes nothing, and publishes records.
struct Simulated;

/// The registry of a worker of a simulated run.
#[must_use]
pub fn registry() -> Registry {
    Registry { experiments: &[&Simulated], version: assay_version::version() }
}

impl Experiment for Simulated {
    fn name(&self) -> &'static str {
        NAME
    }

    fn command(&self) -> Command {
        Command::new(NAME)
    }

    fn plan(&self, _typed: &ArgMatches, _registry: &Registry) -> Result<PlannedRun> {
        bail!("a simulation is not planned from a command line")
    }

    fn open(
        &self,
        _plan: &Plan,
        _data_dir: Option<&Path>,
        _device: &Device,
    ) -> Result<Box<dyn CellRunner>> {
        Ok(Box::new(Self))
    }
}

impl CellRunner for Simulated {
    fn data(&self) -> DatasetId {
        data()
    }

    fn work(&self, cell: &Cell, context: &CellContext) -> Result<Option<String>> {
        let record = Record::without_training(cell.clone());
        context.publish(&record, &context.provenance(Seconds::default()), &[])?;
        Ok(Some("done".to_owned()))
    }
}

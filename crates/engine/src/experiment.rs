//! What an experiment implements, and the table of all experiments of a program.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use assay_datasets::DataSet;
use assay_runs::{Cell, DatasetId, ExternalModel, Plan, RunDirectory};
use burn::tensor::Device;
use clap::{ArgMatches, Command};

use crate::context::CellContext;
use crate::data_module::DataModule;
use crate::device::DeviceSpec;
use crate::flags::RunFlags;

/// One experiment: its command, its plan, and how its cells are computed.
///
/// To add an experiment, implement this and name it in the program's [`Registry`].
pub trait Experiment: Sync {
    /// Its name, as plans have it.
    fn name(&self) -> &'static str;

    /// Its subcommand of `assay`, with its flags.
    fn command(&self) -> Command;

    /// Plans a run from what was typed.
    ///
    /// # Errors
    /// When a flag, the profile or the data does not allow it.
    fn plan(&self, typed: &ArgMatches, registry: &Registry) -> Result<PlannedRun>;

    /// Opens the data of a planned run on a device.
    ///
    /// # Errors
    /// When the plan's settings are no profile of this experiment, or its data cannot be read.
    fn open(
        &self,
        plan: &Plan,
        data_dir: Option<&Path>,
        device: &Device,
    ) -> Result<Box<dyn CellRunner>>;

    /// Runs what was typed where that is a task of this experiment that needs no run; none where it is
    /// not.
    ///
    /// # Errors
    /// When the task fails.
    fn run_task(&self, typed: &ArgMatches) -> Result<Option<ExitCode>> {
        let _ = typed;
        Ok(None)
    }

    /// The networks of a finished run of this experiment, for other experiments to show images to.
    ///
    /// # Errors
    /// When the data that they were trained on cannot be read, or is not what it was.
    fn external_networks(
        &self,
        run: &FinishedNetworks,
        requesting: &RequestingRun,
    ) -> Result<Vec<ExternalModel>> {
        let _ = (run, requesting);
        bail!("the networks of {} runs cannot be used by other experiments", self.name())
    }
}

/// Computes the cells of an experiment, on data that it has opened once.
pub trait CellRunner {
    /// The data it has opened.
    fn data(&self) -> DatasetId;

    /// Computes a cell and publishes its record; `None` if it was stopped and saved before that.
    ///
    /// The text describes the result.
    ///
    /// # Errors
    /// When the cell cannot be computed, or the run cannot be written to.
    fn work(&self, cell: &Cell, context: &CellContext) -> Result<Option<String>>;
}

/// A run as it is planned.
pub struct PlannedRun {
    /// What is to be done.
    pub plan: Plan,
    /// The devices of this machine that compute it; none if this machine does not compute.
    pub device_specs: Vec<DeviceSpec>,
    /// The run's directory.
    pub out: PathBuf,
    /// What was typed that every experiment has.
    pub flags: RunFlags,
}

/// The trained networks of a run whose weights were kept.
pub struct FinishedNetworks<'a> {
    /// The run.
    pub run: &'a RunDirectory,
    /// The cell of each network, and the BLAKE3 of its file of weights.
    pub networks: &'a [(&'a Cell, String)],
}

/// The run that asks for networks of other runs.
pub struct RequestingRun<'a> {
    /// Its data.
    pub data_module: &'a DataModule,
    /// Where downloaded data sets are, when it was said.
    pub data_dir: Option<&'a Path>,
}

/// All experiments of a program, and the program's version.
#[derive(Clone)]
pub struct Registry {
    /// The experiments, in the order of the program's help.
    pub experiments: &'static [&'static dyn Experiment],
    /// The version of assay, with the commit it was built from where that is known.
    pub version: String,
}

impl Registry {
    /// The experiment of a run.
    ///
    /// # Errors
    /// When the program has no such experiment.
    pub fn find(&self, name: &str) -> Result<&'static dyn Experiment> {
        let found = self.experiments.iter().find(|experiment| experiment.name() == name);
        found.copied().with_context(|| format!("this program has no experiment {name:?}"))
    }
}

/// Whether data is what networks were trained on: how a network's images are normalized is measured on it.
///
/// # Errors
/// When it is not.
pub fn ensure_same_data(planned: &DatasetId, found: &DataSet) -> Result<()> {
    ensure!(
        planned.fingerprint == found.fingerprint,
        "the data set {} is not what its networks were trained on: fingerprint {} then, {} now",
        found.opened_as,
        planned.fingerprint,
        found.fingerprint
    );
    Ok(())
}

//! What every experiment needs to work on a cell: the run, checkpoints, publishing, provenance.

mod callback;
mod progress_sink;

use std::fmt::Display;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::Result;
use assay_models::NetworkConfig;
use assay_runs::{
    Cell, Outcome, Provenance, Record, RunDirectory, Seconds, digest, write_atomically,
};
use burn::tensor::Device;

use crate::device::{DeviceName, Precision};
use crate::host::unix_time;
use crate::network::parameter_counts;
use crate::panics;
use crate::profile::RunSettings;
use crate::trainer::{CheckpointError, Snapshot, Training, TrainingEnd};

pub use callback::ProgressReporter;
pub use progress_sink::ProgressSink;

use callback::CheckpointCallback;

/// Why a checkpoint is discarded whose inputs have changed.
pub const STALE_INPUTS: &str =
    "it was made from another result of a cell that this cell depends on";

/// The run that a worker works on, and the device that it uses.
pub struct CellContext {
    /// The run's directory.
    pub run: RunDirectory,
    /// Settings that do not change results.
    pub run_settings: RunSettings,
    /// The device.
    pub device: DeviceName,
    /// The precision of the device.
    pub precision: Precision,
    /// CPU, cores and operating system, and the name of the GPU if there is one.
    pub host: String,
    /// The version of assay, with the commit it was built from if that is known.
    pub assay_version: String,
    /// The device as burn has opened it.
    pub(crate) burn_device: Device,
    pub(crate) stop: Arc<AtomicBool>,
    pub(crate) progress_sink: Rc<dyn ProgressSink>,
}

impl CellContext {
    /// Trains to the end of the schedule, starting from the cell's checkpoint if there is one.
    ///
    /// Returns `None` if the training was stopped; it is then saved. `began` is when work on the cell began.
    ///
    /// # Errors
    /// Returns an error if a checkpoint cannot be read or written.
    pub fn run_training(
        &self,
        cell: &Cell,
        config: &NetworkConfig,
        mut training: Training,
        began: Instant,
    ) -> Result<Option<(Training, Outcome)>> {
        let checkpoint = self.run.checkpoint(cell);
        training.progress_mut().made_from = self.run.made_from(cell)?;
        if let Some(snapshot) = self.load_checkpoint(&checkpoint, config, &training)? {
            tracing::info!(step = snapshot.progress.step, "resumed from {}", checkpoint.display());
            training = training.resume(snapshot);
        }
        let cache_bytes = self.run_settings.cache_mebibytes << 20;
        training = training.cache_frozen_features(cache_bytes)?;
        tracing::info!(
            cell = cell.name(),
            cached_layers = training.cached_layers(),
            prepared_ms = began.elapsed().as_millis() as u64,
            "training"
        );
        training.progress_mut().devices.push(self.describe_device());
        training.progress_mut().seconds.prepare += began.elapsed().as_secs_f64();
        let mut callback = CheckpointCallback::new(&checkpoint, self.progress_reporter(), began);
        match training.run(&mut callback)? {
            TrainingEnd::Stopped => Ok(None),
            TrainingEnd::Finished(outcome) => Ok(Some((training, outcome))),
        }
    }

    /// Loads the checkpoint of a training; `None` if there is none, or after a warning if it does not fit.
    fn load_checkpoint(
        &self,
        path: &Path,
        config: &NetworkConfig,
        training: &Training,
    ) -> Result<Option<Snapshot>> {
        let check = |snapshot: Snapshot| {
            let has_same_inputs = snapshot.progress.made_from == training.progress().made_from;
            training
                .check(&snapshot.progress)
                .and_then(|()| has_same_inputs.then_some(()).ok_or_else(|| STALE_INPUTS.to_owned()))
                .map_err(|reason| CheckpointError::Unusable { path: path.to_owned(), reason })?;
            Ok(snapshot)
        };
        let loaded = Snapshot::load(path, config, training.device());
        match loaded.and_then(|loaded| loaded.map(check).transpose()) {
            Err(CheckpointError::Unusable { path, reason }) => {
                self.warn_restart(&path, &reason);
                Ok(None)
            }
            loaded => Ok(loaded?),
        }
    }

    /// Warns that a checkpoint is not used, and says why.
    pub fn warn_restart(&self, checkpoint: &Path, reason: &dyn Display) {
        let path = checkpoint.display();
        self.warn(&format!("{path}: {reason}; the cell starts over"));
    }

    /// Shows a warning to the user. Work goes on.
    pub fn warn(&self, message: &str) {
        self.progress_sink.on_warning(message);
    }

    /// The device, and its precision if that is not the device's default.
    #[must_use]
    pub fn describe_device(&self) -> String {
        match self.precision {
            Precision::F32 | Precision::Tf32 => self.device.to_string(),
            Precision::F16 | Precision::Bf16 => format!("{} in {}", self.device, self.precision),
        }
    }

    /// Creates a progress reporter for a cell whose work begins now.
    #[must_use]
    pub fn progress_reporter(&self) -> ProgressReporter {
        ProgressReporter::new(
            self.run_settings.checkpoint_seconds,
            self.stop.clone(),
            self.progress_sink.clone(),
        )
    }

    /// Publishes the record of a cell together with `files`, given by name and content.
    ///
    /// # Errors
    /// Returns an error if a thread of this process has panicked, if the record contains a number that is not
    /// finite, or if the run cannot be written.
    pub fn publish(
        &self,
        record: &Record,
        provenance: &Provenance,
        files: &[(&str, &[u8])],
    ) -> Result<()> {
        // The files are plain bytes: the device has finished, so all panics are known.
        panics::ensure_none()?;
        let staging = self.run.stage(&record.cell)?;
        for (name, bytes) in files {
            // On disk before the folder is published, like the record itself.
            write_atomically(&staging.path().join(name), bytes)?;
        }
        tracing::info!(cell = record.cell.name(), seconds = provenance.seconds.total, "published");
        Ok(staging.publish(record, provenance)?)
    }

    /// The provenance of work that ends now, with its times only.
    #[must_use]
    pub fn provenance(&self, seconds: Seconds) -> Provenance {
        Provenance {
            device: self.device.to_string(),
            precision: self.precision.to_string(),
            machine: self.host.clone(),
            version: self.assay_version.clone(),
            seconds,
            finished: unix_time(),
            images_per_second: 0.0,
            latency: None,
            cached_layers: 0,
            resumed: 0,
            earlier_devices: Vec::new(),
        }
    }

    /// The provenance of a training that ends now.
    ///
    /// # Panics
    /// Panics if the training was not run by [`CellContext::run_training`].
    #[must_use]
    pub fn training_provenance(&self, training: &Training) -> Provenance {
        let progress = training.progress();
        let images = progress.step as f64 * training.batch() as f64;
        let (device, earlier) = progress.devices.split_last().expect("set by run_training");
        Provenance {
            images_per_second: images / progress.seconds.train.max(1e-9),
            cached_layers: training.cached_layers() as u8,
            resumed: earlier.len() as u32,
            earlier_devices: earlier.iter().filter(|other| *other != device).cloned().collect(),
            ..self.provenance(progress.seconds)
        }
    }
}

/// The record of a training, without an evaluation on the test images.
#[must_use]
pub fn training_record(
    cell: Cell,
    training: &Training,
    outcome: Outcome,
    weights: &[u8],
) -> Record {
    Record {
        outcome,
        curve: training.progress().curve.clone(),
        parameters: parameter_counts(training.network()),
        weights: digest(weights),
        ..Record::without_training(cell)
    }
}

/// Describes a record in a few words, such as `98.1 %`.
#[must_use]
pub fn describe_record(record: &Record) -> String {
    match (&record.outcome, record.test) {
        (Outcome::Diverged { epoch }, _) => format!("diverged in epoch {epoch}"),
        (Outcome::DidNotLearn, _) => "did not learn".to_owned(),
        (Outcome::Trained | Outcome::Measured, Some(test)) => {
            format!("{:.1} %", 100.0 * test.accuracy())
        }
        (Outcome::Trained | Outcome::Measured, None) => record.validation().map_or_else(
            || "done".to_owned(),
            |validation| format!("{:.1} % of the validation images", 100.0 * validation.accuracy()),
        ),
    }
}

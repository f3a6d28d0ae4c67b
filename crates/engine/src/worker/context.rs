//! What every study needs to bring a cell to its record: checkpoints, publishing, where the time went.

use std::fmt::Display;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::Result;
use assay_models::NetworkConfig;
use assay_runs::{
    Cell, Outcome, Parameters, Provenance, Record, RunDirectory, Seconds, digest, write_atomically,
};

use super::ProgressSink;
use super::callback::{CheckpointCallback, ProgressReporter};
use super::machine::now;
use crate::device::{DeviceName, Precision};
use crate::panics;
use crate::profile::RunSettings;
use crate::trainer::{CheckpointError, Snapshot, Training, TrainingEnd};

/// Why a checkpoint is of no use whose cell needs others that were made again since.
pub const OTHER_RESULTS: &str =
    "it was made from another result of a cell that its cell needs than the one that is there now";

/// A worker's place: the run it works on, and how.
pub struct CellContext {
    /// The run.
    pub run: RunDirectory,
    /// What does not change a result.
    pub settings: RunSettings,
    /// The device.
    pub device: DeviceName,
    /// What the device computes in.
    pub precision: Precision,
    /// What the machine is made of, its card included where this is one.
    pub machine: String,
    /// The version of assay, with the commit it was built from where that is known.
    pub version: String,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) progress_sink: Rc<dyn ProgressSink>,
}

impl CellContext {
    /// Takes `training` to its end, from its checkpoint where the cell has one; none when it was
    /// stopped, and saved, before that. `began` is when work on the cell began.
    ///
    /// # Errors
    /// When a checkpoint cannot be read or written.
    pub fn train(
        &self,
        cell: &Cell,
        config: &NetworkConfig,
        mut training: Training,
        began: Instant,
    ) -> Result<Option<(Training, Outcome)>> {
        let checkpoint = self.run.checkpoint(cell);
        training.progress_mut().made_from = self.run.made_from(cell)?;
        if let Some(snapshot) = self.snapshot(&checkpoint, config, &training)? {
            training = training.resume(snapshot);
        }
        training = training.cache_frozen_features(self.settings.cache_mebibytes << 20)?;
        training.progress_mut().devices.push(self.describe_device());
        training.progress_mut().seconds.prepare += began.elapsed().as_secs_f64();
        let mut callback = CheckpointCallback::new(&checkpoint, self.progress_reporter(), began);
        match training.run(&mut callback)? {
            TrainingEnd::Stopped => Ok(None),
            TrainingEnd::Finished(outcome) => Ok(Some((training, outcome))),
        }
    }

    /// The checkpoint of a training, where there is one that it can go on from.
    fn snapshot(
        &self,
        path: &Path,
        config: &NetworkConfig,
        training: &Training,
    ) -> Result<Option<Snapshot>> {
        let fitting = |snapshot: Snapshot| {
            let made_from_these = snapshot.progress.made_from == training.progress().made_from;
            training
                .check(&snapshot.progress)
                .and_then(|()| {
                    made_from_these.then_some(()).ok_or_else(|| OTHER_RESULTS.to_owned())
                })
                .map_err(|reason| CheckpointError::Unusable { path: path.to_owned(), reason })?;
            Ok(snapshot)
        };
        let found = Snapshot::load(path, config, training.device());
        match found.and_then(|found| found.map(fitting).transpose()) {
            Err(CheckpointError::Unusable { path, reason }) => {
                self.warn_restart(&path, &reason);
                Ok(None)
            }
            found => Ok(found?),
        }
    }

    /// Says that a checkpoint is not used, and why.
    pub fn warn_restart(&self, checkpoint: &Path, reason: &dyn Display) {
        let path = checkpoint.display();
        self.warn(&format!("{path}: {reason}; its cell begins anew"));
    }

    /// Tells the user of something that is odd and does not stop the work.
    pub fn warn(&self, words: &str) {
        self.progress_sink.warn(words);
    }

    /// The device, with its precision where it is not the one that the device has by itself.
    #[must_use]
    pub fn describe_device(&self) -> String {
        match self.precision {
            Precision::F32 | Precision::Tf32 => self.device.to_string(),
            Precision::F16 | Precision::Bf16 => format!("{} in {}", self.device, self.precision),
        }
    }

    /// For work on a cell that begins now.
    #[must_use]
    pub fn progress_reporter(&self) -> ProgressReporter {
        ProgressReporter::new(
            self.settings.checkpoint_seconds,
            self.stop.clone(),
            self.progress_sink.clone(),
        )
    }

    /// Gives the cell its record, beside files of these names and bytes.
    ///
    /// # Errors
    /// When a thread of this process has panicked, the record has a number that is not finite, or the run cannot
    /// be written to.
    pub fn publish(
        &self,
        record: &Record,
        provenance: &Provenance,
        files: &[(&str, &[u8])],
    ) -> Result<()> {
        // What is published are bytes: the device was waited for.
        panics::check()?;
        let attempt = self.run.attempt(&record.cell)?;
        for (name, bytes) in files {
            // As the record itself: on the disk before the folder counts.
            write_atomically(&attempt.path().join(name), bytes)?;
        }
        Ok(attempt.publish(record, provenance)?)
    }

    /// The provenance of work that is done now, of which nothing is known but how long it took.
    #[must_use]
    pub fn provenance(&self, seconds: Seconds) -> Provenance {
        Provenance {
            device: self.device.to_string(),
            precision: self.precision.to_string(),
            machine: self.machine.clone(),
            version: self.version.clone(),
            seconds,
            finished: now(),
            images_per_second: 0.0,
            latency: None,
            cached_layers: 0,
            resumed: 0,
            earlier_devices: Vec::new(),
        }
    }

    /// The provenance of a training that is done now.
    ///
    /// # Panics
    /// When the training was not taken through [`CellContext::train`].
    #[must_use]
    pub fn provenance_of(&self, training: &Training) -> Provenance {
        let progress = training.progress();
        let images = progress.step as f64 * training.batch() as f64;
        let (device, earlier) = progress.devices.split_last().expect("noted at the start");
        Provenance {
            images_per_second: images / progress.seconds.train.max(1e-9),
            cached_layers: training.kept() as u8,
            resumed: earlier.len() as u32,
            earlier_devices: earlier.iter().filter(|other| *other != device).cloned().collect(),
            ..self.provenance(progress.seconds)
        }
    }
}

/// The record of a training, without a look at the test images, which is the study's.
#[must_use]
pub fn record_of(cell: Cell, training: &Training, outcome: Outcome, weights: &[u8]) -> Record {
    let network = training.network();
    let (total, trained) = network.parameters();
    Record {
        outcome,
        curve: training.progress().curve.clone(),
        parameters: Parameters {
            total: total as u64,
            trained: trained as u64,
            multiplications: network.multiplications() as u64,
        },
        weights: digest(weights),
        ..Record::measured(cell)
    }
}

/// A record in a few words.
#[must_use]
pub fn describe(record: &Record) -> String {
    match (&record.outcome, record.test) {
        (Outcome::Diverged { epoch }, _) => format!("diverged in epoch {epoch}"),
        (Outcome::Stuck, _) => "learnt nothing".to_owned(),
        (Outcome::Trained | Outcome::Measured, Some(test)) => {
            format!("{:.1} %", 100.0 * test.accuracy())
        }
        (Outcome::Trained | Outcome::Measured, None) => "done".to_owned(),
    }
}

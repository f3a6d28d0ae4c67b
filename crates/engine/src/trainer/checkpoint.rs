//! Checkpoints: a training in progress, saved as one file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_models::{Network, NetworkConfig, save_networks};
use assay_runs::{CellId, CurvePoint, RunError, Seconds, verify_digest, write_with_digest};
use burn::tensor::Device;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use crate::panics::{self, Panicked};

/// Everything that is needed to resume a training with identical results.
///
/// Random generators are not part of it, since every epoch and every step has a random stream of its own.
#[derive(Debug)]
pub struct Snapshot {
    /// The network. Which layers are frozen is not saved.
    pub network: Network,
    /// The optimizer's velocities, in the form of a network.
    pub velocities: Network,
    /// Counters, learning curve and times.
    pub progress: TrainingProgress,
}

/// How far a training has come.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TrainingProgress {
    /// Steps done since the start.
    pub step: u64,
    /// Sum of the losses of the current epoch's steps, as the bits of an f32.
    pub loss_bits: u32,
    /// One point per finished epoch.
    pub curve: Vec<CurvePoint>,
    /// Seconds spent so far.
    pub seconds: Seconds,
    /// The device of each session so far, first to last.
    pub devices: Vec<String>,
    /// The results that the cell was made from, as in its record.
    pub made_from: BTreeMap<CellId, String>,
}

/// An error while a checkpoint is saved or loaded.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file could not be written.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The file could not be read.
    #[error("{path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file is damaged or belongs to another training.
    #[error("{path}: {reason}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A thread panicked, so the training may be wrong.
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

impl TrainingProgress {
    /// Checks that a training of `epochs` epochs can be resumed from here and has steps left.
    ///
    /// # Errors
    /// Returns what is inconsistent.
    pub fn check(&self, steps_per_epoch: u64, epochs: u32) -> Result<(), String> {
        let steps = steps_per_epoch * u64::from(epochs);
        if self.step >= steps {
            return Err(format!("it has done {} of {steps} steps", self.step));
        }
        let epochs_done = self.step / steps_per_epoch;
        let is_complete = self.curve.len() as u64 == epochs_done
            && (1..).zip(&self.curve).all(|(epoch, point)| point.epoch == epoch);
        if !is_complete || !self.curve.iter().all(CurvePoint::is_finite) {
            return Err(format!("its learning curve does not fit {epochs_done} epochs"));
        }
        Ok(())
    }
}

impl Snapshot {
    /// Saves the snapshot atomically: the file is never incomplete.
    ///
    /// # Errors
    /// Returns an error if a thread of this process has panicked or if the file cannot be written.
    ///
    /// # Panics
    /// Panics if the device fails while the weights are read.
    pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
        let progress = serde_json::to_string(&self.progress).expect("progress is plain data");
        let text = BTreeMap::from([("progress".to_owned(), progress)]);
        let networks = [("network.", &self.network), ("velocity.", &self.velocities)];
        // This waits for the device. Only then is a panic on one of its threads known.
        let bytes = save_networks(&networks, Some(text));
        panics::ensure_none()?;
        Ok(write_with_digest(path, &bytes)?)
    }

    /// Loads a snapshot of a network with this configuration; `None` if the file does not exist.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, is damaged or holds another network.
    pub fn load(
        path: &Path,
        config: &NetworkConfig,
        device: &Device,
    ) -> Result<Option<Self>, CheckpointError> {
        let file = match std::fs::read(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(CheckpointError::Io { path: path.to_owned(), source }),
        };
        let snapshot = verify_digest(&file)
            .map_err(|error| error.to_string())
            .and_then(|file| Self::parse(file, config, device));
        snapshot
            .map(Some)
            .map_err(|reason| CheckpointError::Unusable { path: path.to_owned(), reason })
    }

    fn parse(file: &[u8], config: &NetworkConfig, device: &Device) -> Result<Self, String> {
        let tensors = SafeTensors::deserialize(file).map_err(|error| error.to_string())?;
        let (_, header) = SafeTensors::read_metadata(file).map_err(|error| error.to_string())?;
        let progress = header
            .metadata()
            .as_ref()
            .and_then(|text| text.get("progress"))
            .ok_or("it has no training progress")?;
        Ok(Self {
            network: config.load_tensors(&tensors, "network.", device)?,
            velocities: config.load_tensors(&tensors, "velocity.", device)?.frozen(),
            progress: serde_json::from_str(progress).map_err(|error| error.to_string())?,
        })
    }
}

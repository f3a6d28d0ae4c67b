//! A training in progress, as one file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_models::{Network, NetworkConfig, save_networks};
use assay_runs::{CellId, CurvePoint, RunError, Seconds, unsealed, write_sealed};
use burn::tensor::Device;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use crate::panics::{self, Panicked};

/// Everything a training needs to go on as if it had never stopped. No generator's state is among
/// it: every epoch and every step has a stream of its own.
#[derive(Debug)]
pub struct Snapshot {
    /// The network; which of its layers are trained is not part of a snapshot.
    pub network: Network,
    /// The optimizer's velocities.
    pub velocities: Network,
    /// The rest.
    pub progress: Progress,
}

/// How far a training has come.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Steps done since the beginning.
    pub step: u64,
    /// Sum of the losses of this epoch's steps, as the bits of an f32.
    pub loss_bits: u32,
    /// The epochs done.
    pub curve: Vec<CurvePoint>,
    /// Seconds spent.
    pub seconds: Seconds,
    /// The devices of the attempts so far.
    pub devices: Vec<String>,
    /// What its cell is made from, as a record metrics it.
    pub made_from: BTreeMap<CellId, String>,
}

/// A checkpoint that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// It could not be written.
    #[error(transparent)]
    Run(#[from] RunError),
    /// It could not be read.
    #[error("{path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not what was saved, or of no such training.
    #[error("{path}: {reason}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A thread panicked, so that what would be saved may be wrong.
    #[error(transparent)]
    Panicked(#[from] Panicked),
}

impl Progress {
    /// Whether a training of so many epochs of so many steps can be as far as this and have more to do.
    ///
    /// # Errors
    /// What cannot be, in words.
    pub fn check(&self, steps_per_epoch: u64, epochs: u32) -> Result<(), String> {
        let steps = steps_per_epoch * u64::from(epochs);
        if self.step >= steps {
            return Err(format!("it has done {} steps of {steps}", self.step));
        }
        let epochs_done = self.step / steps_per_epoch;
        let are_all_there = self.curve.len() as u64 == epochs_done
            && (1..).zip(&self.curve).all(|(epoch, point)| point.epoch == epoch);
        if !are_all_there || !self.curve.iter().all(CurvePoint::is_finite) {
            return Err(format!("its curve is not that of {epochs_done} epochs"));
        }
        Ok(())
    }
}

impl Snapshot {
    /// Writes the snapshot so that the file is always whole.
    ///
    /// # Errors
    /// When a thread of this process has panicked by the time the device has given all of it, or the run cannot be
    /// written to.
    ///
    /// # Panics
    /// When the device fails while the weights are read back.
    pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
        let progress = serde_json::to_string(&self.progress).expect("progress is plain data");
        let text = BTreeMap::from([("progress".to_owned(), progress)]);
        let networks = [("network.", &self.network), ("velocity.", &self.velocities)];
        // The device is waited for here, and a panic on its thread is known after that alone.
        let bytes = save_networks(&networks, Some(text));
        panics::check()?;
        Ok(write_sealed(path, &bytes)?)
    }

    /// Reads a snapshot of a network of this configuration, where there is one.
    ///
    /// # Errors
    /// When the file cannot be read, is damaged, or is of another network.
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
        let snapshot = unsealed(&file)
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
            .ok_or("it says nothing of its progress")?;
        Ok(Self {
            network: config.read(&tensors, "network.", device)?,
            velocities: config.read(&tensors, "velocity.", device)?.frozen(),
            progress: serde_json::from_str(progress).map_err(|error| error.to_string())?,
        })
    }
}

//! A training in progress, as one file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_models::{Network, NetworkConfig, save_networks};
use assay_runs::{CurvePoint, RunError, Seconds, write_atomically};
use burn::tensor::Device;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

/// Everything a training needs to go on as if it had never stopped. No generator's state is among
/// it: every epoch and every step has a stream of its own.
#[derive(Debug)]
pub struct Snapshot {
    /// The network; which of its layers are trained is not part of a snapshot.
    pub network: Network,
    /// The optimiser's velocities.
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
}

/// A checkpoint that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// It could not be written.
    #[error(transparent)]
    Run(#[from] RunError),
    /// It could not be read.
    #[error("{path}: {reason}; delete it to train the cell from its beginning")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl Snapshot {
    /// Writes the snapshot so that the file is always whole.
    ///
    /// # Errors
    /// When the run cannot be written to.
    ///
    /// # Panics
    /// When the device fails while the weights are read back.
    pub fn save(&self, path: &Path) -> Result<(), CheckpointError> {
        let progress = serde_json::to_string(&self.progress).expect("progress is plain data");
        let text = BTreeMap::from([("progress".to_owned(), progress)]);
        let networks = [("network.", &self.network), ("velocity.", &self.velocities)];
        Ok(write_atomically(path, &save_networks(&networks, Some(text)))?)
    }

    /// Reads a snapshot of a network of this configuration, where there is one.
    ///
    /// # Errors
    /// When the file is damaged or of another network.
    pub fn load(
        path: &Path,
        config: &NetworkConfig,
        device: &Device,
    ) -> Result<Option<Self>, CheckpointError> {
        let unreadable =
            |reason: String| CheckpointError::Unreadable { path: path.to_owned(), reason };
        let file = match std::fs::read(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error.to_string())),
        };
        Self::parse(&file, config, device).map(Some).map_err(unreadable)
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

//! From what a cell says of its network to the network.

use anyhow::{Context, Result, anyhow, ensure};
use assay_datasets::Shape;
use assay_models::{Architecture, Initialization, ModelError, Network, NetworkConfig, PaperInputs};
use assay_runs::{Cell, CellId, RunDirectory, file, stream};
use burn::tensor::Device;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

/// A network but for its table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkShape {
    /// Factor on the width of every hidden layer.
    pub width: f64,
    /// Whether the convolutions that are grouped in the table are grouped.
    pub groups: bool,
    /// Whether local response normalization stands where the table has it.
    pub normalization: bool,
    /// The share of the network's own inputs dropped in training.
    pub input_dropout: f64,
    /// The share of inputs dropped before each fully connected layer but the first.
    pub dropout: f64,
    /// How layers are drawn.
    pub initialization: assay_runs::Initialization,
}

impl NetworkShape {
    /// Whether networks with these tables can be initialized so and share standardized inputs.
    ///
    /// # Errors
    /// When one is unknown, has no published initialization, or one for inputs that are not standardized.
    pub fn check(&self, architectures: &[String]) -> Result<()> {
        if self.initialization != assay_runs::Initialization::Paper {
            return Ok(());
        }
        for architecture in architectures {
            ensure!(
                paper_inputs(architecture)? == PaperInputs::Standardized,
                "initialization = \"paper\" of {architecture} is for inputs that are not divided by their \
                 standard deviation, which only transfer-sweep has; use \"he\""
            );
        }
        Ok(())
    }

    /// With a table.
    #[must_use]
    pub fn of(&self, architecture: &str) -> assay_runs::Network {
        assay_runs::Network {
            architecture: architecture.to_owned(),
            width: self.width,
            groups: self.groups,
            normalization: self.normalization,
            input_dropout: self.input_dropout,
            dropout: self.dropout,
            initialization: self.initialization,
        }
    }
}

/// The inputs that the published initialization of a network is for.
///
/// # Errors
/// When the architecture is unknown, or no paper gives an initialization for it.
pub fn paper_inputs(architecture: &str) -> Result<PaperInputs> {
    let known: Architecture = architecture.parse()?;
    known.paper_inputs().with_context(|| {
        format!("no paper gives an initialization for {architecture}; draw its layers with \"he\"")
    })
}

/// The network that a cell names, for images of this shape and so many classes.
///
/// # Errors
/// When the architecture is unknown.
pub fn network_config(
    network: &assay_runs::Network,
    shape: Shape,
    classes: usize,
) -> Result<NetworkConfig> {
    Ok(NetworkConfig {
        architecture: network.architecture.parse()?,
        input: [shape.channels, shape.height, shape.width],
        classes,
        width: network.width,
        groups: network.groups,
        normalization: network.normalization,
        input_dropout: network.input_dropout,
        dropout: network.dropout,
    })
}

/// The network of a finished cell whose weights were kept, every layer to be trained.
///
/// # Errors
/// When the weights are not there, are not those of the cell's record, or are of another network.
pub fn finished(
    run: &RunDirectory,
    cell: &Cell,
    config: &NetworkConfig,
    device: &Device,
) -> Result<Network> {
    network_of(&run.published(cell, file::WEIGHTS)?, config, device)
        .map_err(|reason| anyhow!("{}: {reason}", run.weights(cell).display()))
}

/// The network whose weights are the bytes of a safetensors file, every layer to be trained.
///
/// # Errors
/// When the bytes are no such file, or of another network; in words.
pub fn network_of(
    bytes: &[u8],
    config: &NetworkConfig,
    device: &Device,
) -> Result<Network, String> {
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    config.read(&tensors, "", device)
}

/// A network by the name of its table alone, as wide as that has it, with nothing dropped or normalized, for
/// images `[channels, height, width]` and so many classes.
///
/// # Errors
/// When the architecture is unknown.
pub fn image_network(
    architecture: &str,
    input: [usize; 3],
    classes: usize,
) -> Result<NetworkConfig> {
    Ok(NetworkConfig {
        architecture: architecture.parse()?,
        input,
        classes,
        width: 1.0,
        groups: false,
        normalization: false,
        input_dropout: 0.0,
        dropout: 0.0,
    })
}

/// Draws a network, every layer from a stream of `owner` of its own.
///
/// # Errors
/// When the configuration makes no network.
pub fn draw(
    config: &NetworkConfig,
    initialization: assay_runs::Initialization,
    owner: &CellId,
    device: &Device,
) -> Result<Network, ModelError> {
    let initialization = match initialization {
        assay_runs::Initialization::He => Initialization::He,
        assay_runs::Initialization::Paper => Initialization::Paper,
    };
    config.init(initialization, |layer| stream(owner, &format!("weights of {layer}")), device)
}

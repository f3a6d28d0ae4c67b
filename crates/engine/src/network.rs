//! Builds networks from what cells say about them.

use anyhow::{Context, Result, anyhow, ensure};
use assay_datasets::Shape;
use assay_models::{Architecture, Initialization, ModelError, Network, NetworkConfig, PaperInputs};
use assay_runs::{Cell, CellId, Parameters, RunDirectory, file, random_stream};
use burn::tensor::Device;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

/// Everything that defines a network except its architecture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkShape {
    /// A factor on the number of units or channels of every hidden layer.
    pub width: f64,
    /// Whether the convolutions that are grouped in the architecture are grouped.
    pub groups: bool,
    /// Whether the local response normalization of the architecture is used.
    pub local_response_norm: bool,
    /// The probability with which an input of the network is dropped in training, in [0, 1).
    pub input_dropout: f64,
    /// The dropout probability before each fully connected layer but the first, in [0, 1).
    pub dropout: f64,
    /// How the layers are initialized.
    pub initialization: Initialization,
}

impl NetworkShape {
    /// Checks that networks of these architectures have this initialization and share standardized inputs.
    ///
    /// # Errors
    /// Returns an error if an architecture is unknown, has no published initialization, or has one for
    /// inputs that are not standardized.
    pub fn check(&self, architectures: &[String]) -> Result<()> {
        if self.initialization != Initialization::Paper {
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

    /// Adds the architecture.
    #[must_use]
    pub fn with_architecture(&self, architecture: &str) -> assay_runs::NetworkSpec {
        assay_runs::NetworkSpec {
            architecture: architecture.to_owned(),
            width: self.width,
            groups: self.groups,
            local_response_norm: self.local_response_norm,
            input_dropout: self.input_dropout,
            dropout: self.dropout,
            initialization: self.initialization,
        }
    }
}

/// The kind of inputs that the published initialization of an architecture is meant for.
///
/// # Errors
/// Returns an error if the architecture is unknown or has no published initialization.
pub fn paper_inputs(architecture: &str) -> Result<PaperInputs> {
    let known: Architecture = architecture.parse()?;
    known.paper_inputs().with_context(|| {
        format!("no paper gives an initialization for {architecture}; initialize it with \"he\"")
    })
}

/// The configuration of a cell's network for images of `shape` and `classes` outputs.
///
/// # Errors
/// Returns an error if the architecture is unknown.
pub fn network_config(
    network: &assay_runs::NetworkSpec,
    shape: Shape,
    classes: usize,
) -> Result<NetworkConfig> {
    Ok(NetworkConfig {
        architecture: network.architecture.parse()?,
        input: [shape.channels, shape.height, shape.width],
        classes,
        width: network.width,
        groups: network.groups,
        local_response_norm: network.local_response_norm,
        input_dropout: network.input_dropout,
        dropout: network.dropout,
    })
}

/// Loads the network of a finished cell whose weights were saved. No layer is frozen.
///
/// # Errors
/// Returns an error if the weights are missing, do not match the cell's record or belong to another
/// network.
pub fn load_finished_network(
    run: &RunDirectory,
    cell: &Cell,
    config: &NetworkConfig,
    device: &Device,
) -> Result<Network> {
    network_from_bytes(&run.read_published(cell, file::WEIGHTS)?, config, device)
        .map_err(|reason| anyhow!("{}: {reason}", run.weights(cell).display()))
}

/// Reads a network from the bytes of a safetensors file. No layer is frozen.
///
/// # Errors
/// Returns a message if the bytes are not a safetensors file or hold another network.
pub fn network_from_bytes(
    bytes: &[u8],
    config: &NetworkConfig,
    device: &Device,
) -> Result<Network, String> {
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    config.load_tensors(&tensors, "", device)
}

/// The configuration of an architecture at its own width, without dropout, groups or normalization.
///
/// `input` is `[channels, height, width]`.
///
/// # Errors
/// Returns an error if the architecture is unknown.
pub fn image_network_config(
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
        local_response_norm: false,
        input_dropout: 0.0,
        dropout: 0.0,
    })
}

/// Counts the parameters of a network, those that are trained, and the multiplications for one image.
#[must_use]
pub fn parameter_counts(network: &Network) -> Parameters {
    let (total, trained) = network.parameters();
    Parameters {
        total: total as u64,
        trained: trained as u64,
        multiplications: network.multiplications() as u64,
    }
}

/// Initializes a network. Each layer has a random stream of its own that belongs to `owner`.
///
/// # Errors
/// Returns an error if the configuration is not a valid network.
pub fn init_network(
    config: &NetworkConfig,
    initialization: Initialization,
    owner: &CellId,
    device: &Device,
) -> Result<Network, ModelError> {
    config.init(
        initialization,
        |layer| random_stream(owner, &format!("weights of {layer}")),
        device,
    )
}

//! How the network of a cell begins.

use anyhow::{Context, Result, ensure};
use assay_models::{Initialization, Network, NetworkConfig};
use assay_runs::{Cell, Fate, RunDirectory, Treatment, stream};

use super::Material;

/// The network of a cell, with as many outputs as its target has classes.
///
/// # Errors
/// When the architecture is unknown, or the classes cannot be split as the cell says.
pub fn network_config(cell: &Cell, material: &Material) -> Result<NetworkConfig> {
    let shape = material.shape();
    Ok(NetworkConfig {
        architecture: cell.network.architecture.parse()?,
        input: [shape.channels, shape.height, shape.width],
        classes: material.classes(cell, cell.treatment.target())?.len(),
        width: cell.network.width,
        groups: cell.network.groups,
        normalization: cell.network.normalization,
        dropout: cell.network.dropout,
    })
}

/// Draws the network of a cell, copies into it what its treatment copies, and freezes what it freezes.
///
/// # Errors
/// When the base it takes layers from is not there or does not fit, or a cut point does not exist.
pub fn initial_network(cell: &Cell, material: &Material, run: &RunDirectory) -> Result<Network> {
    let config = network_config(cell, material)?;
    let depth = config.architecture.depth();
    let draw = |initialization| {
        let streams = |layer: &str| stream(&cell.id(), &format!("weights of {layer}"));
        config.init(initialization, streams, material.device())
    };
    let network = draw(as_in_models(cell.network.initialization))?;
    let within = |layers: u8| {
        ensure!(
            usize::from(layers) < depth,
            "{} has cut points 1 to {}, not {layers}",
            config.architecture,
            depth - 1
        );
        Ok(usize::from(layers))
    };
    Ok(match cell.treatment {
        // A cell of scores trains no network of its own.
        Treatment::Base { .. } | Treatment::All | Treatment::Scores { .. } => network,
        Treatment::BaseLong { .. } => network.transplant(&base(cell, material, run)?, depth),
        Treatment::Copied { layers, fate, .. } => {
            let layers = within(layers)?;
            let network = network.transplant(&base(cell, material, run)?, layers);
            match fate {
                Fate::Frozen => network.freeze(layers),
                Fate::FineTuned => network,
            }
        }
        Treatment::Random { layers, initialization, .. } => {
            let layers = within(layers)?;
            network.transplant(&draw(as_in_models(initialization))?, layers).freeze(layers)
        }
    })
}

/// The finished base that a cell takes its layers from.
fn base(cell: &Cell, material: &Material, run: &RunDirectory) -> Result<Network> {
    match cell.needs().first() {
        Some(base) => trained(base, material, run),
        None => from_file(cell, material),
    }
}

/// The base of half A from a file of weights, which may have any number of classes.
///
/// # Errors
/// When the file is not there, is damaged, or holds another network.
pub fn from_file(cell: &Cell, material: &Material) -> Result<Network> {
    let file = material.base_file().context("the run has no file with a base")?;
    let config = network_config(cell, material)?.with_classes_of(file)?;
    Ok(config.load(file, material.device())?)
}

/// A finished network whose weights were kept, every layer to be trained.
///
/// # Errors
/// When the weights are not there or damaged.
pub fn trained(cell: &Cell, material: &Material, run: &RunDirectory) -> Result<Network> {
    Ok(network_config(cell, material)?.load(&run.weights(cell), material.device())?)
}

fn as_in_models(initialization: assay_runs::Initialization) -> Initialization {
    match initialization {
        assay_runs::Initialization::He => Initialization::He,
        assay_runs::Initialization::Paper => Initialization::Paper,
    }
}

//! How the network of a cell begins.

use anyhow::{Context, Result, ensure};
use assay_models::{Network, NetworkConfig};
use assay_runs::{LayerMode, RunDirectory, TransferCell, Treatment};

use super::HalvedDataModule;
use assay_engine::network::{self, init_network};

/// The network of a cell, with as many outputs as its target has classes.
///
/// # Errors
/// When the architecture is unknown, or the classes cannot be split as the cell says.
pub fn network_config(
    cell: &TransferCell,
    data_module: &HalvedDataModule,
) -> Result<NetworkConfig> {
    let classes = data_module.classes(cell, cell.treatment.target())?.len();
    network::network_config(&cell.network, data_module.view_shape(), classes)
}

/// Draws the network of a cell, copies into it what its treatment copies, and freezes what it freezes.
///
/// # Errors
/// When the base it takes layers from is not there or does not fit, or a cut point does not exist.
pub fn initial_network(
    cell: &TransferCell,
    data_module: &HalvedDataModule,
    run: &RunDirectory,
) -> Result<Network> {
    let config = network_config(cell, data_module)?;
    let id = cell.id();
    let drawn = |initialization| init_network(&config, initialization, &id, data_module.device());
    let network = drawn(cell.network.initialization)?;
    let depth = network.layers().len();
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
        Treatment::BaseLong { .. } => network.transplant(&base(cell, data_module, run)?, depth),
        Treatment::Copied { layers, layer_mode, .. } => {
            let layers = within(layers)?;
            let network = network.transplant(&base(cell, data_module, run)?, layers);
            match layer_mode {
                LayerMode::Frozen => network.freeze(layers),
                LayerMode::FineTuned => network,
            }
        }
        Treatment::Random { layers, initialization, .. } => {
            let layers = within(layers)?;
            network.transplant(&drawn(initialization)?, layers).freeze(layers)
        }
    })
}

/// The finished base that a cell takes its layers from.
fn base(
    cell: &TransferCell,
    data_module: &HalvedDataModule,
    run: &RunDirectory,
) -> Result<Network> {
    match cell.dependencies().first() {
        Some(base) => trained(base, data_module, run),
        None => from_file(cell, data_module),
    }
}

/// The base of half A from a file of weights, which may have any number of classes.
///
/// # Errors
/// When the file is not there, is not the one that the cell was planned with, is damaged, holds another
/// network, or numbers that are not finite.
pub fn from_file(cell: &TransferCell, data_module: &HalvedDataModule) -> Result<Network> {
    let files = data_module.base_file().context("the run has no file with a base")?;
    let planned = cell.base_weights.as_deref().context("a cell whose base is not from a file")?;
    let file = files.find(planned)?;
    let config = network_config(cell, data_module)?.with_classes_from_file(file)?;
    Ok(config.load_finite(file, data_module.device())?)
}

/// A finished network whose weights were kept, every layer to be trained.
///
/// # Errors
/// When the weights are not there or not those of the record.
pub fn trained(
    cell: &TransferCell,
    data_module: &HalvedDataModule,
    run: &RunDirectory,
) -> Result<Network> {
    let config = network_config(cell, data_module)?;
    network::load_finished_network(run, &cell.clone().into(), &config, data_module.device())
}

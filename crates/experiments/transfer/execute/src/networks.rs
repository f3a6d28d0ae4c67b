//! The initial network of a cell: drawn, copied from a base, partly frozen.

use anyhow::{Context, Result, ensure};
use assay_models::{Network, NetworkConfig};
use assay_runs::RunDirectory;
use assay_transfer::{LayerMode, TransferCell, Treatment};

use super::HalvedDataModule;
use assay_engine::network::{self, init_network};

/// The configuration of a cell's network, with one output per class of its target.
///
/// # Errors
/// The architecture is unknown, or the cell's split does not fit the classes.
pub fn network_config(
    cell: &TransferCell,
    data_module: &HalvedDataModule,
) -> Result<NetworkConfig> {
    let classes = data_module.classes(cell, cell.treatment.target())?.len();
    network::network_config(&cell.network, data_module.view_shape(), classes)
}

/// Draws the network of a cell, copies layers into it, and freezes layers, as its treatment says.
///
/// # Errors
/// The base is missing or does not fit, or a cut point does not exist.
pub fn initial_network(
    cell: &TransferCell,
    data_module: &HalvedDataModule,
    run: &RunDirectory,
) -> Result<Network> {
    let config = network_config(cell, data_module)?;
    let owner = cell.stream_owner();
    let init = |initialization| init_network(&config, initialization, &owner, data_module.device());
    let network = init(cell.network.initialization)?;
    let depth = network.layers().len();
    let check_cut = |layers: u8| {
        ensure!(
            usize::from(layers) < depth,
            "{} has cut points 1 to {}, not {layers}",
            config.architecture,
            depth - 1
        );
        Ok(usize::from(layers))
    };
    Ok(match cell.treatment {
        // Cells of layer scores train no network of their own.
        Treatment::Base { .. } | Treatment::All | Treatment::Scores { .. } => network,
        Treatment::BaseLong { .. } => network.transplant(&source(cell, data_module, run)?, depth),
        Treatment::Copied { layers, layer_mode, .. } => {
            let layers = check_cut(layers)?;
            let network = network.transplant(&source(cell, data_module, run)?, layers);
            match layer_mode {
                LayerMode::Frozen => network.freeze(layers),
                LayerMode::FineTuned => network,
            }
        }
        Treatment::Random { layers, initialization, .. } => {
            let layers = check_cut(layers)?;
            network.transplant(&init(initialization)?, layers).freeze(layers)
        }
    })
}

/// The finished base whose layers a cell copies.
fn source(
    cell: &TransferCell,
    data_module: &HalvedDataModule,
    run: &RunDirectory,
) -> Result<Network> {
    match cell.bases().first() {
        Some(base) => trained_network(base, data_module, run),
        None => base_from_file(cell, data_module),
    }
}

/// The base of half A from a file of weights, which may have any number of classes.
///
/// # Errors
/// The file is missing, damaged, or not the one that the cell was planned with. Or it holds another
/// network, or numbers that are not finite.
pub fn base_from_file(cell: &TransferCell, data_module: &HalvedDataModule) -> Result<Network> {
    let files = data_module.base_weight_file().context("the run has no file with a base")?;
    let planned = cell.base_weights.as_deref().context("the cell's base is not from a file")?;
    let file = files.find(planned)?;
    let config = network_config(cell, data_module)?.with_classes_from_file(file)?;
    Ok(config.load_finite(file, data_module.device())?)
}

/// A finished network whose weights were kept. All its layers are trainable.
///
/// # Errors
/// The weights are missing, or do not match the record.
pub fn trained_network(
    cell: &TransferCell,
    data_module: &HalvedDataModule,
    run: &RunDirectory,
) -> Result<Network> {
    let config = network_config(cell, data_module)?;
    network::load_finished_network(run, &cell.clone().into(), &config, data_module.device())
}

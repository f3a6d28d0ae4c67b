//! Offers the networks of a finished transfer run to experiments that evaluate images with them.

use anyhow::{Context, Result};
use assay_datasets::Shape;
use assay_engine::experiment::{FinishedNetworks, RequestingRun, ensure_same_data};
use assay_runs::{Cell, ExternalModel};
use assay_transfer::TransferCell;

use super::{HalvedDataModule, TransferProfile};

/// The networks of a finished run, each with the classes of its target half.
///
/// # Errors
/// The data that they were trained on cannot be read, or has changed since.
pub fn external_networks(
    finished: &FinishedNetworks,
    requesting: &RequestingRun,
) -> Result<Vec<ExternalModel>> {
    let FinishedNetworks { run, networks } = finished;
    let profile: TransferProfile =
        serde_json::from_value(run.plan().settings.clone()).context("the plan's settings")?;
    let halved =
        HalvedDataModule::open(&profile, requesting.data_dir, requesting.data_module.device())?;
    let external_network = |(cell, weights): &(&Cell, String)| {
        let transfer: &TransferCell = cell
            .downcast_ref::<TransferCell>()
            .context("the plan has a cell of another experiment")?;
        ensure_same_data(cell.data(), halved.data())?;
        let normalization = halved.normalization(transfer)?;
        let classes = halved.classes(transfer, transfer.treatment.target())?;
        let name = |&class: &u16| halved.data().classes[usize::from(class)].name.clone();
        let classes: Vec<String> = classes.iter().map(name).collect();
        Ok(ExternalModel {
            kind: format!("{} {}", transfer.treatment, transfer.network.architecture),
            cell: cell.name(),
            weights: weights.clone(),
            data: cell.data().clone(),
            network: transfer.network.clone(),
            input: dimensions(halved.view_shape()),
            outputs: classes.len() as u32,
            classes,
            mean: normalization.mean,
            deviation: normalization.deviation,
        })
    };
    networks.iter().map(external_network).collect()
}

fn dimensions(shape: Shape) -> [u32; 3] {
    [shape.channels, shape.height, shape.width].map(|size| size as u32)
}

//! The classifiers of a finished run, as external networks for other experiments.

use anyhow::{Context, Result};
use assay_classifier_cells::{ClassifierCell, Loss};
use assay_datasets::{open, view_shape};
use assay_engine::experiment::{FinishedNetworks, RequestingRun, ensure_same_data};
use assay_engine::profile::{DataSettings, RunSettings};
use assay_runs::{Cell, ExternalModel};

/// Describes the classifiers of a finished run as external networks.
///
/// # Errors
/// Returns an error if their training data cannot be read or has changed.
pub fn external_networks(
    finished: &FinishedNetworks,
    requesting: &RequestingRun,
) -> Result<Vec<ExternalModel>> {
    let FinishedNetworks { run, networks } = finished;
    let settings = &run.plan().settings;
    let data_settings: DataSettings =
        serde_json::from_value(settings["data"].clone()).context("data of the plan's settings")?;
    let run_settings: RunSettings =
        serde_json::from_value(settings["run"].clone()).context("run of the plan's settings")?;
    let opened;
    let data = if networks.iter().all(|(cell, _)| *cell.data() == requesting.data_module.identity())
    {
        requesting.data_module.data()
    } else {
        let options = data_settings.open_options(&run_settings, requesting.data_dir);
        opened = open(&data_settings.name, &options)?;
        &opened
    };
    let normalization = data.train.normalization_of_all()?;
    let names: Vec<String> = data.classes.iter().map(|class| class.name.clone()).collect();
    let describe = |(cell, weights): &(&Cell, String)| {
        let classifier =
            cell.downcast_ref::<ClassifierCell>().context("the network is not a classifier")?;
        ensure_same_data(cell.data(), data)?;
        let shape = view_shape(&classifier.views, data.train.shape());
        Ok(ExternalModel {
            kind: describe_kind(classifier),
            cell: cell.name(),
            weights: weights.clone(),
            data: cell.data().clone(),
            network: classifier.network.clone(),
            input: [shape.channels, shape.height, shape.width].map(|size| size as u32),
            outputs: names.len() as u32 + u32::from(classifier.reject.is_some()),
            classes: names.clone(),
            mean: normalization.mean.clone(),
            deviation: normalization.deviation.clone(),
        })
    };
    networks.iter().map(describe).collect()
}

/// Describes everything about a classifier but its seed.
fn describe_kind(cell: &ClassifierCell) -> String {
    let ClassifierCell { role, network, loss, examples, .. } = cell;
    let loss = if *loss == Loss::HardLabels { String::new() } else { format!(" {loss}") };
    let round = cell.round();
    let round = if round > 0 { format!(" round-{round}") } else { String::new() };
    let examples = examples.to_string().replacen('.', " ", 1);
    format!("{role} {}{loss}{examples}{round}", network.architecture)
}

//! Classifiers of a finished run, offered to experiments that show images to networks of other runs.

use anyhow::{Context, Result};
use assay_datasets::{Shape, open};
use assay_engine::experiment::{FinishedNetworks, Host, ensure_same_data};
use assay_engine::profile::{DataSettings, RunSettings, view_settings};
use assay_runs::{Cell, ClassifierCell, Guest, Loss};

/// The classifiers of a finished run, for experiments that show images to networks of other runs.
///
/// # Errors
/// When the data that they were trained on cannot be read, or is not what it was.
pub fn external_networks(finished: &FinishedNetworks, host: &Host) -> Result<Vec<Guest>> {
    let FinishedNetworks { run, networks } = finished;
    let settings = &run.plan().settings;
    let how: DataSettings =
        serde_json::from_value(settings["data"].clone()).context("data of the plan's settings")?;
    let within: RunSettings =
        serde_json::from_value(settings["run"].clone()).context("run of the plan's settings")?;
    let theirs;
    let data = if networks.iter().all(|(cell, _)| *cell.data() == host.data_module.identity()) {
        host.data_module.data()
    } else {
        theirs = open(&how.name, &how.open_options(&within, host.data_dir))?;
        &theirs
    };
    let normalization = data.train.normalization_of_all()?;
    let names: Vec<String> = data.classes.iter().map(|class| class.name.clone()).collect();
    let guest = |(cell, weights): &(&Cell, String)| {
        let classifier = cell.classifier().context("a network of another study")?;
        ensure_same_data(cell.data(), data)?;
        let shape = view_settings(&classifier.views).view_shape(data.train.shape());
        Ok(Guest {
            kind: kind_of(classifier),
            cell: cell.name(),
            weights: weights.clone(),
            data: cell.data().clone(),
            network: classifier.network.clone(),
            input: input(shape),
            outputs: names.len() as u32 + u32::from(classifier.reject.is_some()),
            classes: names.clone(),
            mean: normalization.mean.clone(),
            deviation: normalization.deviation.clone(),
        })
    };
    networks.iter().map(guest).collect()
}

fn input(shape: Shape) -> [u32; 3] {
    [shape.channels, shape.height, shape.width].map(|size| size as u32)
}

/// What a classifier is but for its repeat.
fn kind_of(cell: &ClassifierCell) -> String {
    let ClassifierCell { role, network, loss, examples, .. } = cell;
    let loss = if *loss == Loss::HardLabels { String::new() } else { format!(" {loss}") };
    let round = cell.round();
    let round = if round > 0 { format!(" round-{round}") } else { String::new() };
    let examples = examples.to_string().replacen('.', " ", 1);
    format!("{role} {}{loss}{examples}{round}", network.architecture)
}

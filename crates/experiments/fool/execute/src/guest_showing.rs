//! Showing what an attack found to a network that another run left behind.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use assay_datasets::{Class, Normalization, Shape};
use assay_runs::{ExternalEvaluationCell, ExternalModel, ExternalPredictions, digest, file};
use burn::tensor::Device;

use super::classifier::{Classifier, most_confident};
use assay_engine::network::{network_config, network_from_bytes};

/// A guest whose weights are in one of the runs `nets`.
///
/// # Errors
/// When none of them has the weights the cell was planned with, or they are damaged.
pub fn guest_classifier(
    guest: &ExternalModel,
    nets: &[String],
    device: &Device,
) -> Result<Classifier> {
    let weights = weights(guest, nets)?;
    let [channels, height, width] = guest.input.map(|size| size as usize);
    let shape = Shape { channels, height, width };
    let config = network_config(&guest.network, shape, guest.outputs as usize)?;
    let network = network_from_bytes(&weights, &config, device);
    let network = network.map_err(|reason| anyhow!("{}: {reason}", guest.cell))?.frozen();
    let (mean, deviation) = (guest.mean.clone(), guest.deviation.clone());
    Ok(Classifier::new(network, shape, Normalization { mean, deviation }, device.clone()))
}

fn weights(guest: &ExternalModel, nets: &[String]) -> Result<Vec<u8>> {
    for net in nets {
        let path = Path::new(net).join("cells").join(&guest.cell).join(file::WEIGHTS);
        if path.exists() {
            let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
            if digest(&bytes) == guest.weights {
                return Ok(bytes);
            }
        }
    }
    bail!(
        "none of {} has the weights {} of {} any more",
        nets.join(", "),
        &guest.weights[..16.min(guest.weights.len())],
        guest.cell
    )
}

/// What a guest says of elites, one after another, of those classes that it knows by the same name.
///
/// - pixels: `[elites, channels, height, width]`, each found for the class at its place in `labels`
pub fn guest_opinion(
    cell: &ExternalEvaluationCell,
    classifier: &Classifier,
    (pixels, labels): (&[u8], &[u16]),
    classes: &[Class],
) -> Result<ExternalPredictions> {
    let here = |name: &str| classes.iter().position(|class| class.name == *name);
    let there = |label: u16| {
        let name = &classes[usize::from(label)].name;
        cell.guest.classes.iter().position(|theirs| theirs == name)
    };
    let mut opinion = ExternalPredictions {
        classes: Vec::new(),
        confidences: Vec::new(),
        predicted: Vec::new(),
        predicted_confidences: Vec::new(),
    };
    let mut shown = Vec::new();
    let mut outputs = Vec::new();
    for (image, &label) in pixels.chunks_exact(classifier.shape().len()).zip(labels) {
        if let Some(output) = there(label) {
            shown.extend_from_slice(image);
            outputs.push(output);
            opinion.classes.push(label);
        }
    }
    if outputs.is_empty() {
        return Ok(opinion);
    }
    let said = classifier.confidences(shown)?;
    for (row, output) in said.chunks_exact(classifier.outputs()).zip(outputs) {
        let (most, confidence) = most_confident(row);
        let name = cell.guest.classes.get(usize::from(most));
        opinion.confidences.push(row[output]);
        opinion.predicted.push(name.and_then(|name| here(name)).map(|label| label as u16));
        opinion.predicted_confidences.push(confidence);
    }
    Ok(opinion)
}

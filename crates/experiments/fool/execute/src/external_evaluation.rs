//! Evaluation of an attack's images by external models: networks of other runs.

use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use assay_classifier_cells::{ExternalEvaluationCell, ExternalPredictions};
use assay_datasets::{Class, Normalization, Shape};
use assay_runs::{ExternalModel, digest, file};
use burn::tensor::Device;

use super::classifier::{Classifier, most_confident};
use assay_engine::network::{network_config, network_from_bytes};

/// Loads an external model from one of the runs at the paths `runs`.
///
/// # Errors
/// No run has the weights that the cell was planned with, or they are damaged.
pub fn load_external_model(
    model: &ExternalModel,
    runs: &[String],
    device: &Device,
) -> Result<Classifier> {
    let weights = read_weights(model, runs)?;
    let [channels, height, width] = model.input.map(|size| size as usize);
    let shape = Shape { channels, height, width };
    let config = network_config(&model.network, shape, model.outputs as usize)?;
    let network = network_from_bytes(&weights, &config, device);
    let network = network.map_err(|reason| anyhow!("{}: {reason}", model.cell))?.frozen();
    let (mean, deviation) = (model.mean.clone(), model.deviation.clone());
    Ok(Classifier::new(network, shape, Normalization { mean, deviation }, device.clone()))
}

fn read_weights(model: &ExternalModel, runs: &[String]) -> Result<Vec<u8>> {
    for run in runs {
        let path = Path::new(run).join("cells").join(&model.cell).join(file::WEIGHTS);
        if path.exists() {
            let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
            if digest(&bytes) == model.weights {
                return Ok(bytes);
            }
        }
    }
    bail!(
        "the weights of {} (BLAKE3 {}) are no longer in {}",
        model.cell,
        &model.weights[..16.min(model.weights.len())],
        runs.join(" or ")
    )
}

/// The predictions of an external model for elites. Skips elites of classes that the model does not
/// have by the same name.
///
/// - pixels: `[elites, channels, height, width]`
/// - labels: the class that each elite was found for, as an index into `classes`
///
/// # Errors
/// The model does not accept the images.
pub fn external_predictions(
    cell: &ExternalEvaluationCell,
    classifier: &Classifier,
    (pixels, labels): (&[u8], &[u16]),
    classes: &[Class],
) -> Result<ExternalPredictions> {
    let label_of_name = |name: &str| classes.iter().position(|class| class.name == *name);
    let model_output = |label: u16| {
        let name = &classes[usize::from(label)].name;
        cell.external_model.classes.iter().position(|model_class| model_class == name)
    };
    let mut predictions = ExternalPredictions {
        classes: Vec::new(),
        confidences: Vec::new(),
        predicted: Vec::new(),
        predicted_confidences: Vec::new(),
    };
    let mut shared_pixels = Vec::new();
    let mut outputs = Vec::new();
    for (image, &label) in pixels.chunks_exact(classifier.shape().len()).zip(labels) {
        if let Some(output) = model_output(label) {
            shared_pixels.extend_from_slice(image);
            outputs.push(output);
            predictions.classes.push(label);
        }
    }
    if outputs.is_empty() {
        return Ok(predictions);
    }
    let confidences = classifier.confidences(shared_pixels)?;
    for (row, output) in confidences.chunks_exact(classifier.outputs()).zip(outputs) {
        let (predicted, confidence) = most_confident(row);
        let label =
            cell.external_model.classes.get(usize::from(predicted)).and_then(|n| label_of_name(n));
        predictions.confidences.push(row[output]);
        predictions.predicted.push(label.map(|label| label as u16));
        predictions.predicted_confidences.push(confidence);
    }
    Ok(predictions)
}

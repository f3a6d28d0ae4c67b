//! Evaluation of an attack's images by other networks, of the same run or of others (external
//! models).

use anyhow::{Context, Result};
use assay_classifier_cells::{
    AttackCell, AttackResult, ELITES_FILE, ExternalEvaluationCell, ExternalPredictions, Predictions,
};
use assay_datasets::Class;
use assay_runs::{Cell, CellId, RunDirectory};

use super::classifier::{Classifier, most_confident};
use assay_classifiers::attack_pixels;

/// The elites of a finished attack: their pixels, `[elites, channels, height, width]`, and classes.
///
/// # Errors
/// The attack has no record, or its files are missing or damaged.
pub fn attack_elites(attack: &AttackCell, run: &RunDirectory) -> Result<(Vec<u8>, Vec<u16>)> {
    let cell = Cell::from(attack.clone());
    let pixels = attack_pixels(run, &cell, ELITES_FILE)?;
    let record = run.record(&cell)?.context("the attack has no record")?;
    let result = record.details::<AttackResult>().context("the attack's record has no elites")?;
    Ok((pixels, result.elites.iter().map(|elite| elite.class).collect()))
}

/// What a network's confidences, `[images, outputs]`, say of each image.
struct Summary {
    /// The confidence in the output of the image's own class.
    own: Vec<f32>,
    /// The output with the highest confidence.
    predicted: Vec<u16>,
    predicted_confidences: Vec<f32>,
}

impl Summary {
    /// `own` has the output of each image's own class.
    fn new(confidences: &[f32], outputs: usize, own: impl Iterator<Item = usize>) -> Self {
        let rows = || confidences.chunks_exact(outputs);
        let (predicted, predicted_confidences) = rows().map(most_confident).unzip();
        let own = rows().zip(own).map(|(row, output)| row[output]).collect();
        Self { own, predicted, predicted_confidences }
    }
}

/// The predictions of a network for images, and its logits, `[images, outputs]`.
///
/// - pixels: `[images, channels, height, width]`
/// - classes: the class that each image was found for
///
/// # Errors
/// The network does not accept the images.
pub fn predictions(
    network: CellId,
    classifier: &Classifier,
    pixels: &[u8],
    classes: &[u16],
) -> Result<(Predictions, Vec<f32>)> {
    let (logits, confidences) = classifier.logits_and_confidences(pixels.to_vec())?;
    let own = classes.iter().map(|&class| usize::from(class));
    let Summary { own, predicted, predicted_confidences } =
        Summary::new(&confidences, classifier.outputs(), own);
    Ok((Predictions { network, confidences: own, predicted, predicted_confidences }, logits))
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
    let names = &cell.external_model.classes;
    let output_of = |label: u16| {
        let name = &classes[usize::from(label)].name;
        names.iter().position(|model_class| model_class == name)
    };
    let label_of = |output: u16| {
        let name = names.get(usize::from(output))?;
        Some(classes.iter().position(|class| class.name == *name)? as u16)
    };
    let (mut shared_pixels, mut shared_labels, mut outputs) = (Vec::new(), Vec::new(), Vec::new());
    for (image, &label) in pixels.chunks_exact(classifier.shape().len()).zip(labels) {
        if let Some(output) = output_of(label) {
            shared_pixels.extend_from_slice(image);
            shared_labels.push(label);
            outputs.push(output);
        }
    }
    // A network accepts no empty batch.
    let confidences =
        if outputs.is_empty() { Vec::new() } else { classifier.confidences(shared_pixels)? };
    let summary = Summary::new(&confidences, classifier.outputs(), outputs.into_iter());
    Ok(ExternalPredictions {
        classes: shared_labels,
        confidences: summary.own,
        predicted: summary.predicted.into_iter().map(label_of).collect(),
        predicted_confidences: summary.predicted_confidences,
    })
}

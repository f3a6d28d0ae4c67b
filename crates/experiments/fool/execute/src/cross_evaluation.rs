//! Cross evaluation: the images found on one network, classified by another network of the same
//! run.

use anyhow::{Context, Result};
use assay_classifier_cells::{AttackCell, AttackResult, ELITES_FILE, Predictions};
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
    let outputs = confidences.len() / classes.len();
    let rows = || confidences.chunks_exact(outputs);
    let predicted: Vec<(u16, f32)> = rows().map(most_confident).collect();
    let predictions = Predictions {
        network,
        confidences: rows().zip(classes).map(|(row, &class)| row[usize::from(class)]).collect(),
        predicted: predicted.iter().map(|(class, _)| *class).collect(),
        predicted_confidences: predicted.iter().map(|(_, confidence)| *confidence).collect(),
    };
    Ok((predictions, logits))
}

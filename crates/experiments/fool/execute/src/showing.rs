//! Showing what an attack found to other networks.

use anyhow::{Context, Result};
use assay_runs::{AttackCell, Cell, CellId, Predictions, RunDirectory, file};

use super::classifier::{Classifier, most_confident};
use assay_classifiers::attack_pixels;

/// The elites of a finished attack: their pixels, one after another, and their classes.
pub fn elites(shown: &AttackCell, run: &RunDirectory) -> Result<(Vec<u8>, Vec<u16>)> {
    let attack = Cell::from(shown.clone());
    let pixels = attack_pixels(run, &attack, file::ELITES)?;
    let record = run.record(&attack)?.context("the attack has no record")?;
    let result = record.attack.context("the attack's record has no elites")?;
    Ok((pixels, result.elites.iter().map(|elite| elite.class).collect()))
}

/// What a network says of images, each found for the class at its place in `classes`; and its logits,
/// `[images, outputs]`.
pub fn opinion(
    network: CellId,
    classifier: &Classifier,
    pixels: &[u8],
    classes: &[u16],
) -> Result<(Predictions, Vec<f32>)> {
    let (logits, said) = classifier.logits_and_confidences(pixels.to_vec())?;
    let width = said.len() / classes.len();
    let rows = || said.chunks_exact(width);
    let most: Vec<(u16, f32)> = rows().map(most_confident).collect();
    let opinion = Predictions {
        network,
        confidences: rows().zip(classes).map(|(row, &class)| row[usize::from(class)]).collect(),
        predicted: most.iter().map(|(class, _)| *class).collect(),
        predicted_confidences: most.iter().map(|(_, confidence)| *confidence).collect(),
    };
    Ok((opinion, logits))
}

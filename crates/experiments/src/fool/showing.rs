//! Showing what an attack found to other networks.

use anyhow::{Context, Result, ensure};
use assay_runs::{Cell, CellId, Opinion, RunDirectory, ShowingCell};
use safetensors::tensor::{Dtype, SafeTensors};

use super::network_mind::{Mind, most_confident};

/// The elites of a finished attack: their pixels, one after another, and their classes.
pub fn elites(cell: &ShowingCell, run: &RunDirectory) -> Result<(Vec<u8>, Vec<u16>)> {
    let attack = Cell::from(cell.shown.clone());
    let path = run.elites(&attack);
    let file = std::fs::read(&path).with_context(|| path.display().to_string())?;
    let tensors = SafeTensors::deserialize(&file)
        .with_context(|| format!("{}: not a safetensors file, or damaged", path.display()))?;
    let pixels = tensors.tensor("pixels").with_context(|| path.display().to_string())?;
    ensure!(pixels.dtype() == Dtype::U8, "{}: pixels are not bytes", path.display());
    let record = run.record(&attack)?.context("the attack has no record")?;
    let result = record.attack.context("the attack's record has no elites")?;
    Ok((pixels.data().to_vec(), result.elites.iter().map(|elite| elite.class).collect()))
}

/// What a network says of images, each found for the class at its place in `classes`.
pub fn opinion(network: CellId, mind: &Mind, pixels: &[u8], classes: &[u16]) -> Result<Opinion> {
    let said = mind.confidences(pixels.to_vec())?;
    let width = said.len() / classes.len();
    let rows = || said.chunks_exact(width);
    let most: Vec<(u16, f32)> = rows().map(most_confident).collect();
    Ok(Opinion {
        network,
        confidences: rows().zip(classes).map(|(row, &class)| row[usize::from(class)]).collect(),
        predicted: most.iter().map(|(class, _)| *class).collect(),
        predicted_confidences: most.iter().map(|(_, confidence)| *confidence).collect(),
    })
}

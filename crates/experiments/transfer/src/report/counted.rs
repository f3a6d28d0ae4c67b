//! The accuracy that a network counts with.
//!
//! `docs/studies/transfer.md` has the rule and its reasons.

use safetensors::Dtype;

use crate::{TransferCell, Treatment};
use assay_report::run_results::CellResult;
use assay_report::tensors::{read_if_there, tensor};
use assay_runs::Outcome;

/// The accuracy that a failed network on frozen layers counts with, in percent. That is its
/// measured accuracy if it did not learn, and that of guessing if it diverged. None for any other
/// network. None also if the base of its target was not trained: then the schedule may fail on that
/// half whatever the layers are.
pub(super) fn of_failure(
    cell: &TransferCell,
    cell_result: &CellResult,
    base: Option<&CellResult>,
    layers: &[String],
    classes: usize,
) -> Option<f64> {
    if cell.treatment.frozen_layers() == 0 {
        return None;
    }
    let base = base.filter(|base| base.accuracy().is_some())?;
    let record = cell_result.record()?;
    match record.outcome {
        Outcome::DidNotLearn => record.test.map(|test| 100.0 * test.accuracy()),
        Outcome::Diverged { .. } => Some(chance(base, layers, classes)),
        Outcome::Trained | Outcome::Measured => None,
    }
}

/// The treatment and images of the base that shows whether the schedule can learn a network's
/// target.
pub(super) fn base_of_target(cell: &TransferCell) -> Option<(Treatment, Option<u32>)> {
    Some((Treatment::Base { target: cell.treatment.target()? }, cell.images_per_class))
}

/// The accuracy of guessing among the target's classes, in percent. The number of classes comes
/// from the base's weights. If these are missing, it is half of the data's classes.
fn chance(base: &CellResult, layers: &[String], classes: usize) -> f64 {
    let outputs = layers.last().and_then(|last| outputs(base, last));
    100.0 / outputs.unwrap_or(classes / 2).max(1) as f64
}

fn outputs(base: &CellResult, last: &str) -> Option<usize> {
    let bias = format!("{last}.bias");
    let shape = read_if_there(base, "weights.safetensors", |tensors| {
        tensor(tensors, &bias, Dtype::F32).map(|(shape, _)| shape)
    });
    shape.ok().flatten()?.first().copied()
}

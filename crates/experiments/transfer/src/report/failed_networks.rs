//! The accuracy that is used of a network that failed.
//!
//! `docs/studies/transfer.md` has the rule and its reasons.

use safetensors::Dtype;

use crate::TransferCell;
use assay_report::run_results::CellResult;
use assay_report::tensors::{read_if_there, tensor};
use assay_runs::{Outcome, Plan, file};

/// The accuracy that is used of a failed network on frozen layers, in percent. That is its measured
/// accuracy if it did not learn, and chance if it diverged. None for any other network.
/// None also if the base of its target was not trained: then the schedule may fail on that half
/// whatever the layers are.
pub(super) fn accuracy_of_failure(
    cell: &TransferCell,
    cell_result: &CellResult,
    base: &CellResult,
    plan: &Plan,
) -> Option<f64> {
    if cell.treatment.frozen_layers() == 0 {
        return None;
    }
    base.accuracy()?;
    let record = cell_result.record()?;
    match record.outcome {
        Outcome::DidNotLearn => record.test.map(|test| 100.0 * test.accuracy()),
        Outcome::Diverged { .. } => Some(chance(plan, base)),
        Outcome::Trained | Outcome::Measured => None,
    }
}

/// The accuracy of chance among the target's classes, in percent. The number of classes comes
/// from the base's weights. If these are missing, it is half of the data's classes.
fn chance(plan: &Plan, base: &CellResult) -> f64 {
    let outputs = plan.layers.last().and_then(|last| outputs(base, last));
    100.0 / outputs.unwrap_or(plan.classes.len() / 2).max(1) as f64
}

fn outputs(base: &CellResult, last: &str) -> Option<usize> {
    let bias = format!("{last}.bias");
    let shape = read_if_there(base, file::WEIGHTS, |tensors| {
        tensor(tensors, &bias, Dtype::F32).map(|(shape, _)| shape)
    });
    shape.ok().flatten()?.first().copied()
}

//! Runs that between them have every table, claim and figure: what the example shows and the snapshots hold.

use std::path::Path;

use assay_runs::{Half, Initialization};
use assay_test_support::Ending;
use assay_transfer::{TransferCell, Treatment};

use super::{Fabrication, Truth};

/// Writes a run into a folder.
type Write = fn(&Path);

/// Names of the runs, and what writes each.
pub const RUNS: [(&str, Write); 3] = [
    ("transfer", |path| drop(whole().write(path))),
    ("transfer-noisy", |path| drop(noisy().write(path))),
    ("transfer-unfinished", |path| drop(unfinished().write(path))),
];

fn whole() -> Fabrication {
    Fabrication { seeds: 4, images_per_class: vec![None, Some(50)], ..Fabrication::default() }
}

fn noisy() -> Fabrication {
    Fabrication {
        truth: Truth { noise: 0.8, ..Truth::default() },
        seeds: 2,
        paper_initialization: false,
        semantic: false,
        layers: vec!["conv1", "conv2", "fc3", "fc4"],
        ..Fabrication::default()
    }
}

fn unfinished() -> Fabrication {
    Fabrication { seeds: 4, ending: Box::new(in_progress), ..Fabrication::default() }
}

/// Some cells did not learn, one diverged, one failed, the last cluster not yet begun.
fn in_progress(cell: &TransferCell) -> Ending {
    match cell.treatment {
        Treatment::Random { layers: 3.., initialization: Initialization::Paper, .. } => {
            Ending::Stuck
        }
        _ if cell.seed == 3 => Ending::Missing,
        Treatment::Copied { layers: 5, target: Half::A, .. } if cell.seed == 1 => Ending::Diverged,
        Treatment::BaseLong { target: Half::B } if cell.seed == 2 => Ending::Failed,
        _ => Ending::Trained,
    }
}

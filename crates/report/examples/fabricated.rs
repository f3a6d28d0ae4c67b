//! Writes fabricated runs with a known truth, and their reports, to look at: no training.
//!
//! `cargo run -p assay-report --example fabricated -- DIR`

#[path = "../tests/fabricate/mod.rs"]
mod fabricate;

use std::path::PathBuf;

use assay_runs::{Half, Initialization, TransferCell, Treatment};
use fabricate::Ending;
use fabricate::transfer::{Fabrication, Truth};

fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).map_or_else(|| PathBuf::from("fabricated"), PathBuf::from);
    let whole =
        Fabrication { seeds: 4, images_per_class: vec![None, Some(50)], ..Fabrication::default() };
    let noisy = Fabrication {
        truth: Truth { noise: 0.8, ..Truth::default() },
        seeds: 2,
        paper_initialization: false,
        semantic: false,
        layers: vec!["conv1", "conv2", "fc3", "fc4"],
        ..Fabrication::default()
    };
    let unfinished =
        Fabrication { seeds: 4, ending: Box::new(in_progress), ..Fabrication::default() };
    for (name, fabrication) in [("whole", whole), ("noisy", noisy), ("unfinished", unfinished)] {
        let path = folder.join(name);
        fabrication.write(&path);
        let summary = assay_report::write_report(&path)?;
        println!("{}: {} cells", path.join("report/index.html").display(), summary.cells_done);
    }
    Ok(())
}

/// Some cells stuck, one diverged, one failed, the last cluster not yet begun.
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

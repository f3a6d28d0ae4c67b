//! Writes fabricated runs with a known truth, and their reports, to look at: no training.
//!
//! `cargo run -p assay-report --example fabricated -- DIR`

#[path = "../tests/fabricate/mod.rs"]
mod fabricate;

use std::path::{Path, PathBuf};

use assay_runs::{
    ClassifierCell, Half, Initialization, Loss, Method, Preset, Role, TransferCell, Treatment,
};
use fabricate::transfer::{Fabrication, Truth};
use fabricate::{Ending, distill, fool, fool_later::guest};

fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).map_or_else(|| PathBuf::from("fabricated"), PathBuf::from);
    transfer_runs(&folder)?;
    distillation_runs(&folder)?;
    let path = folder.join("fool");
    fooling().write(&path);
    report(&path)
}

fn report(path: &Path) -> anyhow::Result<()> {
    let summary = assay_report::write_report(path)?;
    println!("{}: {} cells", path.join("report/index.html").display(), summary.cells_done);
    Ok(())
}

fn transfer_runs(folder: &Path) -> anyhow::Result<()> {
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
        report(&path)?;
    }
    Ok(())
}

fn distillation_runs(folder: &Path) -> anyhow::Result<()> {
    let whole = distill::Fabrication {
        truth: distill::Truth { test: as_the_paper, train: |_| 0.2, noise: 0.05, offset: 3.5 },
        seeds: 4,
        students: vec!["mlp-30-30", "mlp-300-300", "mlp-800-800"],
        temperatures: vec![1.0, 2.0, 2.5, 3.0, 4.0, 8.0, 10.0, 15.0, 20.0],
        omitted: vec![vec![], vec![3], vec![0, 1, 2, 3, 4, 5, 6, 9]],
        test_images: 10_000,
        ..distill::Fabrication::default()
    };
    let ending = |cell: &ClassifierCell| match (cell.role, cell.seed) {
        (Role::Distilled, 1) => Ending::Missing,
        (Role::Student, 1) => Ending::Stuck,
        (_, 2) => Ending::Failed,
        _ => Ending::Trained,
    };
    let unfinished =
        distill::Fabrication { ending: Box::new(ending), ..distill::Fabrication::default() };
    let runs = [("distill", whole), ("ensemble", ensemble()), ("distill-unfinished", unfinished)];
    for (name, fabrication) in runs {
        let path = folder.join(name);
        fabrication.write(&path);
        report(&path)?;
    }
    Ok(())
}

/// Five teachers, and students of their size.
fn ensemble() -> distill::Fabrication {
    let test = |cell: &ClassifierCell| if cell.role == Role::Distilled { 4.4 } else { 6.0 };
    distill::Fabrication {
        truth: distill::Truth { test, train: |_| 1.0, noise: 0.3, offset: 0.0 },
        data: "forms",
        ensemble: 5,
        teacher: "mlp-800-800",
        students: vec!["mlp-800-800"],
        temperatures: vec![2.0, 5.0],
        omitted: vec![vec![]],
        fractions: vec![1.0],
        ..distill::Fabrication::default()
    }
}

/// Errors in percent, as on MNIST in the paper where it has such a network.
fn as_the_paper(cell: &ClassifierCell) -> f64 {
    let fewer = if cell.examples.fraction < 1.0 { 10.0 } else { 1.0 };
    let narrow = if cell.network.architecture == "mlp-30-30" { 3.0 } else { 1.0 };
    match (cell.role, &cell.loss) {
        (Role::Teacher, _) => 0.67,
        (_, Loss::HardLabels | Loss::Compared { .. }) => 1.46 * narrow * fewer,
        (_, Loss::SoftTargets { temperature, .. }) => {
            // Best at 3 for the narrow student, at 8 and above for the others.
            let best: f64 = if narrow > 1.0 { 3.0 } else { temperature.max(8.0) };
            (0.74 + 0.15 * (temperature / best).ln().powi(2)) * narrow * fewer.sqrt()
        }
    }
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

/// Images carry over to other seeds more often than to other architectures, not every time alike.
fn fooling() -> fool::Fabrication {
    fool::Fabrication {
        architectures: vec!["lenet", "mlp-300-300"],
        presets: vec![Preset::Paper, Preset::AuthorsCode],
        median: Box::new(|cell| {
            let evolved = if cell.attack.method == Method::Evolution { 0.9 } else { 0.4 };
            if cell.attack.preset == Preset::Paper { evolved } else { 0.8 * evolved }
        }),
        carried: Box::new(|shown, network| {
            let same = shown.network.network.architecture == network.network.architecture;
            let by_seed = u16::try_from((shown.seed + network.seed) % 3).unwrap_or_default();
            if same { 6 + by_seed } else { 2 + by_seed }
        }),
        sure: Box::new(|cell| if cell.attack.method == Method::Evolution { 10 } else { 3 }),
        rounds: 3,
        guests: vec![guest("student mlp-30", 0, &["0", "1", "2", "3", "4"])],
        ..fool::Fabrication::default()
    }
}

//! Runs that between them have every table, claim and figure: what the example shows and the snapshots hold.

use std::path::Path;

use assay_classifier_cells::{ClassifierCell, Loss, Role};
use assay_runs::DistillationLoss;
use assay_test_support::Ending;

use super::reports::{speech, with_specialists};
use super::{Fabrication, Truth};

/// Writes a run into a folder.
type Write = fn(&Path);

/// Names of the runs, and what writes each.
pub const RUNS: [(&str, Write); 5] = [
    ("distill", |path| drop(students().write(path))),
    ("distill-ensemble", |path| drop(ensemble().write(path))),
    ("distill-unfinished", |path| drop(unfinished_students().write(path))),
    ("distill-speech", |path| drop(speech().write(path))),
    ("distill-specialists", |path| drop(specialists().write(path))),
];

fn students() -> Fabrication {
    Fabrication {
        truth: Truth { test: as_the_paper, train: |_| 0.2, noise: 0.05, offset: 3.5 },
        seeds: 4,
        students: vec!["mlp-30-30", "mlp-300-300", "mlp-800-800"],
        temperatures: vec![1.0, 2.0, 2.5, 3.0, 4.0, 8.0, 10.0, 15.0, 20.0],
        excluded_classes: vec![vec![], vec![3], vec![0, 1, 2, 3, 4, 5, 6, 9]],
        test_images: 10_000,
        ..Fabrication::default()
    }
}

fn unfinished_students() -> Fabrication {
    let ending = |cell: &ClassifierCell| match (cell.role, cell.seed) {
        (Role::Distilled, 1) => Ending::Missing,
        (Role::Student, 1) => Ending::Stuck,
        (_, 2) => Ending::Failed,
        _ => Ending::Trained,
    };
    Fabrication { ending: Box::new(ending), ..Fabrication::default() }
}

/// Five teachers, and students of their size.
fn ensemble() -> Fabrication {
    let test = |cell: &ClassifierCell| if cell.role == Role::Distilled { 4.4 } else { 6.0 };
    Fabrication {
        truth: Truth { test, train: |_| 1.0, noise: 0.3, offset: 0.0 },
        data: "forms",
        ensemble: 5,
        teacher: "mlp-800-800",
        students: vec!["mlp-800-800"],
        temperatures: vec![2.0, 5.0],
        excluded_classes: vec![vec![]],
        fractions: vec![1.0],
        ..Fabrication::default()
    }
}

/// Generalists with specialists, one of which diverged, and students that also learn by another loss.
fn specialists() -> Fabrication {
    let ending = |cell: &ClassifierCell| match (cell.role, cell.seed) {
        (Role::Teacher, 1) => Ending::Diverged,
        _ => Ending::Trained,
    };
    let logit_mse = Loss::Compared {
        soft: DistillationLoss::LogitMse {},
        standardized: false,
        soft_weight: 0.9,
        hard_weight: 0.1,
    };
    Fabrication {
        seeds: 4,
        temperatures: vec![2.0, 10.0],
        other_losses: vec![logit_mse],
        ending: Box::new(ending),
        ..with_specialists()
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

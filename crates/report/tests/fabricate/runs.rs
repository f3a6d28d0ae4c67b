//! Runs of every experiment that between them have every table, claim and figure: what the example shows and the
//! snapshots hold.

use std::path::Path;

use assay_runs::{
    AttackCell, ClassifierCell, Encoding, Half, Initialization, Loss, Method, Preset, Role,
    TransferCell, Treatment,
};

use super::distill_reports::speech;
use super::fool_later::guest;
use super::transfer::{Fabrication, Truth};
use super::{Ending, distill, fool};

/// Writes a run into a folder.
type Write = fn(&Path);

/// Names of the runs, and what writes each.
pub const RUNS: [(&str, Write); 8] = [
    ("transfer", |path| drop(whole().write(path))),
    ("transfer-noisy", |path| drop(noisy().write(path))),
    ("transfer-unfinished", |path| drop(unfinished().write(path))),
    ("distill", |path| drop(students().write(path))),
    ("distill-ensemble", |path| drop(ensemble().write(path))),
    ("distill-unfinished", |path| drop(unfinished_students().write(path))),
    ("distill-speech", |path| drop(speech().write(path))),
    ("fool", |path| drop(fooling().write(path))),
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

fn students() -> distill::Fabrication {
    distill::Fabrication {
        truth: distill::Truth { test: as_the_paper, train: |_| 0.2, noise: 0.05, offset: 3.5 },
        seeds: 4,
        students: vec!["mlp-30-30", "mlp-300-300", "mlp-800-800"],
        temperatures: vec![1.0, 2.0, 2.5, 3.0, 4.0, 8.0, 10.0, 15.0, 20.0],
        omitted: vec![vec![], vec![3], vec![0, 1, 2, 3, 4, 5, 6, 9]],
        test_images: 10_000,
        ..distill::Fabrication::default()
    }
}

fn unfinished_students() -> distill::Fabrication {
    let ending = |cell: &ClassifierCell| match (cell.role, cell.seed) {
        (Role::Distilled, 1) => Ending::Missing,
        (Role::Student, 1) => Ending::Stuck,
        (_, 2) => Ending::Failed,
        _ => Ending::Trained,
    };
    distill::Fabrication { ending: Box::new(ending), ..distill::Fabrication::default() }
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

/// By seed, encoding and round a little different, so that intervals have some width.
fn confidence(cell: &AttackCell) -> f32 {
    let [seed, round] = [cell.seed, cell.network.round()]
        .map(|number| f32::from(u8::try_from(number).unwrap_or_default()));
    let encoding = if cell.attack.encoding == Encoding::Cppn { 0.004 } else { 0.0 };
    let evolved = match cell.attack.method {
        Method::Evolution => 0.9 + (0.01 + encoding + 0.002 * round) * seed,
        _ => 0.4,
    };
    if cell.attack.preset == Preset::Paper { evolved } else { 0.8 * evolved }
}

/// Images carry over to other seeds more often than to other architectures, not every time alike.
fn fooling() -> fool::Fabrication {
    fool::Fabrication {
        architectures: vec!["lenet", "mlp-300-300"],
        presets: vec![Preset::Paper, Preset::AuthorsCode],
        median: Box::new(confidence),
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

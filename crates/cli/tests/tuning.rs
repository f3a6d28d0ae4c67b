//! Learning rates are chosen on validation images by trials that are never tested, at toy size with the real
//! program.

use std::path::Path;
use std::process::{Command, Stdio};

use assay_classifier_cells::{ClassifierCell, Role};
use assay_runs::{Cell, CellSpec, Record, RunDirectory};
use assay_transfer::{TransferCell, Treatment};

const TOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml");

/// Nothing is learned at a billionth of the learning rate.
const TUNING: &str = "tuning.lr_factors=[1e-9, 1.0]";

fn run(arguments: &[&str], changes: &[&str], out: &Path) -> RunDirectory {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(arguments).args(["--jobs", "2", "--out"]).arg(out);
    command.args(changes.iter().flat_map(|change| ["--set", change]));
    assert!(command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
    RunDirectory::open(out).unwrap()
}

/// Every cell of one kind with its record.
fn records<T: CellSpec>(run: &RunDirectory) -> Vec<(&T, Record)> {
    let cells = run.plan().cells.iter();
    cells.filter_map(|cell| Some((cell.downcast_ref()?, run.record(cell).unwrap()?))).collect()
}

/// The mean validation accuracy of the trials with a factor.
fn mean_accuracy<'a>(trials: impl Iterator<Item = &'a (f64, Cell)>, run: &RunDirectory) -> f64 {
    let scores: Vec<f64> = trials
        .map(|trial| run.record(&trial.1).unwrap().unwrap().validation().unwrap().accuracy())
        .collect();
    scores.iter().sum::<f64>() / scores.len() as f64
}

fn check_choice(trials: &[(f64, Cell)], record: &Record, run: &RunDirectory) {
    let of = |factor: f64| trials.iter().filter(move |trial| trial.0.total_cmp(&factor).is_eq());
    let [slow, normal] = [1e-9, 1.0].map(|factor| mean_accuracy(of(factor), run));
    let best = if normal > slow { 1.0 } else { 1e-9 };
    assert_eq!(record.lr_factor, Some(best), "{}: {slow} or {normal}", record.cell.name());
}

#[test]
fn every_kind_of_network_uses_the_rate_with_the_best_validation_accuracy() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["transfer-sweep", "--profile", TOY];
    let changes = ["cells=[\"selffer\"]", "cuts=[1, 6]", "schedule.epochs=6", TUNING];
    let run = run(&arguments, &changes, &folder.path().join("run"));
    let records: Vec<(&TransferCell, Record)> = records(&run);
    // Two rates of two bases and four selffers; the bases and selffers; the bases that the trials copy.
    assert_eq!(records.len(), 2 * (2 + 4) + (2 + 4) + 2);
    for (cell, record) in &records {
        let is_trial = cell.trial.is_some();
        assert_eq!(record.test.is_some(), cell.is_compared(), "{}", record.cell.name());
        assert_eq!(cell.is_compared(), cell.seed == 0);
        if is_trial {
            assert!(!cell.is_compared() && record.files.is_empty() && record.lr_factor.is_none());
            continue;
        }
        let trials: Vec<(f64, Cell)> =
            cell.trials().into_iter().map(|(factor, trial)| (factor, trial.into())).collect();
        let kinds = if matches!(cell.treatment, Treatment::Base { .. }) { 2 } else { 4 };
        assert_eq!(trials.len(), 2 * kinds);
        check_choice(&trials, record, &run);
    }
    // Some kind learns at the normal rate, so the choice is not always the first one.
    assert!(records.iter().any(|(_, record)| record.lr_factor == Some(1.0)));
}

#[test]
fn more_seeds_change_no_trial() {
    let folder = tempfile::tempdir().unwrap();
    let plan = |seeds: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
        command.args(["transfer-sweep", "--profile", TOY, "--set", TUNING, "--seeds", seeds]);
        command.args(["--dry-run", "--out"]).arg(folder.path().join("run"));
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let trials = |plan: &str| -> Vec<String> {
        plan.lines().filter(|line| line.contains(".lr-x")).map(str::to_owned).collect()
    };
    let (one, two) = (plan("1"), plan("2"));
    assert!(!trials(&one).is_empty());
    assert_eq!(trials(&one), trials(&two));
}

#[test]
fn every_condition_of_distillation_chooses_among_the_same_rates() {
    let folder = tempfile::tempdir().unwrap();
    let changes = [
        "seeds=2",
        "validation_images=48",
        "data.forms_train_images_per_class=12",
        "data.forms_test_images_per_class=4",
        "teacher.architecture=mlp-9",
        "student.architectures=[\"mlp-7\"]",
        "teacher.schedule.epochs=3",
        "student.schedule.epochs=3",
        "distillation.temperatures=[2.0, 8.0]",
        TUNING,
    ];
    let run = run(&["distill", "--profile", "smoke"], &changes, &folder.path().join("run"));
    let records: Vec<(&ClassifierCell, Record)> = records(&run);
    // Of each seed a teacher, a baseline and two distilled students; two trials of each condition.
    assert_eq!(records.len(), 2 * 4 + 2 * 4);
    for (cell, record) in &records {
        assert_eq!(record.test.is_none(), cell.trial.is_some(), "{}", record.cell.name());
        if cell.trial.is_some() {
            continue;
        }
        let trials: Vec<(f64, Cell)> =
            cell.trials().into_iter().map(|(factor, trial)| (factor, trial.into())).collect();
        assert_eq!(trials.len(), 2);
        check_choice(&trials, record, &run);
    }
    let owners = |seed: u32| {
        let students = records.iter().map(|record| record.0).filter(move |cell| {
            cell.seed == seed && matches!(cell.role, Role::Student | Role::Distilled)
        });
        students.map(ClassifierCell::stream_owner).collect::<Vec<_>>()
    };
    let (first, second) = (owners(0), owners(1));
    assert!(first.len() == 3 && first.iter().all(|owner| *owner == first[0]));
    assert!(second.iter().all(|owner| *owner != first[0]));
}

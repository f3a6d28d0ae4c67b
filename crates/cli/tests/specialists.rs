//! A specialist ensemble and its student at toy size, with the real program.

mod common;
#[path = "common/killing.rs"]
mod killing;

use std::path::Path;
use std::process::{Command, Stdio};

use assay_classifier_cells::{
    ClassifierCell, Role, SpecialistCell, SpecialistClasses, SpecialistEnsembleCell,
};
use assay_runs::{Cell, Outcome, Record, RunDirectory};
use safetensors::SafeTensors;

use common::results;
use killing::kill_during_a_cell;

const PROFILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/specialists.toml");

fn distill(out: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(["distill", "--profile", PROFILE, "--out"]).arg(out).args(more);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn done(out: &Path, more: &[&str]) -> RunDirectory {
    let output = distill(out, more).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{more:?}: {said}");
    RunDirectory::open(out).unwrap()
}

fn find_only(run: &RunDirectory, matches: impl Fn(&Cell) -> bool) -> &Cell {
    let mut found = run.plan().cells.iter().filter(|cell| matches(cell));
    let cell = found.next().unwrap();
    assert!(found.next().is_none());
    cell
}

/// The class probabilities of a cell for each test image.
fn probabilities(run: &RunDirectory, cell: &Cell) -> Vec<Vec<f64>> {
    let bytes = std::fs::read(run.logits(cell)).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let test = tensors.tensor("test").unwrap();
    let (numbers, _) = test.data().as_chunks();
    let logits: Vec<f64> = numbers.iter().map(|n| f64::from(f32::from_le_bytes(*n))).collect();
    let softmax = |row: &[f64]| -> Vec<f64> {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = row.iter().map(|logit| (logit - largest).exp()).collect();
        let sum: f64 = powers.iter().sum();
        powers.into_iter().map(|power| power / sum).collect()
    };
    logits.chunks_exact(test.shape()[1]).map(softmax).collect()
}

fn most_likely(row: &[f64]) -> usize {
    (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap()
}

/// The classes of a specialist.
fn subset(record: &Record) -> &Vec<u16> {
    &record.details::<SpecialistClasses>().unwrap().classes
}

#[test]
fn specialists_change_predictions_only_for_their_own_classes() {
    let folder = tempfile::tempdir().unwrap();
    let run = done(&folder.path().join("run"), &[]);
    // A generalist, its further training, three specialists, the ensemble, and students of hard labels, of the
    // generalist and of the ensemble.
    assert_eq!(run.plan().cells.len(), 1 + 1 + 3 + 1 + 3);
    let specialists = run.plan().cells.iter().filter(|cell| cell.is::<SpecialistCell>());
    let records: Vec<_> = specialists.map(|cell| run.record(cell).unwrap().unwrap()).collect();
    for record in &records {
        // Two epochs on a few images may not be enough for a specialist of one class.
        assert!(
            matches!(record.outcome, Outcome::Trained | Outcome::DidNotLearn),
            "{:?}",
            record.outcome
        );
        let classes = subset(record);
        assert!((1..=5).contains(&classes.len()) && classes.is_sorted(), "{classes:?}");
        // 768 inputs to 24 units, and 24 units to its classes and the dustbin.
        assert_eq!(record.parameters.total, 769 * 24 + 25 * (classes.len() as u64 + 1));
    }
    // An epoch of a small cluster has one step, so its loss may not fall. Not all clusters are that small.
    let learns =
        |record: &Record| record.curve.last().unwrap().train_loss < record.curve[0].train_loss;
    assert!(records.iter().any(learns), "{records:?}");
    let mut all: Vec<u16> = records.iter().flat_map(subset).copied().collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert!(all.len() == count && all[count - 1] < 24, "a class is in two of {all:?}");
    let ensemble = find_only(&run, Cell::is::<SpecialistEnsembleCell>);
    let cell: &SpecialistEnsembleCell = ensemble.downcast_ref().unwrap();
    let generalist = probabilities(&run, &cell.ensemble.generalist.clone().into());
    let together = probabilities(&run, ensemble);
    let (mut silent, mut changed) = (0, 0);
    for (alone, together) in generalist.iter().zip(&together) {
        let class = most_likely(alone) as u16;
        let apart = alone.iter().zip(together).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        if records.iter().any(|record| subset(record).contains(&class)) {
            changed += usize::from(apart > 1e-4);
        } else {
            silent += 1;
            // Logits of f32, up to 20 in size, are rounded by 1e-6.
            assert!(apart < 1e-5, "{alone:?} is not {together:?}");
        }
    }
    assert!(silent > 0 && changed > 0, "{silent} images without a specialist, {changed} changed");
    let record = run.record(ensemble).unwrap().unwrap();
    assert_eq!(record.test.unwrap().images as usize, together.len());
}

#[test]
fn an_ensemble_that_is_killed_and_resumed_gives_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let whole = done(&folder.path().join("whole"), &["--jobs", "1"]);
    let out = folder.path().join("killed");
    let run = || distill(&out, &["--jobs", "3"]);
    let interrupted = (0..6).filter(|_| kill_during_a_cell(&mut run(), &out)).count();
    assert!(interrupted > 0, "no cell was in progress when the run was killed");
    let killed = done(&out, &["--jobs", "3"]);
    let before = results(whole.path());
    assert_eq!(before, results(killed.path()));
    let grown = results(done(&out, &["--jobs", "3", "--seeds", "2"]).path());
    assert!(before.iter().all(|(name, bytes)| grown[name] == *bytes));
    assert_eq!(grown.len(), 2 * before.len());
}

#[test]
fn invalid_specialist_settings_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let cases = [
        ("specialists.count=0", "specialists.count is 0"),
        ("specialists.count=25", "specialists.count is 25 and specialists.classes 5; forms has 24"),
        (
            "specialists.classes=24",
            "specialists.count is 3 and specialists.classes 24; forms has 24",
        ),
        ("specialists.own_class_share=1.0", "own_class_share is 1; it must be in (0, 1)"),
        ("specialists.own_class_share=nan", "own_class_share is NaN"),
        ("specialists.schedule.batch=1", "specialists.schedule.batch is 1"),
        ("specialists.schedule.batch=200", "a batch takes 100 of them"),
        ("specialists.schedule.epochs=0", "specialists.schedule: 0 epochs"),
        ("teacher.ensemble=2", "teacher.ensemble is 2; it must be 1, as specialists have"),
    ];
    for (change, words) in cases {
        let output = distill(&out, &["--set", change]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{change}: {said}");
        assert!(said.contains(words) && !out.exists(), "{change}: {said}");
    }
}

#[test]
fn a_generalist_that_diverged_has_no_specialists() {
    let folder = tempfile::tempdir().unwrap();
    let wild = ["--set", "teacher.schedule.learning_rate=1e6"];
    let output = distill(&folder.path().join("run"), &wild).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("there is nothing to specialize from"), "{said}");
}

/// Further training starts where the generalist ended: with its loss, not that of random weights.
#[test]
fn the_control_of_specialists_starts_from_the_generalist() {
    let folder = tempfile::tempdir().unwrap();
    let slow = ["--set", "specialists.schedule.learning_rate=1e-12"];
    let run = done(&folder.path().join("run"), &slow);
    let of_role = |role| {
        find_only(&run, |cell: &Cell| {
            cell.downcast_ref::<ClassifierCell>().is_some_and(|cell| cell.role == role)
        })
    };
    let [generalist, control] = [Role::Teacher, Role::Continued].map(of_role);
    let cell: &ClassifierCell = control.downcast_ref().unwrap();
    // Half of each batch is of a specialist's own classes, so an epoch of all specialists counts as two.
    assert_eq!((cell.schedule.epochs, cell.initial_network.is_some()), (8, true));
    // Without a step, it is the generalist.
    let [before, after] = [generalist, control].map(|cell| probabilities(&run, cell));
    for (before, after) in before.iter().flatten().zip(after.iter().flatten()) {
        assert!((before - after).abs() < 1e-6, "{before} is not {after}");
    }
}

//! Retraining with a reject class, and external networks, at toy size with the real program.

mod common;
#[path = "common/study.rs"]
mod study;

use std::path::Path;
use std::process::{Command, Stdio};

use assay_classifier_cells::{
    AttackResult, CellKind, ClassifierCell, ELITES_FILE, ExternalPredictions, Rejection, Role,
};
use assay_runs::{Cell, Outcome, Plan, RunDirectory};

use common::results;
use study::{kill_and_compare, refusal, study};

/// Adds two rounds of retraining: three attacks on each first network, two on each later one.
const RETRAIN: [&str; 8] = [
    "--set",
    "retrain.rounds=2",
    "--set",
    "retrain.first_attacks=3",
    "--set",
    "retrain.attacks=2",
    "--set",
    "networks.architectures=[\"mlp-9\"]",
];

#[test]
fn a_retraining_that_is_killed_and_resumed_gives_the_same_networks() {
    kill_and_compare("fool", &RETRAIN, 4);
}

/// The cells of a run that match.
fn cells(run: &RunDirectory, wanted: impl Fn(&Cell) -> bool) -> Vec<Cell> {
    run.plan().cells.iter().filter(|cell| wanted(cell)).cloned().collect()
}

fn is_round(cell: &Cell, round: u32) -> bool {
    cell.downcast_ref::<ClassifierCell>().is_some_and(|cell| cell.round() == round)
}

#[test]
fn a_retrained_network_learns_to_reject_earlier_fooling_images() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let seven = ["--set", "retrain.images=7"];
    assert!(study("fool", &out, &[&RETRAIN[..], &seven].concat()).status().unwrap().success());
    let run = RunDirectory::open(&out).unwrap();
    for (round, images) in [(0, None), (1, Some(3 * 7)), (2, Some(3 * 7 + 2 * 7))] {
        let network = cells(&run, |cell| is_round(cell, round)).pop().unwrap();
        let record = run.record(&network).unwrap().unwrap();
        assert_eq!(
            record.details::<Rejection>().map(|rejection| rejection.images),
            images,
            "round {round}"
        );
        let weights = std::fs::read(run.weights(&network)).unwrap();
        let weights = safetensors::SafeTensors::deserialize(&weights).unwrap();
        let outputs = weights.tensor("fc2.bias").unwrap().shape()[0];
        assert_eq!(outputs, 24 + usize::from(round > 0));
    }
    // Attacks on a network with a reject class target the data's classes, but see all outputs.
    let last = cells(
        &run,
        |cell| matches!(CellKind::from(cell), CellKind::Attack(cell) if cell.network.round() == 2),
    );
    assert_eq!(last.len(), 2);
    for attack in &last {
        let result = run.record(attack).unwrap().unwrap();
        let result: &AttackResult = result.details().unwrap();
        assert_eq!(result.elites.len(), 24);
        let logits = std::fs::read(run.logits(attack)).unwrap();
        let logits = safetensors::SafeTensors::deserialize(&logits).unwrap();
        assert_eq!(logits.tensor("elites").unwrap().shape(), [24, 25]);
    }
}

#[test]
fn adding_a_round_keeps_results_and_images_of_another_attack_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let rounds = |count: &str, more: &[&str]| {
        let rounds = format!("retrain.rounds={count}");
        let mut command = study("fool", &out, &[&RETRAIN[..], &["--set", &rounds], more].concat());
        let output = command.stderr(Stdio::piped()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(rounds("1", &[]).0, Some(0));
    let before = results(&out);
    let run = RunDirectory::open(&out).unwrap();
    let attacks = cells(
        &run,
        |cell| matches!(CellKind::from(cell), CellKind::Attack(cell) if cell.network.round() == 1),
    );
    let [first, second] =
        [&attacks[0], &attacks[1]].map(|attack| run.cell_folder(attack).join(ELITES_FILE));
    let own = std::fs::read(&first).unwrap();
    std::fs::copy(second, &first).unwrap();
    let (code, said) = rounds("2", &[]);
    assert_eq!(code, Some(0), "{said}");
    let name = first.display().to_string();
    assert!(said.contains(&format!("{}: damaged: {name}", attacks[0].name())), "{said}");
    assert_eq!(std::fs::read(&first).unwrap(), own);
    let after = results(&out);
    assert!(before.iter().all(|(name, bytes)| after[name] == *bytes));
    assert!(after.len() > before.len());
    let (code, said) = rounds("3", &["--set", "retrain.images=49"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("retrain.images is 49") && said.contains("has 48"), "{said}");
}

#[test]
fn a_diverged_network_leaves_no_images_to_reject() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let wild = ["--set", "networks.schedule.learning_rate=1e6"];
    let mut command = study("fool", &out, &[&RETRAIN[..], &wild].concat());
    let output = command.stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("there is nothing to train the reject class on"), "{said}");
}

#[test]
fn external_networks_are_shown_the_images_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let text = |name: &str| at(name).display().to_string();
    let fewer = ["--set", "distillation.temperatures=[4.0]"];
    assert!(study("distill", &at("distill"), &fewer).status().unwrap().success());
    let toy = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml");
    let sweep = Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(["transfer-sweep", "--profile", toy, "--set", "cells=[]", "--out", &text("transfer")])
        .args(["--set", "schedule.epochs=12", "--set", "network.dropout=0.0"])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .status();
    assert!(sweep.unwrap().success());
    let external_runs = ["--external-run", &text("distill"), "--external-run", &text("transfer")];
    let methods = ["--set", "attack.methods=[\"evolution\"]"];
    assert!(
        study("fool", &at("fool"), &[&external_runs[..], &methods].concat())
            .status()
            .unwrap()
            .success()
    );
    let run = RunDirectory::open(&at("fool")).unwrap();
    let (mut kinds, mut classes) = (Vec::new(), Vec::new());
    for cell in cells(&run, |cell| matches!(CellKind::from(cell), CellKind::ExternalEvaluation(_)))
    {
        let predictions = run.record(&cell).unwrap().unwrap();
        let predictions: &ExternalPredictions = predictions.details().unwrap();
        let CellKind::ExternalEvaluation(cell) = CellKind::from(&cell) else { unreachable!() };
        assert_eq!(predictions.classes.len(), cell.external_model.classes.len());
        kinds.push(cell.external_model.kind.clone());
        classes.push(predictions.classes.len());
    }
    // Networks that did not learn are skipped. At this size, not all of them learn.
    for kind in ["student mlp-60-60", "base_"] {
        assert!(kinds.iter().any(|known| known.starts_with(kind)), "no {kind} in {kinds:?}");
    }
    assert!(classes.contains(&24) && classes.contains(&12), "{classes:?}");

    refuses_other_networks(&at("distill"), folder.path());
}

#[test]
fn an_external_network_is_not_shown_images_that_were_found_on_itself() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let first = at("first").display().to_string();
    let alike = [
        "--set",
        "attack.methods=[\"evolution\"]",
        "--set",
        "networks.schedule.epochs=12",
        "--set",
        "networks.architectures=[\"mlp-60\", \"mlp-50\"]",
    ];
    assert!(study("fool", &at("first"), &alike).status().unwrap().success());
    let dry = ["--seeds", "2", "--external-run", &first, "--dry-run", "--json"];
    let mut command = study("fool", &at("second"), &[&alike[..], &dry].concat());
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let plan: Plan = serde_json::from_slice(&output.stdout).unwrap();
    let mut pairs = Vec::new();
    for cell in &plan.cells {
        let CellKind::ExternalEvaluation(cell) = CellKind::from(cell) else { continue };
        pairs.push((
            Cell::from(cell.attack.network.clone()).name(),
            cell.external_model.cell.clone(),
        ));
    }
    assert!(pairs.iter().all(|(found_on, external_model)| found_on != external_model), "{pairs:?}");
    let run = RunDirectory::open(&at("first")).unwrap();
    let trained = |cell: &Cell| {
        let record = run.record(cell).unwrap();
        cell.downcast_ref::<ClassifierCell>().is_some()
            && record.is_some_and(|one| one.outcome == Outcome::Trained)
    };
    let guests = cells(&run, trained);
    // Four networks were attacked in two ways each. An external network sees the images of the three others.
    assert!(!guests.is_empty() && pairs.len() == guests.len() * 3 * 2, "{pairs:?}");
    for external_model in guests {
        let words =
            format!("{}, what was found on it: it is the same network", external_model.name());
        assert!(said.contains(&words), "{words}: {said}");
    }
}

/// Not a run, a run with images of another size, and a run whose weights have changed.
fn refuses_other_networks(distill: &Path, folder: &Path) {
    let refused = |words: &[&str], more: &[&str]| {
        let said = refusal("fool", more);
        assert!(words.iter().all(|word| said.contains(word)), "{words:?}: {said}");
    };
    let name = distill.display().to_string();
    let nowhere = folder.join("nowhere").display().to_string();
    refused(&["nowhere", "not a run directory"], &["--external-run", &nowhere]);
    let large = ["--external-run", &name, "--set", "data.image_size=32"];
    refused(&[&name, "takes images of 3 x 16 x 16", "are 3 x 32 x 32"], &large);
    let run = RunDirectory::open(distill).unwrap();
    let is_student = |cell: &Cell| {
        cell.is_compared()
            && cell.downcast_ref::<ClassifierCell>().is_some_and(|one| one.role == Role::Student)
    };
    let student = run.weights(&cells(&run, is_student)[0]);
    let mut bytes = std::fs::read(&student).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&student, bytes).unwrap();
    refused(&["weights.safetensors", "its BLAKE3 is"], &["--external-run", &name]);
}

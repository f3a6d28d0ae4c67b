//! Distillation and fooling at toy size, with the real program: reproducibility, interruptions and bad input.

mod common;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use assay_runs::{Cell, Outcome, Plan, Role, RunDirectory};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use common::results;

/// Both experiments save a checkpoint after every step.
const TOY: [&str; 6] = [
    "seeds=1",
    "held_out=48",
    "data.forms_train_per_class=12",
    "data.forms_test_per_class=4",
    "run.checkpoint_seconds=0",
    "run.keep_all_weights=true",
];

const DISTILL: [&str; 4] = [
    "teacher.ensemble=2",
    "teacher.network.input_dropout=0.2",
    "teacher.schedule.epochs=2",
    "student.schedule.epochs=2",
];

const FOOL: [&str; 3] = [
    "networks.schedule.epochs=1",
    "attack.generations=8",
    "networks.architectures=[\"mlp-9\", \"mlp-7\"]",
];

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

fn study(name: &str, out: &Path, more: &[&str]) -> Command {
    let own: &[&str] = if name == "distill" { &DISTILL } else { &FOOL };
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args([name, "--profile", "smoke", "--out"]).arg(out);
    command.args(TOY.iter().chain(own).flat_map(|change| ["--set", change])).args(more);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Kills an experiment at random times and continues it, until it was killed `kills` times. Its results must then be
/// those of an uninterrupted run.
fn kill_and_compare(name: &str, more: &[&str], kills: u32) {
    let folder = tempfile::tempdir().unwrap();
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    let began = Instant::now();
    assert!(study(name, &whole, &[more, &["--jobs", "1"]].concat()).status().unwrap().success());
    let whole_time = began.elapsed();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut done = 0;
    for _ in 0..20 * kills {
        let mut child = study(name, &killed, &[more, &["--jobs", "3"]].concat()).spawn().unwrap();
        std::thread::sleep(whole_time.mul_f64(rng.random_range(0.1..0.6)));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            assert_eq!(results(&whole), results(&killed));
            std::fs::remove_dir_all(&killed).unwrap();
        } else {
            done += 1;
        }
        if done == kills {
            break;
        }
    }
    assert_eq!(done, kills, "it was done before it could be killed, again and again");
    assert!(study(name, &killed, &[more, &["--jobs", "3"]].concat()).status().unwrap().success());
    assert_eq!(results(&whole), results(&killed));
}

#[test]
fn a_distillation_that_is_killed_and_resumed_gives_the_same_bits() {
    kill_and_compare("distill", &[], 6);
}

#[test]
fn an_attack_that_is_killed_and_resumed_gives_the_same_archive() {
    kill_and_compare("fool", &[], 6);
}

#[test]
fn a_retraining_that_is_killed_and_resumed_gives_the_same_networks() {
    kill_and_compare("fool", &RETRAIN, 4);
}

/// What a refused command prints. Its exit status is 2.
fn refusal(name: &str, more: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = study(name, &folder.path().join("run"), more);
    let output = command.stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{more:?}: {said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[test]
fn bad_input_is_refused() {
    let cases = [
        ("distill", "distillation.temperatures=[0.0]", "temperatures has 0"),
        ("distill", "distillation.soft_weight=-1.0", "soft_weight is -1"),
        ("distill", "distillation.omitted=[[24]]", "classes 0 to 23"),
        ("distill", "teacher.architecture=mlp-0", "mlp-0"),
        ("distill", "held_out=288", "held_out is 288 of 288"),
        ("fool", "attack.generations=0", "attack.generations is 0"),
        ("fool", "attack.encodings=[\"cppm\"]", "cppm"),
        ("fool", "networks.architectures=[\"alexnet\"]", "too small"),
        ("fool", "retrain.rounds=41", "retrain.rounds is 41"),
    ];
    for (name, change, words) in cases {
        let said = refusal(name, &["--set", change]);
        assert!(said.contains(words), "{change}: {said}");
    }
}

#[test]
fn online_and_cached_teachers_give_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, live) = (folder.path().join("kept"), folder.path().join("live"));
    assert!(study("distill", &kept, &[]).status().unwrap().success());
    let none = ["--set", "run.cache_mebibytes=0"];
    assert!(study("distill", &live, &none).status().unwrap().success());
    let files = |run: &Path| std::fs::read_dir(run.join("teachers")).unwrap().count();
    assert_eq!((files(&kept), files(&live)), (2, 0));
    assert_eq!(results(&kept), results(&live));
}

#[test]
fn cached_logits_of_another_teacher_are_named_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let [out, whole] = ["run", "whole"].map(|name| folder.path().join(name));
    let more = ["--set", "distillation.temperatures=[2.0, 8.0, 3.0]"];
    assert!(study("distill", &whole, &more).status().unwrap().success());
    assert!(study("distill", &out, &[]).status().unwrap().success());
    // Two cache files are swapped, so each belongs to another teacher.
    let mut outputs: Vec<_> =
        std::fs::read_dir(out.join("teachers")).unwrap().map(|file| file.unwrap().path()).collect();
    outputs.sort();
    assert_eq!(outputs.len(), 2);
    let aside = folder.path().join("aside");
    std::fs::rename(&outputs[0], &aside).unwrap();
    std::fs::rename(&outputs[1], &outputs[0]).unwrap();
    std::fs::rename(&aside, &outputs[1]).unwrap();
    let output = study("distill", &out, &more).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for file in &outputs {
        let words = format!("{}: it is of another teacher or of other images", file.display());
        assert!(said.contains(&words), "{said}");
    }
    assert_eq!(results(&whole), results(&out));
}

#[test]
fn adding_a_seed_to_a_fooling_run_keeps_the_existing_results() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    assert!(study("fool", &out, &[]).status().unwrap().success());
    let before = results(&out);
    assert!(study("fool", &out, &["--seeds", "2"]).status().unwrap().success());
    let after = results(&out);
    assert!(before.iter().all(|(name, bytes)| after[name] == *bytes));
    assert!(after.len() > 2 * before.len());
}

#[test]
fn a_run_with_diverged_networks_and_teachers_ends_and_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("fool");
    let wild = ["--set", "networks.schedule.learning_rate=1e6"];
    assert!(study("fool", &out, &wild).status().unwrap().success());
    for record in RunDirectory::open(&out).unwrap().records().unwrap() {
        assert!(record.attack.is_none() && record.opinion.is_none(), "{:?}", record.cell.name());
    }
    let out = folder.path().join("distill");
    let wild = ["--set", "teacher.schedule.learning_rate=1e6"];
    let output = study("distill", &out, &wild).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("diverged in epoch") && said.contains("it cannot be distilled"),
        "{said}"
    );
}

/// The cells of a run that match.
fn cells(run: &RunDirectory, wanted: impl Fn(&Cell) -> bool) -> Vec<Cell> {
    run.plan().cells.iter().filter(|cell| wanted(cell)).cloned().collect()
}

fn is_round(cell: &Cell, round: u32) -> bool {
    cell.classifier().is_some_and(|cell| cell.round() == round)
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
        assert_eq!(record.rejection.map(|rejection| rejection.images), images, "round {round}");
        let weights = std::fs::read(run.weights(&network)).unwrap();
        let weights = safetensors::SafeTensors::deserialize(&weights).unwrap();
        let outputs = weights.tensor("fc2.bias").unwrap().shape()[0];
        assert_eq!(outputs, 24 + usize::from(round > 0));
    }
    // Attacks on a network with a reject class target the data's classes, but see all outputs.
    let last = cells(&run, |cell| matches!(cell, Cell::Attack(cell) if cell.network.round() == 2));
    assert_eq!(last.len(), 2);
    for attack in &last {
        let result = run.record(attack).unwrap().unwrap().attack.unwrap();
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
    let attacks =
        cells(&run, |cell| matches!(cell, Cell::Attack(cell) if cell.network.round() == 1));
    let [first, second] = [&attacks[0], &attacks[1]].map(|attack| run.elites(attack));
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
    let nets = ["--nets", &text("distill"), "--nets", &text("transfer")];
    let methods = ["--set", "attack.methods=[\"evolution\"]"];
    assert!(
        study("fool", &at("fool"), &[&nets[..], &methods].concat()).status().unwrap().success()
    );
    let run = RunDirectory::open(&at("fool")).unwrap();
    let (mut kinds, mut classes) = (Vec::new(), Vec::new());
    for cell in cells(&run, |cell| matches!(cell, Cell::ExternalEvaluation(_))) {
        let opinion = run.record(&cell).unwrap().unwrap().guest_opinion.unwrap();
        let Cell::ExternalEvaluation(cell) = cell else { unreachable!() };
        assert_eq!(opinion.classes.len(), cell.guest.classes.len());
        kinds.push(cell.guest.kind);
        classes.push(opinion.classes.len());
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
    let dry = ["--seeds", "2", "--nets", &first, "--dry-run", "--json"];
    let mut command = study("fool", &at("second"), &[&alike[..], &dry].concat());
    let output = command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let plan: Plan = serde_json::from_slice(&output.stdout).unwrap();
    let mut pairs = Vec::new();
    for cell in &plan.cells {
        let Cell::ExternalEvaluation(cell) = cell else { continue };
        pairs.push((Cell::from(cell.shown.network.clone()).name(), cell.guest.cell.clone()));
    }
    assert!(pairs.iter().all(|(found_on, guest)| found_on != guest), "{pairs:?}");
    let run = RunDirectory::open(&at("first")).unwrap();
    let trained = |cell: &Cell| {
        let record = run.record(cell).unwrap();
        cell.classifier().is_some() && record.is_some_and(|one| one.outcome == Outcome::Trained)
    };
    let guests = cells(&run, trained);
    // Four networks were attacked in two ways each. An external network sees the images of the three others.
    assert!(!guests.is_empty() && pairs.len() == guests.len() * 3 * 2, "{pairs:?}");
    for guest in guests {
        let words = format!("{}, what was found on it: it is the same network", guest.name());
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
    refused(&["nowhere", "no run is here"], &["--nets", &nowhere]);
    let large = ["--nets", &name, "--set", "data.image_size=32"];
    refused(&[&name, "takes images of 3 x 16 x 16", "are 3 x 32 x 32"], &large);
    let run = RunDirectory::open(distill).unwrap();
    let is_student = |cell: &Cell| cell.classifier().is_some_and(|one| one.role == Role::Student);
    let student = run.weights(&cells(&run, is_student)[0]);
    let mut bytes = std::fs::read(&student).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&student, bytes).unwrap();
    refused(&["weights.safetensors", "its BLAKE3 is"], &["--nets", &name]);
}

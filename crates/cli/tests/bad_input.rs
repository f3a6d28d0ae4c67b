//! Bad input is named together with what would be right, and nothing is lost.

use assay_transfer::BaseScores;
use std::fs::File;
use std::path::Path;

use assay_runs::{Outcome, RunDirectory};
use assert_cmd::Command;

const TOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml");

fn assay(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_assay")).args(arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!text.contains("panicked"), "{arguments:?} panicked:\n{text}");
    (output.status.code(), text)
}

/// Checks that the sweep is refused with exit status 2 and a message with these words.
fn refused(arguments: &[&str], words: &[&str]) {
    let (code, text) = assay(&[&["transfer-sweep"], arguments].concat());
    assert_eq!(code, Some(2), "{arguments:?}: {text}");
    for word in words {
        assert!(text.contains(word), "{arguments:?} does not say {word:?}:\n{text}");
    }
}

#[test]
fn unknown_names_and_values_out_of_range_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run").display().to_string();
    let with = |more: &[&str], words: &[&str]| {
        refused(&[&["--profile", TOY, "--out", &out], more].concat(), words);
    };
    refused(&["--profile", "slow"], &["\"slow\"", "quick", "TOML"]);
    with(&["--data", "mnits"], &["mnits", "mnist", "forms"]);
    with(&["--device", "gpu"], &["\"gpu\"", "cuda"]);
    with(&["--device", "cuda:0"], &["cuda:0", "--features cuda"]);
    with(&["--set", "schedule.epoch=3"], &["schedule.epoch", "epochs"]);
    with(&["--set", "schedule.epochs=-1"], &["epochs"]);
    with(&["--set", "network.architecture=vgg"], &["\"vgg\"", "alexnet_small"]);
    with(&["--set", "cuts=[8]"], &["cut points 1 to 7", "8"]);
    with(&["--set", "cuts=[0]"], &["cut points 1 to 7", "0"]);
    with(&["--set", "network.architecture=alexnet"], &["16x16", "too small"]);
    with(&["--set", "splits=[\"sementic\"]"], &["sementic"]);
    with(&["--set", "network.dropout=1.0"], &["dropout", "[0, 1)"]);
    assert!(!Path::new(&out).exists(), "a run was begun that cannot be done");
}

#[test]
fn a_folder_that_is_not_a_run_or_not_writable_is_left_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.tex"), "precious").unwrap();
    let out = folder.path().display().to_string();
    refused(&["--profile", TOY, "--out", &out], &[&out, "not a run directory"]);
    let file = folder.path().join("thesis.tex").display().to_string();
    refused(&["--profile", TOY, "--out", &file], &[&file]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
}

#[test]
fn a_run_with_another_configuration_or_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let out = run.display().to_string();
    let small = ["--profile", TOY, "--out", &out, "--set", "cells=[]"];
    let (code, text) = assay(&[&["transfer-sweep"], &small[..]].concat());
    assert_eq!(code, Some(0), "{text}");
    refused(
        &[&small[..], &["--set", "schedule.epochs=3"]].concat(),
        &["other settings", "schedule.epochs is 2 there, 3 here"],
    );
    let lock = File::options().write(true).open(run.join("lock")).unwrap();
    lock.lock().unwrap();
    refused(&small, &["in use by another process"]);
}

#[test]
fn a_cell_that_diverges_is_recorded_as_diverged() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let out = run.display().to_string();
    let (code, text) = assay(&[
        "transfer-sweep",
        "--profile",
        TOY,
        "--out",
        &out,
        "--set",
        "cells=[\"scores\"]",
        "--set",
        "schedule.learning_rate=1e6",
    ]);
    assert_eq!(code, Some(0), "{text}");
    let records = RunDirectory::open(&run).unwrap().records().unwrap();
    assert_eq!(records.len(), 4);
    for record in records {
        match record.outcome {
            // A diverged base cannot be scored, which is not a failure.
            Outcome::Measured => {
                let scores: &BaseScores = record.details().unwrap();
                assert!(scores.layers.is_empty(), "{record:?}");
            }
            outcome => assert!(matches!(outcome, Outcome::Diverged { .. }), "{outcome:?}"),
        }
    }
}

#[test]
fn a_closed_pipe_is_not_a_failure() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(["transfer-sweep", "--profile", TOY, "--dry-run"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{:?}: {said}", output.status);
}

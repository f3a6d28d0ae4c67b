//! `assay report RUN`, as a user calls it.

#[path = "../../experiments/transfer/tests/fabricate/mod.rs"]
mod fabricate;

use assay_runs::Summary;
use assay_test_support::{in_memory, read};
use assert_cmd::Command;
use fabricate::Fabrication;

#[test]
fn the_summary_is_printed_as_it_is_written() {
    let folder = in_memory();
    Fabrication { seeds: 2, semantic: false, ..Fabrication::default() }.write(folder.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    let output = command
        .arg("report")
        .arg(folder.path())
        .arg("--json")
        .assert()
        .success()
        .get_output()
        .clone();
    let printed: Summary = serde_json::from_slice(&output.stdout).unwrap();
    let written: Summary = serde_json::from_str(&read(folder.path(), "summary.json")).unwrap();
    assert_eq!(printed, written);
    assert_eq!(printed.profile, "fabricated");
}

#[test]
fn a_directory_that_is_no_run_is_one_line_and_exit_status_2() {
    let folder = in_memory();
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    let output = command.arg("report").arg(folder.path()).assert().code(2).get_output().clone();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(message.contains("not a run directory"), "{message}");
    assert!(output.stdout.is_empty());
}

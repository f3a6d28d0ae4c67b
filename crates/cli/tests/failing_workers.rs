//! Workers that die, for example because a GPU is out of memory or lost: the cause is named and no result is lost.
#![cfg(unix)]

// Plans name the kinds of cells of all experiments.
use assay_cli as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use assay_runs::RunDirectory;
use assert_cmd::Command;

const TOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml");

/// Creates a program to use as a worker. The real one is in `$ASSAY`.
fn program(folder: &Path, script: &str) -> PathBuf {
    let path = folder.join("worker");
    let assay = env!("CARGO_BIN_EXE_assay");
    std::fs::write(&path, format!("#!/bin/sh\nASSAY='{assay}'\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn sweep(run: &Path, more: &[&str]) -> Output {
    let mut assay = Command::new(env!("CARGO_BIN_EXE_assay"));
    assay.args(["transfer-sweep", "--profile", TOY, "--set", "cells=[\"selffer\"]", "--out"]);
    assay.arg(run).args(["--jobs", "1"]).args(more).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The numbers of cells with a record, and of all cells.
fn done(run: &Path) -> (usize, usize) {
    let run = RunDirectory::open(run).unwrap();
    (run.records().unwrap().len(), run.plan().cells.len())
}

#[test]
fn an_out_of_memory_worker_is_named_and_independent_cells_are_done() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    // The first worker dies on its first cell, a base. Later workers are intact.
    let died = folder.path().join("died");
    let script = format!(
        "if [ -e '{0}' ]; then exec \"$ASSAY\" \"$@\"; fi\ntouch '{0}'\necho '\"ready\"'\nread order\n\
         echo 'DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")' >&2\nexit 101",
        died.display()
    );
    let worker = program(folder.path(), &script).display().to_string();
    let output = sweep(&run, &["--worker-program", &worker]);
    let words = said(&output);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("failed: base_a"), "{words}");
    assert!(words.contains("out of memory; try fewer --jobs"), "{words}");
    assert!(words.contains("CUDA_ERROR_OUT_OF_MEMORY"), "{words}");
    // Base A and the two cells that depend on it are missing; those of base B exist.
    assert_eq!(done(&run), (3, 6), "{words}");
    let output = sweep(&run, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(done(&run), (6, 6));
}

#[test]
fn a_cell_is_done_even_if_its_worker_dies_before_reporting_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    // The first worker dies when it reports its first finished cell; the report is lost.
    let died = folder.path().join("died");
    let script = format!(
        "if [ -e '{0}' ]; then exec \"$ASSAY\" \"$@\"; fi\ntouch '{0}'\n\
         \"$ASSAY\" \"$@\" 2>/dev/null | while read -r line; do\n\
         case \"$line\" in '{{\"done\"'*) kill -9 $$; exit;; esac\necho \"$line\"\ndone",
        died.display()
    );
    let worker = program(folder.path(), &script).display().to_string();
    let output = sweep(&run, &["--worker-program", &worker]);
    let words = said(&output);
    assert_eq!(output.status.code(), Some(0), "{words}");
    assert!(died.exists() && !words.contains("failed"), "{words}");
    assert_eq!(done(&run), (6, 6), "{words}");
}

#[test]
fn a_lost_device_ends_the_sweep_and_keeps_finished_cells() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    assert_eq!(sweep(&run, &["--set", "cells=[]"]).status.code(), Some(0));
    let script = "echo '\"ready\"'\nread order\necho 'The device is poisoned' >&2\nexit 101";
    let worker = program(folder.path(), script).display().to_string();
    let output = sweep(&run, &["--worker-program", &worker]);
    let words = said(&output);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("the device no longer works: its worker ended"), "{words}");
    assert!(words.contains("3 workers in a row died, no cell was done"), "{words}");
    assert!(words.contains("goes on from here, on another --device as well"), "{words}");
    assert_eq!(done(&run), (2, 6));
    let output = sweep(&run, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

#[test]
fn a_device_that_cannot_be_opened_stops_the_sweep() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let unable = "echo '{\"unable\":\"device cuda:0 cannot be used: there is no such GPU\"}'";
    let worker = program(folder.path(), unable).display().to_string();
    let output = sweep(&run, &["--worker-program", &worker]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("error: device cuda:0 cannot be used"), "{}", said(&output));
    // The second worker is the first that cannot open its device.
    let begun = folder.path().join("begun");
    let script = format!(
        "if [ -e '{0}' ]; then {unable}; exit 0; fi\ntouch '{0}'\necho '\"ready\"'\nread order\nexit 9",
        begun.display()
    );
    let worker = program(folder.path(), &script).display().to_string();
    let output = sweep(&run, &["--worker-program", &worker]);
    let words = said(&output);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("failed: base_a"), "{words}");
    assert!(words.contains("device cuda:0 cannot be used"), "{words}");
    assert!(words.contains("goes on from here"), "{words}");
}

#[test]
fn a_sweep_stops_at_its_time_limit_and_can_be_continued() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    // A worker that starts slowly, so that the time limit comes first.
    let script = "sleep 1\nexec \"$ASSAY\" \"$@\"";
    let worker = program(folder.path(), script).display().to_string();
    let output = sweep(&run, &["--stop-after", "0.01", "--worker-program", &worker]);
    let words = said(&output);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("the time limit is reached"), "{words}");
    assert!(words.contains("the same command goes on from here"), "{words}");
    assert!(done(&run).0 < 6);
    assert_eq!(sweep(&run, &["--stop-after", "30"]).status.code(), Some(0));
    assert_eq!(done(&run), (6, 6));
    for wrong in ["0", "-1", "soon"] {
        let output = sweep(&run, &[&format!("--stop-after={wrong}")]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(said(&output).contains("no number of minutes above 0"), "{}", said(&output));
    }
}

//! Workers that die, as they do of a card out of memory or lost: named, nothing lost, and gone on from.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Output;

use assay_runs::RunDirectory;
use assert_cmd::Command;

const TOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml");

/// A program that a worker is started as; it has the real one at `$ASSAY`.
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

/// Cells of the run with a record, of how many.
fn done(run: &Path) -> (usize, usize) {
    let run = RunDirectory::open(run).unwrap();
    (run.records().unwrap().len(), run.plan().cells.len())
}

#[test]
fn a_worker_out_of_memory_is_named_its_dependants_wait_and_the_rest_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    // The first worker dies of its first cell, a base; later ones are whole.
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
    assert!(words.contains("out of memory; fewer --jobs"), "{words}");
    assert!(words.contains("CUDA_ERROR_OUT_OF_MEMORY"), "{words}");
    // Base A and the two cells that rest on it are missing; those of base B are there.
    assert_eq!(done(&run), (3, 6), "{words}");
    let output = sweep(&run, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(done(&run), (6, 6));
}

#[test]
fn a_cell_whose_worker_dies_before_it_can_say_that_it_is_done_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    // The first worker's first word of a cell that is done is its last, and nobody hears it.
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
fn a_lost_device_ends_the_sweep_with_what_is_done_kept() {
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
fn a_device_that_cannot_be_opened_again_stops_a_sweep_and_one_that_never_could_refuses_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let unable = "echo '{\"unable\":\"device cuda:0 cannot be used: there is no such card\"}'";
    let worker = program(folder.path(), unable).display().to_string();
    let output = sweep(&run, &["--worker-program", &worker]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("error: device cuda:0 cannot be used"), "{}", said(&output));
    // The second worker is the first that can no longer open its device.
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
fn a_sweep_stops_after_its_time_and_goes_on_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    // A worker that takes its time to begin, so that the time is over before the sweep is.
    let script = "sleep 1\nexec \"$ASSAY\" \"$@\"";
    let worker = program(folder.path(), script).display().to_string();
    let output = sweep(&run, &["--stop-after", "0.01", "--worker-program", &worker]);
    let words = said(&output);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(words.contains("the time is over"), "{words}");
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

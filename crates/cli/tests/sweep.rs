//! Whole transfer sweeps at toy size, with the real program.

mod common;

use assay_transfer::TransferCell;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use assay_runs::RunDirectory;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use common::results;

fn sweep(out: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    let profile = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml");
    command.args(["transfer-sweep", "--profile", profile, "--out"]).arg(out).args(more);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
fn the_same_seed_gives_the_same_bits_with_any_number_of_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let (one, three) = (folder.path().join("one"), folder.path().join("three"));
    assert!(sweep(&one, &["--jobs", "1"]).status().unwrap().success());
    assert!(sweep(&three, &["--jobs", "3"]).status().unwrap().success());
    let (one, three) = (results(&one), results(&three));
    // 18 records, and the weights of two bases.
    assert_eq!(one.len(), 20);
    assert_eq!(one, three);
}

/// On a CPU without AVX-512, both runs are the same.
#[test]
fn narrower_simd_vectors_give_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let (widest, narrower) = (folder.path().join("widest"), folder.path().join("narrower"));
    assert!(sweep(&widest, &[]).status().unwrap().success());
    assert!(sweep(&narrower, &[]).env("ASSAY_SIMD", "avx2").status().unwrap().success());
    assert_eq!(results(&widest), results(&narrower));
}

#[test]
fn a_sweep_that_is_killed_and_resumed_gives_the_same_records() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    // Long enough that most kills come while a cell trains.
    let more = ["--set", "schedule.epochs=12"];
    let began = Instant::now();
    assert!(sweep(&whole, &more).status().unwrap().success());
    // Kill times are shares of the time of a whole sweep, so that they work on slow machines too.
    let whole_time = began.elapsed();
    let mut rng = ChaCha8Rng::seed_from_u64(20);
    let (mut kills, mut runs, mut resumed) = (0, 0, 0);
    while kills < 20 {
        let mut child = sweep(&killed, &more).spawn().unwrap();
        std::thread::sleep(whole_time.mul_f64(rng.random_range(0.1..0.6)));
        child.kill().unwrap();
        let ended = child.wait().unwrap();
        runs += 1;
        assert!(runs < 200, "only {kills} of {runs} runs were killed before they were done");
        if ended.success() {
            // It finished before it was killed, so start again.
            assert_eq!(results(&whole), results(&killed));
            resumed += cells_resumed(&killed);
            std::fs::remove_dir_all(&killed).unwrap();
        } else {
            kills += 1;
        }
    }
    assert!(sweep(&killed, &more).status().unwrap().success());
    assert_eq!(results(&whole), results(&killed));
    resumed += cells_resumed(&killed);
    assert!(resumed > 0, "no cell was resumed from a checkpoint in {runs} runs");
}

/// The number of times that a cell was resumed from a checkpoint.
fn cells_resumed(run: &Path) -> u32 {
    let run = RunDirectory::open(run).unwrap();
    run.plan().cells.iter().map(|cell| run.provenance(cell).unwrap().unwrap().resumed).sum()
}

#[test]
fn adding_a_seed_keeps_the_existing_results() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    assert!(sweep(&run, &[]).status().unwrap().success());
    let before = results(&run);
    assert!(sweep(&run, &["--seeds", "2"]).status().unwrap().success());
    let after = results(&run);
    assert_eq!(after.len(), 2 * before.len());
    assert!(before.iter().all(|(name, bytes)| after[name] == *bytes));
}

#[cfg(unix)]
#[test]
fn an_interrupted_sweep_says_how_to_continue_and_gives_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, stopped) = (folder.path().join("whole"), folder.path().join("stopped"));
    assert!(sweep(&whole, &[]).status().unwrap().success());
    let child = sweep(&stopped, &[]).stderr(Stdio::piped()).spawn().unwrap();
    // The plan exists shortly before the workers start.
    while !stopped.join("plan.json").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(100));
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the same command goes on from here"), "{said}");
    assert!(sweep(&stopped, &[]).status().unwrap().success());
    assert_eq!(results(&whole), results(&stopped));
}

#[test]
fn a_pair_of_data_sets_replaces_halves_and_accepts_pretrained_weights() {
    let folder = tempfile::tempdir().unwrap();
    let (pair, weights) = (folder.path().join("pair"), folder.path().join("weights"));
    let kinds = ["--set", "cells=[\"selffer\", \"transfer\"]"];
    let forms = ["--base-data", "forms", "--target-data", "forms"];
    assert!(sweep(&pair, &[&forms[..], &kinds].concat()).status().unwrap().success());
    let run = RunDirectory::open(&pair).unwrap();
    // Two bases. For both cut points, a selffer and a transfer to both targets.
    assert_eq!(run.plan().cells.len(), 10);
    assert_eq!(run.plan().classes.len(), 48);
    let base = run.weights(&run.plan().cells[0]).display().to_string();
    let file = ["--base-weights", &base];
    assert!(sweep(&weights, &[&file[..], &kinds].concat()).status().unwrap().success());
    let names: Vec<String> = RunDirectory::open(&weights)
        .unwrap()
        .plan()
        .cells
        .iter()
        .map(|cell| cell.downcast_ref::<TransferCell>().unwrap().treatment.to_string())
        .collect();
    assert_eq!(names, ["base_b", "b1b", "b6b", "a1b", "a6b"]);
}

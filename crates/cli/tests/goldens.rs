//! Results of the smoke profiles, bit for bit on a CPU: weights, logits, images and claims.
//!
//! A change that should not affect results must not change these snapshots. A change that should affect them records
//! them anew (`INSTA_UPDATE=always cargo test -p assay-cli --test goldens`) and explains why in its commit.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use assay_runs::{Cell, Record, RunDirectory};

/// Runs a smoke profile. Returns its results: one line per cell and one per claim.
fn golden(command: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut assay = Command::new(env!("CARGO_BIN_EXE_assay"));
    assay.args([command, "--profile", "smoke", "--device", "cpu", "--out"]).arg(&out);
    let status = assay.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command}: {status}");
    let run = RunDirectory::open(&out).unwrap();
    let mut text = String::new();
    for cell in &run.plan().cells {
        let record = run.record(cell).unwrap().expect("every cell is done");
        writeln!(text, "{}", line(&run.cell_folder(cell), cell, &record)).unwrap();
    }
    for claim in assay_cli::report(&out).unwrap().summary.claims {
        writeln!(text, "{}", serde_json::to_string(&claim).unwrap()).unwrap();
    }
    text
}

/// A cell's name, its outcome, its number of correct test images and the hashes of its files.
fn line(folder: &Path, cell: &Cell, record: &Record) -> String {
    let mut line = format!("{} {:?}", cell.name(), record.outcome);
    if let Some(test) = record.test {
        let _ = write!(line, " {} of {}, loss {:?}", test.correct, test.images, test.loss);
    }
    let _ = write!(line, " weights {}", &record.weights);
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "safetensors"))
    {
        let digest = blake3::hash(&std::fs::read(file).unwrap()).to_hex();
        let _ = write!(line, " {} {}", file.file_stem().unwrap().display(), &digest[..16]);
    }
    line
}

#[test]
fn transfer_results_are_unchanged() {
    insta::assert_snapshot!("transfer", golden("transfer-sweep"));
}

#[test]
fn distillation_results_are_unchanged() {
    insta::assert_snapshot!("distill", golden("distill"));
}

#[test]
fn fooling_results_are_unchanged() {
    insta::assert_snapshot!("fool", golden("fool"));
}

//! What the smoke profile of each experiment comes to, bit for bit on a CPU: the weights of every network, the
//! logits, the images found, the claims. A change of the code that is to change no result leaves these
//! files as they are; one that is to change them records them anew (`INSTA_UPDATE=always cargo test -p
//! assay-experiments --test goldens`) and says why in its commit.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use assay_runs::{Cell, Record, RunDirectory};

/// Runs a smoke profile and says what it came to, a line a cell and a line a claim.
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

/// A cell's name, how it ended, how many test images it gets right, and the hashes of what it left.
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
fn transfer_comes_to_the_same_bits() {
    insta::assert_snapshot!("transfer", golden("transfer-sweep"));
}

#[test]
fn distillation_comes_to_the_same_bits() {
    insta::assert_snapshot!("distill", golden("distill"));
}

#[test]
fn fooling_comes_to_the_same_bits() {
    insta::assert_snapshot!("fool", golden("fool"));
}

//! The Python package reads what assay writes.

// Plans name the kinds of cells of all experiments.
use assay_cli as _;

use std::process::{Command, Output};

use assay_runs::RunDirectory;
use serde_json::Value;

const PACKAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../python");

/// A Python with what the package needs: that of `ASSAY_PYTHON`, or `python3`.
fn python() -> Option<Command> {
    let python = std::env::var("ASSAY_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let needed = "import pandas, safetensors.numpy";
    let import = Command::new(&python).args(["-c", needed]).output();
    if !import.is_ok_and(|output| output.status.success()) {
        eprintln!(
            "skipped: {python} has no pandas or safetensors; ASSAY_PYTHON names another Python"
        );
        return None;
    }
    let mut command = Command::new(python);
    command.env("PYTHONPATH", PACKAGE).env("PYTHONDONTWRITEBYTECODE", "1");
    Some(command)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn results_and_weights_are_those_of_the_run() {
    let Some(mut python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let profile = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml");
    let sweep = Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(["transfer-sweep", "--profile", profile, "--device", "cpu", "--out"])
        .arg(&path)
        .output()
        .unwrap();
    assert!(sweep.status.success(), "{}", said(&sweep));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/read_run.py");
    let read = python.arg(script).arg(&path).output().unwrap();
    assert!(read.status.success(), "{}", said(&read));
    let found: Value = serde_json::from_slice(&read.stdout).unwrap();
    let run = RunDirectory::open(&path).unwrap();
    let mut tested = 0;
    for record in run.records().unwrap() {
        let name = record.cell.name();
        assert_eq!(found["epochs"][&name].as_u64().unwrap_or(0), record.curve.len() as u64);
        if let Some(test) = record.test {
            let accuracy = found["accuracies"][&name].as_f64().unwrap();
            assert!((accuracy - test.accuracy()).abs() < 1e-12, "{name}");
            tested += 1;
        }
    }
    assert_eq!(found["accuracies"].as_object().unwrap().len(), tested);
    let outcomes = found["outcomes"].as_array().unwrap();
    let known = ["trained", "did_not_learn", "measured"];
    assert!(
        outcomes.iter().all(|outcome| known.contains(&outcome.as_str().unwrap())),
        "{outcomes:?}"
    );
    assert!(found["treatments"].as_u64().unwrap() > 5, "{found}");
    // 3x3 filters of three channels.
    assert_eq!(found["shapes"]["conv1.weight"].as_array().unwrap()[1..], [3, 3, 3]);
    // With `blake3`, a damaged file is refused.
    if found["verifies"] == true {
        let base = run.plan().cells.iter().find(|cell| cell.name() == found["base"]).unwrap();
        let mut weights = std::fs::read(run.weights(base)).unwrap();
        *weights.last_mut().unwrap() ^= 1;
        std::fs::write(run.weights(base), weights).unwrap();
        let read = python.output().unwrap();
        assert!(!read.status.success() && said(&read).contains("DamagedFile"), "{}", said(&read));
    }
}

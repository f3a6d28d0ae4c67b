//! The event files of a run, read by `TensorBoard` itself.

// Plans name the kinds of cells of all experiments.
use assay_cli as _;

use std::process::Command;

use assay_runs::RunDirectory;
use serde_json::Value;

/// A Python with `TensorBoard`: that of `ASSAY_PYTHON`, or `python3`.
fn python() -> Option<String> {
    let python = std::env::var("ASSAY_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let import = Command::new(&python).args(["-c", "import tensorboard"]).output();
    if import.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    eprintln!("skipped: {python} has no tensorboard; ASSAY_PYTHON names another Python");
    None
}

#[test]
fn tensorboard_reads_the_learning_curves() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let profile = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml");
    let assay = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_assay")).args(arguments).arg(&run).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    assay(&["transfer-sweep", "--profile", profile, "--device", "cpu", "--out"]);
    assay(&["runs", "tensorboard"]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/read_tensorboard.py");
    let output = Command::new(python).arg(script).arg(run.join("tensorboard")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let curves: Value = serde_json::from_slice(&output.stdout).unwrap();
    let run = RunDirectory::open(&run).unwrap();
    let mut compared = 0;
    for record in run.records().unwrap() {
        let tags = &curves[record.cell.name()];
        for (at, point) in record.curve.iter().enumerate() {
            let found = &tags["loss/training"][at];
            assert_eq!(found[0], point.epoch);
            assert!(
                (found[1].as_f64().unwrap() - point.train_loss).abs() < 1e-6 * point.train_loss
            );
            compared += 1;
        }
        // A comparison of layers has no accuracy.
        if let Some(test) = record.test {
            let found = tags["accuracy/test"][0][1].as_f64().unwrap();
            assert!((found - test.accuracy()).abs() < 1e-6);
        }
    }
    assert!(compared > 10, "{compared}");
}

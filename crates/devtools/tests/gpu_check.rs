//! Tests the GPU check on the CPU: a sweep that is stopped after a time slice and continued.

use std::path::Path;

use assert_cmd::Command;

fn run_slice(out: &Path, run: &Path) -> String {
    let mut assay = Command::new(env!("CARGO_BIN_EXE_assay-dev"));
    assay.args(["gpu-check", "--toy", "--device", "cpu", "--jobs", "1"]);
    assay.args(["--step", "sweep", "--slices", "1", "--slice", "0.02"]);
    let output = assay.arg("--out").arg(out).arg("--run").arg(run).output().unwrap();
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_sweep_in_time_slices_continues_and_lists_every_slice() {
    let folder = tempfile::tempdir().unwrap();
    let (out, run) = (folder.path().join("out"), folder.path().join("run"));
    let said = run_slice(&out, &run) + &run_slice(&out, &run);
    let noted = std::fs::read(out.join("sweep.json")).expect(&said);
    let noted: serde_json::Value = serde_json::from_slice(&noted).unwrap();
    let slices = noted["slices"].as_array().unwrap();
    assert_eq!(slices.len(), 2, "{said}");
    let number = |slice: usize, key: &str| slices[slice][key].as_u64().unwrap();
    assert_eq!(number(0, "done_before"), 0);
    assert!(number(0, "done_after") < noted["cells"].as_u64().unwrap(), "{said}");
    assert_eq!(number(1, "done_before"), number(0, "done_after"));
    assert_eq!((number(0, "status"), number(1, "status")), (1, 1), "{said}");
    assert!(slices[0]["seconds"].as_f64().unwrap() > 1.0, "{said}");
}

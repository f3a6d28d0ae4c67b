//! `assay distill temperature-curve`, as a user calls it.

use std::path::Path;

use assert_cmd::Command;

/// `assay distill temperature-curve ARGUMENTS` in a folder.
fn curve(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.current_dir(folder).args(["distill", "temperature-curve"]).args(arguments);
    command
}

#[test]
fn the_users_logits_are_drawn_twice_and_printed_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--logits", "-2.5,8,-2.5", "--json", "--out", "mine.svg"];
    let output = curve(folder.path(), &arguments).assert().success().get_output().clone();
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed["logits"], serde_json::json!([-2.5, 8.0, -2.5]));
    assert_eq!(printed["temperatures"].as_array().unwrap().len(), 9);
    assert!(printed.get("seed").is_none());
    // The odds of the second are exp(10.5 / 7) = exp(1.5) to 1 at T = 7.
    let at_7 = printed["probabilities"][6][1].as_f64().unwrap();
    assert!((at_7 - 1.5_f64.exp() / (1.5_f64.exp() + 2.0)).abs() < 1e-12, "{at_7}");
    let svg = std::fs::read_to_string(folder.path().join("mine.svg")).unwrap();
    assert!(svg.contains("class 2, logit 8.00"));
    let png = std::fs::read(folder.path().join("mine.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
}

#[test]
fn seed_0_and_a_file_in_this_folder_are_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    let first = curve(folder.path(), &[]).assert().success().get_output().stdout.clone();
    assert!(folder.path().join("temperature-curve.svg").is_file());
    assert!(folder.path().join("temperature-curve.png").is_file());
    let again = curve(folder.path(), &["--seed", "0"]).assert().success();
    assert_eq!(again.get_output().stdout, first);
    let other = curve(folder.path(), &["--seed", "1"]).assert().success();
    assert_ne!(other.get_output().stdout, first);
}

#[test]
fn bad_input_is_named_with_exit_status_2_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let refused: [(&[&str], &str); 8] = [
        (&["--logits", "3"], "logits: 1 given; give 2 to 20"),
        (&["--logits", "3,NaN"], "invalid value 'NaN'"),
        (&["--logits", "3,-inf"], "invalid value '-inf'"),
        (&["--logits", "3,many"], "invalid value 'many'"),
        (&["--logits", "3,,4"], "not a finite number"),
        (&["--logits", "3,4", "--seed", "1"], "cannot be used with"),
        (&["--out", "curve.png"], "--out curve.png"),
        (&["--out", "missing/curve.svg"], "missing: "),
    ];
    for (arguments, message) in refused {
        let output = curve(folder.path(), arguments).assert().code(2).get_output().clone();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(message), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_report_asks_for_a_run() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    let output = command.arg("report").assert().code(2).get_output().clone();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("<RUN>"), "{said}");
}

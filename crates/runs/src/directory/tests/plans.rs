//! Plans on disk: differences, extension, damage.

use super::*;

#[test]
fn paths_are_not_a_difference_between_plans() {
    let with = |settings: serde_json::Value, fingerprint: &str| {
        let mut cell = test_cell("base", 0, &[]);
        fingerprint.clone_into(&mut cell.data.fingerprint);
        Plan { settings, cells: vec![cell.into()], ..plan(0) }
    };
    let settings = |path: &str, margin: f64| {
        serde_json::json!({"run": {"loader_threads": path.len()}, "data": {"name": path, "seed": 0},
            "target_data": "", "base_weights": path, "external_runs": [path], "margin": margin})
    };
    let there = with(settings("pets", 0.5), "0123");
    assert!(there.is_subset_of(&with(settings("./pets/", 0.5), "0123")));
    let margin = there.difference(&with(settings("./pets/", 1.0), "0123"));
    assert_eq!(margin, "margin is 0.5 there, 1.0 here");
    let other = with(settings("./pets/", 0.5), "4567");
    assert!(!there.is_subset_of(&other));
    let words = "other data: pets of fingerprint 0123 there, ./pets/ of fingerprint 4567 here";
    assert!(there.difference(&other).contains(words), "{}", there.difference(&other));
    let file = there.difference(&with(settings("cats", 0.5), "0123"));
    assert!(file.contains("another file of weights"), "{file}");
}

#[test]
fn the_note_on_imported_weights_names_the_normalization() {
    let given = |initialization: crate::Initialization| {
        let network = NetworkSpec {
            architecture: "lenet".to_owned(),
            width: 1.0,
            groups: false,
            local_response_norm: false,
            input_dropout: 0.0,
            dropout: 0.0,
            initialization,
        };
        let cell = TestCell { imported: Some(network), ..test_cell("base", 0, &[]) };
        Plan { cells: vec![cell.into()], ..plan(0) }.imported_weights_note().unwrap()
    };
    assert!(plan(1).imported_weights_note().is_none());
    assert!(given(crate::Initialization::He).contains("by the mean and standard deviation of"));
    assert!(given(crate::Initialization::Paper).contains("not divided by a standard deviation"));
}

#[test]
fn a_plan_extended_before_locking_is_detected() {
    let folder = tempfile::tempdir().unwrap();
    let early = RunDirectory::create_or_open(folder.path(), plan(1)).unwrap();
    early.check_plan(&early.lock().unwrap()).unwrap();
    let late = RunDirectory::create_or_open(folder.path(), plan(2)).unwrap();
    late.check_plan(&late.lock().unwrap()).unwrap();
    let error = early.check_plan(&early.lock().unwrap()).unwrap_err().to_string();
    assert!(error.contains("run the command again"), "{error}");
}

#[test]
fn a_damaged_plan_can_be_deleted_and_planned_again() {
    let (folder, run) = finished();
    let path = folder.path().join("plan.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("a test", "b test")).unwrap();
    let error = RunDirectory::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("plan.json") && error.contains("delete it"), "{error}");
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(folder.path().join("report")).unwrap();
    let anew = RunDirectory::create_or_open(folder.path(), plan(2)).unwrap();
    assert!(run.plan().cells.iter().all(|cell| anew.is_done(cell)));
}

#[test]
fn a_plan_of_an_earlier_version_is_an_error() {
    let (folder, _run) = finished();
    let path = folder.path().join("plan.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.contains("\"digest\"")).collect();
    std::fs::write(&path, lines.join("\n")).unwrap();
    let error = RunDirectory::open(folder.path()).unwrap_err().to_string();
    let words = "made by an earlier version of assay; use that version, or another --out";
    assert!(error.ends_with(words) && !error.contains("delete"), "{error}");
}

#[test]
fn a_run_of_another_format_is_refused_by_its_number() {
    let folder = tempfile::tempdir().unwrap();
    RunDirectory::create_or_open(folder.path(), plan(1)).unwrap();
    let path = folder.path().join("plan.json");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"format\": 3,"), "{text}");
    // A plan of format 1 has no such field.
    crate::digest_prefix::write_json_with_digest(&path, &plan(1)).unwrap();
    let error = RunDirectory::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("a run of format 1, and this version of assay has format 3"), "{error}");
}

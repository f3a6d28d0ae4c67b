use super::*;
use crate::{Evaluation, Outcome, Seconds, Study};

fn plan(seeds: u32) -> Plan {
    let cell = |seed: u32| -> Cell {
        let text = format!(
            r#"{{"treatment":"base_a","split":{{"random":{seed}}},"seed":{seed},"images_per_class":null,
            "data":{{"name":"forms","fingerprint":"0123"}},
            "views":{{"count":1,"crop_padding":0,"mirror":false}},
            "network":{{"architecture":"lenet","width":1.0,"groups":false,"normalization":false,
                "dropout":0.0,"initialization":"he"}},
            "schedule":{{"epochs":1,"batch":16,"learning_rate":0.01,"bias_learning_rate_factor":2.0,
                "drops":[],"drop_factor":0.1,"momentum":0.9,"weight_decay":0.0005}}}}"#
        );
        Cell::Transfer(serde_json::from_str(&text).unwrap())
    };
    Plan {
        study: Study::Transfer,
        profile: "a test".to_owned(),
        settings: serde_json::Value::Null,
        layers: Vec::new(),
        classes: Vec::new(),
        cells: (0..seeds).map(cell).collect(),
    }
}

#[test]
fn a_run_without_its_empty_folders_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunDirectory::create_or_open(folder.path(), plan(1)).unwrap();
    // As a process leaves it that is killed while it sweeps.
    std::fs::remove_dir(folder.path().join("attempts")).unwrap();
    run.sweep_attempts(&run.lock().unwrap()).unwrap();
    // As a copy is that left out what was empty.
    for name in FOLDERS {
        std::fs::remove_dir(folder.path().join(name)).unwrap();
    }
    let run = RunDirectory::create_or_open(folder.path(), plan(1)).unwrap();
    run.sweep_attempts(&run.lock().unwrap()).unwrap();
    let cell = &run.plan().cells[0];
    run.note_failure(cell, "a test").unwrap();
    std::fs::write(run.checkpoint(cell), "a checkpoint").unwrap();
    run.attempt(cell).unwrap();
}

#[test]
fn where_data_and_files_lie_is_no_difference_between_plans() {
    let with = |settings: serde_json::Value, fingerprint: &str| {
        let mut plan = Plan { settings, ..plan(1) };
        if let Cell::Transfer(cell) = &mut plan.cells[0] {
            fingerprint.clone_into(&mut cell.data.fingerprint);
        }
        plan
    };
    let settings = |path: &str, margin: f64| {
        serde_json::json!({"run": {"decoders": path.len()}, "data": {"name": path, "seed": 0},
            "target_data": "", "base_weights": path, "nets": [path], "margin": margin})
    };
    let there = with(settings("pets", 0.5), "0123");
    assert!(there.is_within(&with(settings("./pets/", 0.5), "0123")));
    let margin = there.difference(&with(settings("./pets/", 1.0), "0123"));
    assert_eq!(margin, "margin is 0.5 there, 1.0 here");
    let other = with(settings("./pets/", 0.5), "4567");
    assert!(!there.is_within(&other));
    let words = "other data: pets of fingerprint 0123 there, ./pets/ of fingerprint 4567 here";
    assert!(there.difference(&other).contains(words), "{}", there.difference(&other));
    let file = there.difference(&with(settings("cats", 0.5), "0123"));
    assert!(file.contains("another file of weights"), "{file}");
}

#[test]
fn a_plan_that_grew_before_the_lock_was_taken_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let early = RunDirectory::create_or_open(folder.path(), plan(1)).unwrap();
    early.check_plan(&early.lock().unwrap()).unwrap();
    let late = RunDirectory::create_or_open(folder.path(), plan(2)).unwrap();
    late.check_plan(&late.lock().unwrap()).unwrap();
    let error = early.check_plan(&early.lock().unwrap()).unwrap_err().to_string();
    assert!(error.contains("give the command again"), "{error}");
}

#[test]
fn a_network_whose_test_loss_is_no_number_has_a_record_that_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunDirectory::create_or_open(folder.path(), plan(1)).unwrap();
    let cell = &run.plan().cells[0];
    let infinite = Evaluation { images: 4, correct: 1, correct_top5: 2, loss: f64::INFINITY };
    let record = Record { test: Some(infinite), ..Record::measured(cell.clone()) };
    assert!(!record.is_finite());
    let record = record.diverged(7);
    assert!(record.is_finite());
    let provenance = Provenance {
        device: "cpu".to_owned(),
        precision: "f32".to_owned(),
        machine: "a test".to_owned(),
        version: "0".to_owned(),
        seconds: Seconds::default(),
        finished: 0.0,
        images_per_second: 0.0,
        latency: None,
        cached_layers: 0,
        resumed: 0,
        earlier_devices: Vec::new(),
    };
    run.attempt(cell).unwrap().publish(&record, &provenance).unwrap();
    let read = run.record(cell).unwrap().unwrap();
    assert_eq!((read.outcome, read.test), (Outcome::Diverged { epoch: 7 }, None));
}

//! Distillation and fooling at toy size, with the real program: reproducibility, interruptions and bad input.

mod common;
#[path = "common/study.rs"]
mod study;

use std::path::Path;
use std::process::Stdio;

use assay_runs::RunDirectory;

use common::results;
use study::{kill_and_compare, refusal, study};

#[test]
fn a_distillation_that_is_killed_and_resumed_gives_the_same_bits() {
    kill_and_compare("distill", &[], 6);
}

#[test]
fn an_attack_that_is_killed_and_resumed_gives_the_same_archive() {
    kill_and_compare("fool", &[], 6);
}

#[test]
fn bad_input_is_refused() {
    let cases = [
        ("distill", "distillation.temperatures=[0.0]", "temperatures has 0"),
        ("distill", "distillation.soft_weight=-1.0", "soft_weight is -1"),
        ("distill", "distillation.excluded_classes=[[24]]", "classes 0 to 23"),
        ("distill", "teacher.architecture=mlp-0", "mlp-0"),
        ("distill", "validation_images=288", "validation_images is 288 of 288"),
        ("fool", "attack.generations=0", "attack.generations is 0"),
        ("fool", "attack.encodings=[\"cppm\"]", "cppm"),
        ("fool", "networks.architectures=[\"alexnet\"]", "too small"),
        ("fool", "retrain.rounds=41", "retrain.rounds is 41"),
    ];
    for (name, change, words) in cases {
        let said = refusal(name, &["--set", change]);
        assert!(said.contains(words), "{change}: {said}");
    }
}

#[test]
fn online_and_cached_teachers_give_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, live) = (folder.path().join("kept"), folder.path().join("live"));
    assert!(study("distill", &kept, &[]).status().unwrap().success());
    let none = ["--set", "run.cache_mebibytes=0"];
    assert!(study("distill", &live, &none).status().unwrap().success());
    let files = |run: &Path| std::fs::read_dir(run.join("teachers")).unwrap().count();
    assert_eq!((files(&kept), files(&live)), (2, 0));
    assert_eq!(results(&kept), results(&live));
}

#[test]
fn cached_logits_of_another_teacher_are_named_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let [out, whole] = ["run", "whole"].map(|name| folder.path().join(name));
    let more = ["--set", "distillation.temperatures=[2.0, 8.0, 3.0]"];
    assert!(study("distill", &whole, &more).status().unwrap().success());
    assert!(study("distill", &out, &[]).status().unwrap().success());
    // Two cache files are swapped, so each belongs to another teacher.
    let mut outputs: Vec<_> =
        std::fs::read_dir(out.join("teachers")).unwrap().map(|file| file.unwrap().path()).collect();
    outputs.sort();
    assert_eq!(outputs.len(), 2);
    let aside = folder.path().join("aside");
    std::fs::rename(&outputs[0], &aside).unwrap();
    std::fs::rename(&outputs[1], &outputs[0]).unwrap();
    std::fs::rename(&aside, &outputs[1]).unwrap();
    let output = study("distill", &out, &more).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for file in &outputs {
        let words = format!("{}: it is of another teacher or of other images", file.display());
        assert!(said.contains(&words), "{said}");
    }
    assert_eq!(results(&whole), results(&out));
}

#[test]
fn adding_a_seed_to_a_fooling_run_keeps_the_existing_results() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    assert!(study("fool", &out, &[]).status().unwrap().success());
    let before = results(&out);
    assert!(study("fool", &out, &["--seeds", "2"]).status().unwrap().success());
    let after = results(&out);
    assert!(before.iter().all(|(name, bytes)| after[name] == *bytes));
    assert!(after.len() > 2 * before.len());
}

#[test]
fn a_run_with_diverged_networks_and_teachers_ends_and_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("fool");
    let wild = ["--set", "networks.schedule.learning_rate=1e6"];
    assert!(study("fool", &out, &wild).status().unwrap().success());
    for record in RunDirectory::open(&out).unwrap().records().unwrap() {
        assert!(record.details.is_none(), "{:?}", record.cell.name());
    }
    let out = folder.path().join("distill");
    let wild = ["--set", "teacher.schedule.learning_rate=1e6"];
    let output = study("distill", &out, &wild).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("diverged in epoch") && said.contains("it cannot be distilled"),
        "{said}"
    );
}

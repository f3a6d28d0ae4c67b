//! Teachers from files of pretrained weights.

mod common;
#[path = "common/killing.rs"]
mod killing;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use assay_classifier_cells::{ClassifierCell, Role};
use assay_models::{Initialization, NetworkConfig};
use assay_runs::{Outcome, Record, RunDirectory, random_stream};
use burn::tensor::Device;

use common::results;
use killing::kill_during_a_cell;

const TOY: [&str; 11] = [
    "tuning.lr_factors=[]",
    "seeds=1",
    "validation_images=48",
    "data.forms_train_images_per_class=12",
    "data.forms_test_images_per_class=4",
    "teacher.schedule.epochs=2",
    "teacher.network.width=1.0",
    "student.schedule.epochs=2",
    "student.architectures=[\"mlp-9\"]",
    "distillation.temperatures=[4.0]",
    "run.checkpoint_seconds=0",
];

fn distill(out: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(["distill", "--profile", "smoke", "--out"]).arg(out);
    command.args(TOY.iter().flat_map(|change| ["--set", change])).args(more);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn done(out: &Path, more: &[&str]) -> RunDirectory {
    let output = distill(out, more).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{more:?}: {said}");
    RunDirectory::open(out).unwrap()
}

/// What a command prints that is refused. Its exit status is 2, and it creates no run.
fn refusal(more: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let output = distill(&out, more).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{more:?}: {said}");
    assert!(!said.contains("panicked") && !out.exists(), "{said}");
    said
}

fn teachers(run: &RunDirectory) -> Vec<Record> {
    let is_teacher = |record: &Record| {
        record.cell.downcast_ref::<ClassifierCell>().unwrap().role == Role::Teacher
    };
    run.records().unwrap().into_iter().filter(is_teacher).collect()
}

fn config(network: &str, classes: usize) -> NetworkConfig {
    NetworkConfig {
        architecture: network.parse().unwrap(),
        input: [3, 16, 16],
        classes,
        width: 1.0,
        groups: false,
        local_response_norm: false,
        input_dropout: 0.0,
        dropout: 0.0,
    }
}

/// Writes a file with an untrained network.
fn drawn(folder: &Path, name: &str, network: &str, classes: usize) -> PathBuf {
    let streams = |layer: &str| random_stream(&name, layer);
    let network = config(network, classes).init(Initialization::He, streams, &Device::flex());
    let path = folder.join(name);
    std::fs::write(&path, network.unwrap().to_safetensors()).unwrap();
    path
}

#[test]
fn imported_teachers_have_the_same_logits_as_where_they_were_trained() {
    let folder = tempfile::tempdir().unwrap();
    let small = ["--set", "teacher.network.width=0.25", "--set", "teacher.ensemble=2"];
    let trained = done(&folder.path().join("trained"), &small);
    let theirs = teachers(&trained);
    let files: Vec<String> =
        theirs.iter().map(|record| trained.weights(&record.cell).display().to_string()).collect();
    let more = [&["--teacher", &files[0], "--teacher", &files[1]], &small[..2]].concat();
    let out = folder.path().join("given");
    let given = done(&out, &more);
    let ours = teachers(&given);
    assert_eq!(ours.len(), 2);
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!((ours.outcome.clone(), ours.curve.len()), (Outcome::Measured, 0));
        assert_eq!((ours.test, &ours.weights), (theirs.test, &theirs.weights));
        let logits = |run: &RunDirectory, record: &Record| std::fs::read(run.logits(&record.cell));
        assert_eq!(logits(&given, ours).unwrap(), logits(&trained, theirs).unwrap());
    }
    // Another seed has other students, but the same teachers.
    let before = results(given.path());
    let grown = done(&out, &[&more[..], &["--seeds", "2"]].concat());
    assert_eq!((teachers(&grown).len(), grown.plan().cells.len()), (2, 2 + 2 * 2));
    let after = results(grown.path());
    assert!(before.iter().all(|(name, bytes)| after[name] == *bytes));
}

#[test]
fn a_state_dict_and_a_safetensors_file_give_the_same_teacher() {
    let folder = tempfile::tempdir().unwrap();
    let dict = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/teacher.pth");
    let network = config("mlp-3", 24).load_exact(&dict, &Device::flex()).unwrap();
    let tensors = folder.path().join("teacher.safetensors");
    std::fs::write(&tensors, network.to_safetensors()).unwrap();
    let [dict, tensors] = [dict, tensors].map(|path| path.display().to_string());
    let more = ["--teacher", &dict, "--teacher", &tensors, "--teacher-network", "mlp-3"];
    let run = done(&folder.path().join("run"), &more);
    let logits = teachers(&run).into_iter().map(|record| std::fs::read(run.logits(&record.cell)));
    let logits: Vec<_> = logits.collect::<Result<_, _>>().unwrap();
    assert_eq!(logits[0], logits[1]);
}

#[test]
fn a_killed_run_continues_with_its_teachers_files_and_refuses_others() {
    let folder = tempfile::tempdir().unwrap();
    let file = drawn(folder.path(), "teacher", "mlp-5", 24);
    let more = ["--teacher", file.to_str().unwrap(), "--teacher-network", "mlp-5", "--jobs", "2"];
    let whole = done(&folder.path().join("whole"), &more);
    let out = folder.path().join("killed");
    let interrupted =
        (0..3).filter(|_| kill_during_a_cell(&mut distill(&out, &more), &out)).count();
    assert!(interrupted > 0, "no cell was in progress when the run was killed");
    let killed = done(&out, &more);
    assert_eq!(results(whole.path()), results(killed.path()));
    // Another file is another teacher.
    drawn(folder.path(), "other", "mlp-5", 24);
    std::fs::rename(folder.path().join("other"), &file).unwrap();
    let output = distill(&out, &more).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("other settings (the same settings but"), "{said}");
    assert!(said.contains("another file of weights"), "{said}");
    assert_eq!(results(whole.path()), results(killed.path()));
}

#[test]
fn a_file_that_is_not_a_teacher_is_refused_before_training() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    drawn(folder.path(), "right", "mlp-5", 24);
    drawn(folder.path(), "ten classes", "mlp-5", 10);
    drawn(folder.path(), "shallower", "mlp-24", 24);
    drawn(folder.path(), "wider", "mlp-6", 24);
    drawn(folder.path(), "deeper", "mlp-5-24-7", 24);
    let whole = std::fs::read(path("right")).unwrap();
    std::fs::write(path("cut"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(path("text"), "no weights").unwrap();
    let cases: [(&str, &[&str]); 7] = [
        ("ten classes", &["\"fc2.bias\" is [10]", "the data has 24 and needs [24]"]),
        ("wider", &["\"fc1.weight\" is F32 [6, 768]", "needs F32 [5, 768]"]),
        ("deeper", &["fc3.weight", "mlp-5 has no tensors", "its tensors are fc1.weight"]),
        ("shallower", &["\"fc1.weight\" is F32 [24, 768]"]),
        ("cut", &["damaged"]),
        ("text", &["damaged"]),
        ("nowhere", &["no such file", "unknown network"]),
    ];
    for (name, words) in cases {
        let said = refusal(&["--teacher", &path(name), "--teacher-network", "mlp-5"]);
        assert!(said.contains(&path(name)), "{said}");
        for word in words {
            assert!(said.contains(word), "{name} does not say {word:?}: {said}");
        }
    }
    let two = ["--teacher", &path("right"), "--teacher-network", "mlp-5-6"];
    assert!(refusal(&two).contains("no tensor \"fc3.bias\""));
    let twice = ["--teacher", &path("right"), "--teacher", &path("right")];
    let twice = [&twice[..], &["--teacher-network", "mlp-5"]].concat();
    assert!(refusal(&twice).contains("is the same as a file before it"));
}

#[test]
fn weights_with_non_finite_logits_fail_with_the_likely_cause() {
    let folder = tempfile::tempdir().unwrap();
    let file = drawn(folder.path(), "teacher", "mlp-5", 24);
    let mut bytes = std::fs::read(&file).unwrap();
    // A file must hold finite numbers, but their products overflow.
    let header = 8 + usize::try_from(u64::from_le_bytes(bytes[..8].try_into().unwrap())).unwrap();
    for number in bytes[header..].chunks_exact_mut(4) {
        let large = f32::from_le_bytes(number.try_into().unwrap()) * 1e30;
        number.copy_from_slice(&large.to_le_bytes());
    }
    std::fs::write(&file, bytes).unwrap();
    let more = ["--teacher", file.to_str().unwrap(), "--teacher-network", "mlp-5"];
    let output = distill(&folder.path().join("run"), &more).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let line = said.lines().find(|line| line.starts_with("failed: teacher")).unwrap();
    assert!(line.contains(&file.display().to_string()), "{line}");
    assert!(line.contains("was the network trained on images normalized like these?"), "{line}");
}

#[test]
fn a_teacher_is_either_a_network_or_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = drawn(folder.path(), "teacher", "mlp-5", 24).display().to_string();
    let mixed = refusal(&["--teacher", "mlp-5", "--teacher", &file]);
    assert!(mixed.contains("give one network, or one or more files"), "{mixed}");
    let both = refusal(&["--teacher", "mlp-5", "--teacher-network", "mlp-6"]);
    assert!(both.contains("both name a network"), "{both}");
    let unnamed = refusal(&["--teacher-network", "mlp-6"]);
    assert!(unnamed.contains("--teacher <NET|FILE>"), "{unnamed}");
}

#[test]
fn the_plan_says_how_images_of_imported_networks_are_normalized() {
    let folder = tempfile::tempdir().unwrap();
    let file = drawn(folder.path(), "teacher", "mlp-5", 24);
    let out = folder.path().join("run");
    let plan = |more: &[&str]| {
        let mut command = distill(&out, more);
        let output = command.arg("--dry-run").stdout(Stdio::piped()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let note = "normalized by the mean and standard deviation of the training images here";
    let given = plan(&["--teacher", file.to_str().unwrap(), "--teacher-network", "mlp-5"]);
    assert!(given.contains(note) && given.contains("teacher.mlp-5.from-file"), "{given}");
    assert!(!plan(&[]).contains(note));
}

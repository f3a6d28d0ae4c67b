//! Distillation and fooling at toy size, by the program itself: the same bits whatever the jobs and
//! the interruptions, and bad input named.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use assay_runs::{Cell, Role, RunDirectory};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Both studies save after every step.
const TOY: [&str; 6] = [
    "seeds=1",
    "held_out=48",
    "data.forms_train_per_class=12",
    "data.forms_test_per_class=4",
    "run.checkpoint_seconds=0",
    "run.keep_all_weights=true",
];

const DISTILL: [&str; 4] = [
    "teacher.ensemble=2",
    "teacher.network.input_dropout=0.2",
    "teacher.schedule.epochs=2",
    "student.schedule.epochs=2",
];

const FOOL: [&str; 3] = [
    "networks.schedule.epochs=1",
    "attack.generations=8",
    "networks.architectures=[\"mlp-9\", \"mlp-7\"]",
];

fn study(name: &str, out: &Path, more: &[&str]) -> Command {
    let own: &[&str] = if name == "distill" { &DISTILL } else { &FOOL };
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args([name, "--profile", "smoke", "--out"]).arg(out);
    command.args(TOY.iter().chain(own).flat_map(|change| ["--set", change])).args(more);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Every file of every cell but its provenance, which may differ.
fn results(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let run = RunDirectory::open(run).unwrap();
    let mut files = BTreeMap::new();
    for cell in &run.plan().cells {
        for file in std::fs::read_dir(run.cell_folder(cell)).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name != "provenance.json" {
                files.insert(format!("{}/{name}", cell.name()), std::fs::read(path).unwrap());
            }
        }
    }
    files
}

/// Kills a study at random instants and lets it go on, until it has been killed so many times; then
/// its results are those of one that was never stopped.
fn survives(name: &str, kills: u32) {
    let folder = tempfile::tempdir().unwrap();
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    let began = Instant::now();
    assert!(study(name, &whole, &["--jobs", "1"]).status().unwrap().success());
    let whole_time = began.elapsed();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut done = 0;
    for _ in 0..20 * kills {
        let mut child = study(name, &killed, &["--jobs", "3"]).spawn().unwrap();
        std::thread::sleep(whole_time.mul_f64(rng.random_range(0.1..0.6)));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            assert_eq!(results(&whole), results(&killed));
            std::fs::remove_dir_all(&killed).unwrap();
        } else {
            done += 1;
        }
        if done == kills {
            break;
        }
    }
    assert_eq!(done, kills, "it was done before it could be killed, again and again");
    assert!(study(name, &killed, &["--jobs", "3"]).status().unwrap().success());
    assert_eq!(results(&whole), results(&killed));
}

#[test]
fn a_distillation_that_is_killed_and_resumed_comes_to_the_same_bits() {
    survives("distill", 6);
}

#[test]
fn an_attack_that_is_killed_and_resumed_comes_to_the_same_archive() {
    survives("fool", 6);
}

/// What a refused command says; its exit status is 2.
fn refusal(name: &str, more: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = study(name, &folder.path().join("run"), more);
    let output = command.stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{more:?}: {said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

#[test]
fn bad_input_is_refused_by_name() {
    let cases = [
        ("distill", "distillation.temperatures=[0.0]", "temperatures has 0"),
        ("distill", "distillation.soft_weight=-1.0", "soft_weight is -1"),
        ("distill", "distillation.omitted=[[24]]", "classes 0 to 23"),
        ("distill", "teacher.architecture=mlp-0", "mlp-0"),
        ("distill", "held_out=288", "held_out is 288 of 288"),
        ("fool", "attack.generations=0", "attack.generations is 0"),
        ("fool", "attack.encodings=[\"cppm\"]", "cppm"),
        ("fool", "networks.architectures=[\"alexnet\"]", "too small"),
    ];
    for (name, change, words) in cases {
        let said = refusal(name, &["--set", change]);
        assert!(said.contains(words), "{change}: {said}");
    }
}

#[test]
fn teachers_that_are_asked_at_every_step_teach_the_same_bits_as_their_kept_outputs() {
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
fn outputs_of_another_teacher_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    assert!(study("distill", &out, &[]).status().unwrap().success());
    let run = RunDirectory::open(&out).unwrap();
    let teachers: Vec<&Cell> = run
        .plan()
        .cells
        .iter()
        .filter(|cell| cell.classifier().is_some_and(|cell| cell.role == Role::Teacher))
        .collect();
    // Two files of outputs change places: each is now that of another teacher.
    let mut outputs: Vec<_> =
        std::fs::read_dir(out.join("teachers")).unwrap().map(|file| file.unwrap().path()).collect();
    outputs.sort();
    assert_eq!(outputs.len(), teachers.len());
    let aside = folder.path().join("aside");
    std::fs::rename(&outputs[0], &aside).unwrap();
    std::fs::rename(&outputs[1], &outputs[0]).unwrap();
    std::fs::rename(&aside, &outputs[1]).unwrap();
    let more = ["--set", "distillation.temperatures=[2.0, 8.0, 3.0]"];
    let output = study("distill", &out, &more).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("another teacher or of other images"), "{said}");
}

#[test]
fn a_damaged_checkpoint_of_an_attack_is_named_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let fewer = ["--set", "attack.methods=[\"evolution\"]"];
    assert!(study("fool", &out, &fewer).status().unwrap().success());
    let plan = Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(["fool", "--profile", "smoke", "--dry-run", "--json"])
        .args(TOY.iter().chain(&FOOL).flat_map(|change| ["--set", change]))
        .output()
        .unwrap();
    let plan: assay_runs::Plan = serde_json::from_slice(&plan.stdout).unwrap();
    let run = RunDirectory::open(&out).unwrap();
    let missing = plan.cells.iter().find(|cell| !run.is_done(cell)).unwrap();
    std::fs::write(
        run.checkpoint(missing),
        "{\"curve\":[],\"sessions\":{\"seconds\":0.0,\"devices\":[]}}\nnothing of a search",
    )
    .unwrap();
    let output = study("fool", &out, &[]).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("delete it to attack from the beginning"), "{said}");
    let left: Vec<&Cell> = plan.cells.iter().filter(|cell| !run.is_done(cell)).collect();
    assert_eq!(left, [missing]);
}

#[test]
fn a_fooling_run_grows_by_a_seed_and_keeps_what_it_has() {
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
fn networks_and_teachers_that_diverge_leave_a_run_that_ends_and_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("fool");
    let wild = ["--set", "networks.schedule.learning_rate=1e6"];
    assert!(study("fool", &out, &wild).status().unwrap().success());
    for record in RunDirectory::open(&out).unwrap().records().unwrap() {
        assert!(record.attack.is_none() && record.opinion.is_none(), "{:?}", record.cell.name());
    }
    let out = folder.path().join("distill");
    let wild = ["--set", "teacher.schedule.learning_rate=1e6"];
    let output = study("distill", &out, &wild).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("diverged in epoch") && said.contains("nothing to learn"), "{said}");
}

//! `assay train`: work on one cell, with the real program.

// Plans name the kinds of cells of all experiments.
use assay_cli as _;
use std::path::Path;
use std::process::{Command, Output};

use assay_runs::{Record, RunDirectory};

const TOY: [&str; 9] = [
    "tuning.lr_factors=[]",
    "seeds=1",
    "validation_images=48",
    "data.forms_train_images_per_class=12",
    "data.forms_test_images_per_class=4",
    "teacher.schedule.epochs=2",
    "student.schedule.epochs=2",
    "student.architectures=[\"mlp-16-16\"]",
    "distillation.temperatures=[2.0, 8.0]",
];

fn assay(before: &[&str], out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(before).args(["distill", "--profile", "smoke", "--out"]).arg(out);
    command.args(TOY.iter().flat_map(|change| ["--set", change]));
    command.output().unwrap()
}

fn records(run: &Path) -> Vec<Record> {
    RunDirectory::open(run).unwrap().records().unwrap()
}

#[test]
fn a_single_cell_with_its_dependencies_equals_that_of_the_whole_run() {
    let folder = tempfile::tempdir().unwrap();
    let (alone, whole) = (folder.path().join("alone"), folder.path().join("whole"));
    let cell = "distilled.mlp-16-16.soft-targets-T8";
    let output = assay(&["train", "--cell", cell], &alone);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("epoch 2: training loss"), "{said}");
    let folder_of_cell = String::from_utf8(output.stdout).unwrap();
    assert!(Path::new(folder_of_cell.trim_end()).join("record.json").is_file(), "{folder_of_cell}");
    assert!(assay(&[], &whole).status.success());
    let (some, all) = (records(&alone), records(&whole));
    // The teacher and the student, of all cells.
    assert_eq!(some.len(), 2);
    assert!(all.len() > 2 && some.iter().all(|record| all.contains(record)));
    let again = assay(&["train", "--cell", cell], &alone);
    assert!(again.status.success() && again.stderr.is_empty(), "it is done");
    assert!(assay(&[], &alone).status.success(), "the whole run goes on from there");
    assert_eq!(records(&alone), all);
    only_what_a_cell_needs_is_looked_at(&alone, cell);
}

/// Damages the teacher and another student of a finished run. Only the teacher is made again. The cell is not, since its
/// teacher is the same as before.
fn only_what_a_cell_needs_is_looked_at(out: &Path, name: &str) {
    let run = RunDirectory::open(out).unwrap();
    let cells = &run.plan().cells;
    let cell = cells.iter().find(|cell| cell.name().starts_with(name)).unwrap();
    let teacher = &cell.dependencies()[0];
    let other =
        cells.iter().find(|other| *other != cell && !other.dependencies().is_empty()).unwrap();
    let before = run.provenance(cell).unwrap();
    std::fs::remove_file(run.weights(teacher)).unwrap();
    std::fs::remove_file(run.logits(other)).unwrap();
    let output = assay(&["train", "--cell", name], out);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains(&format!("{}: damaged", teacher.name())), "{said}");
    assert!(said.contains("computed again") && !said.contains(&other.name()), "{said}");
    assert!(run.is_done(teacher) && run.is_done(cell) && run.cell_folder(other).exists());
    assert_eq!(run.provenance(cell).unwrap(), before);
}

#[test]
fn unknown_and_ambiguous_cell_names_are_refused_with_the_candidates() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    for (cell, words) in [
        ("teach", "has no such cell; it has\n  teacher."),
        ("distilled.mlp-16-16", "several cells begin with this name:\n"),
    ] {
        let output = assay(&["train", "--cell", cell], &out);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words) && said.contains(cell), "{said}");
    }
}

#[test]
fn a_dry_run_lists_the_cells_and_trains_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let cell = "distilled.mlp-16-16.soft-targets-T8";
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
        command.args(["train", "--cell", cell, "distill", "--profile", "smoke", "--out"]);
        command.arg(&out).args(TOY.iter().flat_map(|change| ["--set", change])).args(more);
        command.output().unwrap()
    };
    let output = run(&["--dry-run"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && !out.exists(), "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!((lines[0], lines.len()), ("2 cells to work on:", 3), "{said}");
    assert!(lines[1].starts_with("  teacher.") && lines[2].starts_with(&format!("  {cell}")));
    for (flag, words) in [(vec!["--jobs", "2"], "--jobs: "), (vec!["--json"], "--json: ")] {
        let output = run(&flag);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words) && !out.exists(), "{said}");
    }
    // The time limit is over before the first step: the cell is saved and continued.
    let output = run(&["--stop-after", "0.0000001"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the same command goes on from here"), "{said}");
    assert!(records(&out).is_empty());
}

#[test]
#[cfg_attr(feature = "tui", ignore = "standard output of a test is no terminal")]
fn a_build_without_the_dashboard_says_how_to_get_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = assay(&["train", "--tui", "--cell", "teacher"], &folder.path().join("run"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("cargo xtask train"), "{said}");
}

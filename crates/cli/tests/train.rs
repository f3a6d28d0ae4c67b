//! One cell worked on alone, by the program itself.

use std::path::Path;
use std::process::{Command, Output};

use assay_runs::{Record, RunDirectory};

const TOY: [&str; 8] = [
    "seeds=1",
    "held_out=48",
    "data.forms_train_per_class=12",
    "data.forms_test_per_class=4",
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
fn a_cell_alone_takes_those_it_needs_along_and_is_what_the_whole_run_makes_of_it() {
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
    // The teacher and the student, of all of them.
    assert_eq!(some.len(), 2);
    assert!(all.len() > 2 && some.iter().all(|record| all.contains(record)));
    let again = assay(&["train", "--cell", cell], &alone);
    assert!(again.status.success() && again.stderr.is_empty(), "it is done");
    assert!(assay(&[], &alone).status.success(), "the whole run goes on from there");
    assert_eq!(records(&alone), all);
    only_what_a_cell_needs_is_looked_at(&alone, cell);
}

/// Of a finished run whose teacher and another student are damaged the teacher is made again; the other student is not
/// touched, and neither is the cell, which rests on an equal teacher.
fn only_what_a_cell_needs_is_looked_at(out: &Path, name: &str) {
    let run = RunDirectory::open(out).unwrap();
    let cells = &run.plan().cells;
    let cell = cells.iter().find(|cell| cell.name().starts_with(name)).unwrap();
    let teacher = &cell.needs()[0];
    let other = cells.iter().find(|other| *other != cell && !other.needs().is_empty()).unwrap();
    let before = run.provenance(cell).unwrap();
    std::fs::remove_file(run.weights(teacher)).unwrap();
    std::fs::remove_file(run.logits(other)).unwrap();
    let output = assay(&["train", "--cell", name], out);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains(&format!("{}: damaged", teacher.name())), "{said}");
    assert!(said.contains("trained again") && !said.contains(&other.name()), "{said}");
    assert!(run.is_done(teacher) && run.is_done(cell) && run.cell_folder(other).exists());
    assert_eq!(run.provenance(cell).unwrap(), before);
}

#[test]
fn a_name_of_no_cell_or_of_several_is_refused_with_the_names_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    for (cell, words) in
        [("teach", "has no such cell; it has\n  teacher."), ("distilled.mlp-16-16", "say more:\n")]
    {
        let output = assay(&["train", "--cell", cell], &out);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words) && said.contains(cell), "{said}");
    }
}

#[test]
fn a_dry_run_lists_what_would_be_worked_on_and_trains_nothing() {
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
    // Over before the first step: saved, and gone on with.
    let output = run(&["--stop-after", "0.0000001"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the same command goes on from here"), "{said}");
    assert!(records(&out).is_empty());
}

#[test]
#[cfg_attr(feature = "tui", ignore = "standard output of a test is no terminal")]
fn a_dashboard_that_was_not_built_is_named_with_the_way_to_have_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = assay(&["train", "--tui", "--cell", "teacher"], &folder.path().join("run"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("cargo xtask train"), "{said}");
}

//! Damages every kind of file of a run. The file must be named, and the next run must give the results that an undamaged
//! run gives: results never change silently.

mod changed_results;
mod checkpoints;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/damage.rs"]
mod damage;
#[path = "../common/killing.rs"]
mod killing;
#[path = "../common/toy.rs"]
mod toy;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use assay_classifier_cells::{CellKind, ClassifierCell};
use assay_runs::{Cell, RunDirectory, file, verify_digest, with_digest};

use changed_results::{
    changes_to_a_network, checkpoint_with_stale_inputs, network_with_nan_outputs,
};
use checkpoints::{Change, damages_of_a_checkpoint, impossible_progress};
use damage::Damage;
use toy::{Study, forget};

/// Counts the damages that were tried, by kind of file and result.
#[derive(Debug, Default)]
struct Tally(BTreeMap<String, usize>);

impl Tally {
    fn count(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        for (what, count) in &self.0 {
            println!("{count:3} {what}");
        }
    }
}

/// Damages files of every name in the cells of a run in every way, with as few cells at a time as necessary.
fn damages_of_finished_cells(study: &Study, tally: &mut Tally) {
    let whole = RunDirectory::open(&study.whole()).unwrap();
    let cells = &whole.plan().cells;
    let files = |cell: &Cell| std::fs::read_dir(whole.cell_folder(cell)).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name();
    let names: BTreeSet<String> = cells
        .iter()
        .flat_map(|cell| files(cell).map(name).map(|name| name.to_string_lossy().into_owned()))
        .collect();
    let mut pending: Vec<(String, Damage)> =
        names.iter().flat_map(|name| Damage::ALL.map(|damage| (name.clone(), damage))).collect();
    for round in 0.. {
        let run = study.copy_run(whole.path(), "damaged");
        let damaged = damage_some(&run, &whole, &mut pending, round, tally);
        if damaged.is_empty() {
            assert!(pending.is_empty(), "{pending:?}");
            return;
        }
        let report = assay_cli::report(run.path()).unwrap();
        assert_eq!(report.summary.cells_done, cells.len() - damaged.len());
        assert_eq!(report.damaged.len(), damaged.len(), "{:?}", report.damaged);
        let said = study.repaired(&run);
        // Cells that depend on a repaired cell are not made again if its results are the same.
        for cell in cells.iter().filter(|cell| !damaged.contains_key(&cell.name())) {
            assert!(
                has_same_provenance(&whole, &run, cell),
                "{} was made again: {said}",
                cell.name()
            );
        }
        for (cell, (name, damage)) in &damaged {
            for words in [&report.damaged.join("\n"), &said] {
                let line = words.lines().find(|line| line.starts_with(&format!("{cell}: damaged")));
                let line = line.unwrap_or_else(|| panic!("{damage} {name} of {cell}: {words}"));
                assert!(line.contains(name), "{damage} {name}: {line}");
            }
        }
    }
}

/// Whether a cell has the same provenance in both runs, so that it was made only once.
fn has_same_provenance(whole: &RunDirectory, run: &RunDirectory, cell: &Cell) -> bool {
    let provenance = |run: &RunDirectory| run.provenance(cell).unwrap().unwrap();
    provenance(whole) == provenance(run)
}

/// Damages at most one file of each cell. Returns the cells with the damage.
fn damage_some(
    run: &RunDirectory,
    whole: &RunDirectory,
    pending: &mut Vec<(String, Damage)>,
    round: usize,
    tally: &mut Tally,
) -> BTreeMap<String, (String, Damage)> {
    let cells = &run.plan().cells;
    let mut damaged = BTreeMap::new();
    pending.retain(|(name, damage)| {
        let having: Vec<&Cell> =
            cells.iter().filter(|cell| whole.cell_folder(cell).join(name).exists()).collect();
        // Vary the cells.
        let mut order = having.iter().cycle().skip(round).take(having.len());
        let Some(cell) = order.find(|cell| !damaged.contains_key(&cell.name())) else {
            return true;
        };
        let other = having.iter().find(|other| other != &cell);
        let other = other.map(|other| whole.cell_folder(other).join(name));
        if damage.apply(&run.cell_folder(cell).join(name), other.as_deref()) {
            damaged.insert(cell.name(), (name.clone(), *damage));
            tally.count(format!("{damage} of {name}: named, and repaired"));
        } else {
            tally.count(format!("{damage} of {name}: not of this kind of file"));
        }
        false
    });
    damaged
}

/// A record with a valid digest that this version cannot accept is not changed, and the run is refused.
fn refuses_a_record_of_another_version(study: &Study, tally: &mut Tally) {
    let run = study.copy_run(&study.whole(), "damaged");
    let network = run.plan().cells.iter().find(|cell| run.weights(cell).exists()).unwrap();
    let record = run.cell_folder(network).join(file::RECORD);
    assert!(Damage::Impossible.apply(&record, None));
    let (code, said) = study.resume(run.path());
    assert_eq!(code, Some(2), "{said}");
    let is_named = said.contains(&record.display().to_string());
    assert!(is_named && said.contains("use the version that made it"), "{said}");
    assert!(record.exists() && !run.path().join("damaged").exists());
    tally.count("Impossible of record.json: refused");
}

fn damages_of_the_plan(study: &Study, tally: &mut Tally) {
    for damage in
        [Damage::BitFlip, Damage::Truncated, Damage::Zeroed, Damage::Empty, Damage::Edited]
    {
        let run = study.copy_run(&study.whole(), "damaged");
        let plan = run.path().join("plan.json");
        assert!(damage.apply(&plan, None));
        let (code, said) = study.resume(run.path());
        assert_eq!(code, Some(2), "{damage}: {said}");
        assert!(said.contains("plan.json") && said.contains("delete it"), "{damage}: {said}");
        let error = assay_cli::report(run.path()).unwrap_err().to_string();
        assert!(error.contains("plan.json"), "{error}");
        std::fs::remove_file(plan).unwrap();
        let said = study.repaired(&run);
        assert!(!said.contains("damaged"), "{said}");
        tally.count(format!("{damage} of plan.json: refused"));
    }
}

#[test]
fn damaged_files_of_a_transfer_run_are_named_and_repaired() {
    let (study, mut tally) = (Study::finished("transfer-sweep"), Tally::default());
    damages_of_finished_cells(&study, &mut tally);
    let is_base = |cell: &Cell| cell.name().starts_with("b1b");
    damages_of_a_checkpoint(&study, is_base, impossible_progress(), &mut tally);
    damages_of_the_plan(&study, &mut tally);
    refuses_a_record_of_another_version(&study, &mut tally);
    changes_to_a_network(&study, |cell| cell.name().starts_with("base_b."), &mut tally);
    checkpoint_with_stale_inputs(&study, is_base, &mut tally);
}

#[test]
fn damaged_files_of_a_distillation_run_are_named_and_repaired() {
    let (study, mut tally) = (Study::finished("distill"), Tally::default());
    damages_of_finished_cells(&study, &mut tally);
    let is_distilled = |cell: &Cell| cell.name().starts_with("distilled");
    damages_of_a_checkpoint(&study, is_distilled, impossible_progress(), &mut tally);
    changes_to_a_network(&study, |cell| cell.name().starts_with("teacher."), &mut tally);
    checkpoint_with_stale_inputs(&study, is_distilled, &mut tally);
    let teachers = |run: &Path| -> Vec<PathBuf> {
        let files = std::fs::read_dir(run.join("teachers")).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    };
    let whole = teachers(&study.whole());
    for damage in Damage::ALL {
        let run = study.copy_run(&study.whole(), "damaged");
        run.plan()
            .cells
            .iter()
            .filter(|cell| is_distilled(cell))
            .for_each(|cell| forget(&run, cell));
        let files = teachers(run.path());
        if !damage.apply(&files[0], Some(&whole[1])) {
            continue;
        }
        let said = study.repaired(&run);
        let name = files[0].display().to_string();
        assert!(damage == Damage::Deleted || said.contains(&name), "{damage}: {said}");
        for (file, whole) in files.iter().zip(&whole) {
            assert_eq!(std::fs::read(file).unwrap(), std::fs::read(whole).unwrap(), "{damage}");
        }
        tally.count(format!("{damage} of teachers/: repaired"));
    }
}

#[test]
fn damaged_files_of_a_fooling_run_are_named_and_repaired() {
    let (study, mut tally) = (Study::finished("fool"), Tally::default());
    damages_of_finished_cells(&study, &mut tally);
    let cut_curve = |saved: &[u8]| {
        let body = verify_digest(saved).unwrap();
        let end = body.iter().position(|&byte| byte == b'\n').unwrap();
        let mut head: serde_json::Value = serde_json::from_slice(&body[..end]).unwrap();
        head["curve"].as_array_mut().unwrap().pop();
        with_digest(&[head.to_string().as_bytes(), &body[end..]].concat())
    };
    let more: Vec<Change> = vec![("a point less, sealed,", Box::new(cut_curve))];
    let is_attack =
        |cell: &Cell| matches!(CellKind::from(cell), CellKind::Attack(cell) if cell.repeat == 0);
    damages_of_a_checkpoint(&study, is_attack, more, &mut tally);
    let is_network = |cell: &Cell| {
        cell.downcast_ref::<ClassifierCell>().is_some_and(|cell| cell.reject.is_none())
    };
    damages_of_a_checkpoint(&study, is_network, impossible_progress(), &mut tally);
    network_with_nan_outputs(&study);
    changes_to_a_network(&study, is_network, &mut tally);
    checkpoint_with_stale_inputs(&study, is_attack, &mut tally);
}

#[cfg(unix)]
#[test]
fn weights_damaged_during_a_run_fail_their_users_and_are_repaired_later() {
    use std::os::unix::fs::PermissionsExt;
    let study = Study::finished("transfer-sweep");
    let run = study.copy_run(&study.whole(), "damaged");
    let cells = &run.plan().cells;
    let named = |start: &str| cells.iter().find(|cell| cell.name().starts_with(start)).unwrap();
    for start in ["a1a", "b1b", "scores"] {
        forget(&run, named(start));
    }
    // Each worker, when it starts, truncates the weights of a base that the sweep has just checked.
    let weights = run.weights(named("base_b"));
    let worker = run.path().parent().unwrap().join("worker");
    let script = format!(
        "#!/bin/sh\nhead -c 999 '{0}' > '{0}.cut'\nmv '{0}.cut' '{0}'\nexec '{1}' \"$@\"\n",
        weights.display(),
        env!("CARGO_BIN_EXE_assay")
    );
    std::fs::write(&worker, script).unwrap();
    std::fs::set_permissions(&worker, std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = study.command(run.path()).arg("--worker-program").arg(&worker).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let line = said.lines().find(|line| line.starts_with("failed: b1b")).unwrap();
    assert!(line.contains(&weights.display().to_string()) && line.contains("BLAKE3"), "{line}");
    assert!(run.is_done(named("a1a")), "what needs the other base is done: {said}");
    let report = assay_cli::report(run.path()).unwrap();
    assert!(report.damaged[0].contains("base_b"), "{:?}", report.damaged);
    let said = study.repaired(&run);
    assert!(said.contains(&format!("{}: damaged", named("base_b").name())), "{said}");
}

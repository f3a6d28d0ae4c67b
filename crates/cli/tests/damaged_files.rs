//! Damages every kind of file of a run. The file must be named, and the next run must give the results that an undamaged
//! run gives: results never change silently.

mod common;
#[path = "common/damage.rs"]
mod damage;
#[path = "common/killing.rs"]
mod killing;
#[path = "common/toy.rs"]
mod toy;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use assay_runs::{Cell, RunDirectory, file, verify_digest, with_digest};
use safetensors::SafeTensors;

use damage::{Damage, reseal};
use killing::kill_during_a_cell;
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
            assert!(is_as_in(&whole, &run, cell), "{} was made again: {said}", cell.name());
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
fn is_as_in(whole: &RunDirectory, run: &RunDirectory, cell: &Cell) -> bool {
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

/// Interrupts a run while a cell is in progress. Returns the run and the cell's checkpoint.
fn interrupt(study: &Study, matches: impl Fn(&Cell) -> bool) -> (RunDirectory, PathBuf) {
    for _ in 0..20 {
        let run = study.copy_run(&study.whole(), "interrupted");
        let cell = run.plan().cells.iter().find(|cell| matches(cell)).unwrap();
        forget(&run, cell);
        if kill_during_a_cell(&mut study.command(run.path()), run.path()) {
            let checkpoint = run.checkpoint(cell);
            return (run, checkpoint);
        }
    }
    panic!("it was done before it could be killed, again and again");
}

type Change<'a> = (&'a str, Box<dyn Fn(&[u8]) -> Vec<u8>>);

/// Changes to a sealed file.
fn changes<'a>() -> Vec<Change<'a>> {
    let flip = |share: f64| {
        move |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            let at = ((bytes.len() - 1) as f64 * share) as usize;
            bytes[at] ^= 4;
            bytes
        }
    };
    vec![
        ("a bit of its beginning", Box::new(flip(0.0))),
        ("a bit of its first third", Box::new(flip(0.3))),
        ("a bit of its last third", Box::new(flip(0.7))),
        ("its last bit", Box::new(flip(1.0))),
        ("cut", Box::new(|bytes| bytes[..bytes.len() / 2].to_vec())),
        ("zeroed", Box::new(|bytes| vec![0; bytes.len()])),
        ("empty", Box::new(|_| Vec::new())),
        ("without its digest", Box::new(|bytes| verify_digest(bytes).unwrap().to_vec())),
    ]
}

fn damages_of_a_checkpoint(
    study: &Study,
    matches: impl Fn(&Cell) -> bool,
    more: Vec<Change<'_>>,
    tally: &mut Tally,
) {
    let (interrupted, checkpoint) = interrupt(study, &matches);
    let saved = std::fs::read(&checkpoint).unwrap();
    let all = changes().into_iter().chain(more);
    for (what, change) in [("nothing", None)].into_iter().chain(all.map(|(w, c)| (w, Some(c)))) {
        let run = study.copy_run(interrupted.path(), "damaged");
        let cell = run.plan().cells.iter().find(|cell| matches(cell)).unwrap();
        if let Some(change) = &change {
            std::fs::write(run.checkpoint(cell), change(&saved)).unwrap();
        }
        let said = study.repaired(&run);
        let named = format!("{}: ", run.checkpoint(cell).display());
        let is_named = said.contains(&named) && said.contains("the cell starts over");
        let resumed = run.provenance(cell).unwrap().unwrap().resumed;
        assert_eq!(
            (is_named, resumed == 0),
            (change.is_some(), change.is_some()),
            "{what}: {said}"
        );
        tally.count(format!(
            "{what} of a checkpoint: {}",
            if is_named { "named, and begun anew" } else { "resumed" }
        ));
    }
}

/// Changes the progress in a checkpoint, and gives it a valid digest.
fn with_progress(saved: &[u8], change: impl Fn(&mut serde_json::Value)) -> Vec<u8> {
    let body = verify_digest(saved).unwrap();
    let (_, header) = SafeTensors::read_metadata(body).unwrap();
    let mut text = header.metadata().clone().unwrap();
    let mut progress = serde_json::from_str(&text["progress"]).unwrap();
    change(&mut progress);
    text.insert("progress".to_owned(), progress.to_string());
    let tensors = SafeTensors::deserialize(body).unwrap();
    with_digest(&safetensors::serialize(tensors.tensors(), Some(text)).unwrap())
}

fn impossible_progress<'a>() -> Vec<Change<'a>> {
    let step =
        |saved: &[u8]| with_progress(saved, |progress| progress["step"] = 10_u64.pow(15).into());
    let more = |saved: &[u8]| {
        with_progress(saved, |progress| {
            let point = serde_json::json!({"epoch": 1, "train_loss": 1.0, "test": null});
            progress["curve"].as_array_mut().unwrap().push(point);
        })
    };
    vec![
        ("steps beyond the schedule, sealed,", Box::new(step)),
        ("an epoch too many, sealed,", Box::new(more)),
    ]
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

/// Gives a finished network other weights with valid digests, as a GPU or another build would compute them.
fn with_other_weights(run: &RunDirectory, cell: &Cell, change: impl Fn(&Path)) {
    let weights = run.weights(cell);
    let digest_of = || assay_runs::digest(&std::fs::read(&weights).unwrap());
    let before = digest_of();
    change(&weights);
    let path = run.cell_folder(cell).join(file::RECORD);
    let record = std::fs::read_to_string(&path).unwrap().replace(&before, &digest_of());
    std::fs::write(&path, reseal(&record)).unwrap();
}

/// Changes a network slightly. All cells that depend on it must be named and made again, and no others. Then damages the
/// network so that it is made again as before, and all cells that depend on it once more.
fn changes_to_a_network(study: &Study, matches: impl Fn(&Cell) -> bool, tally: &mut Tally) {
    let whole = RunDirectory::open(&study.whole()).unwrap();
    let run = study.copy_run(whole.path(), "damaged");
    let cells = &run.plan().cells;
    let network = cells.iter().find(|cell| matches(cell)).unwrap();
    let mut rests = BTreeSet::from([network.name()]);
    for cell in cells {
        if cell.dependencies().iter().any(|needed| rests.contains(&needed.name())) {
            rests.insert(cell.name());
        }
    }
    rests.remove(&network.name());
    assert!(!rests.is_empty());
    let are_named = |said: &str| {
        let lines = said.lines().filter(|line| line.contains("made from another result of"));
        let named: BTreeSet<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, _)| name.to_owned())
            .collect();
        assert_eq!(named, rests, "{said}");
    };
    with_other_weights(&run, network, |weights| assert!(Damage::LastBit.apply(weights, None)));
    let (code, said) = study.resume(run.path());
    assert_eq!(code, Some(0), "{said}");
    are_named(&said);
    for cell in cells {
        assert!(run.is_done(cell), "{}", cell.name());
        let made_again = !is_as_in(&whole, &run, cell);
        assert_eq!(made_again, rests.contains(&cell.name()), "{}", cell.name());
    }
    let (code, said) = study.resume(run.path());
    assert!(code == Some(0) && !said.contains("another result"), "{said}");
    std::fs::remove_file(run.weights(network)).unwrap();
    let said = study.repaired(&run);
    assert!(said.contains(&format!("{}: damaged", network.name())), "{said}");
    are_named(&said);
    tally.count(format!("another result of a network: {} that rest on it made again", rests.len()));
}

/// A checkpoint is discarded if the results that it was made from have changed.
fn checkpoint_with_stale_inputs(study: &Study, matches: impl Fn(&Cell) -> bool, tally: &mut Tally) {
    let (run, checkpoint) = interrupt(study, &matches);
    let cell = run.plan().cells.iter().find(|cell| matches(cell)).unwrap();
    let needed = &cell.dependencies()[0];
    with_other_weights(&run, needed, |weights| assert!(Damage::LastBit.apply(weights, None)));
    let (code, said) = study.resume(run.path());
    assert_eq!(code, Some(0), "{said}");
    let line = said.lines().find(|line| line.contains(&checkpoint.display().to_string()));
    let line = line.unwrap_or_else(|| panic!("{said}"));
    assert!(line.contains("another result") && line.contains("the cell starts over"), "{line}");
    assert_eq!(run.provenance(cell).unwrap().unwrap().resumed, 0);
    assert_eq!(run.record(cell).unwrap().unwrap().made_from, run.made_from(cell).unwrap());
    tally.count("a checkpoint of another result: named, and begun anew");
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
    let is_attack = |cell: &Cell| matches!(cell, Cell::Attack(cell) if cell.repeat == 0);
    damages_of_a_checkpoint(&study, is_attack, more, &mut tally);
    let is_network = |cell: &Cell| cell.classifier().is_some_and(|cell| cell.reject.is_none());
    damages_of_a_checkpoint(&study, is_network, impossible_progress(), &mut tally);
    network_with_nan_outputs(&study);
    changes_to_a_network(&study, is_network, &mut tally);
    checkpoint_with_stale_inputs(&study, is_attack, &mut tally);
}

/// Gives a network NaN weights with valid digests. The cells that use it must fail and leave no unreadable record.
fn network_with_nan_outputs(study: &Study) {
    let run = study.copy_run(&study.whole(), "damaged");
    let cells = &run.plan().cells;
    let network = cells.iter().find(|cell| cell.classifier().is_some()).unwrap();
    with_other_weights(&run, network, |weights| assert!(Damage::NotANumber.apply(weights, None)));
    let uses_network = |cell: &&Cell| match cell {
        Cell::CrossEvaluation(cell) => Cell::from(cell.audience.clone()) == *network,
        Cell::Attack(cell) => Cell::from(cell.network.clone()) == *network && cell.repeat == 0,
        _ => false,
    };
    cells.iter().filter(uses_network).for_each(|cell| forget(&run, cell));
    let (code, said) = study.resume(run.path());
    assert_eq!(code, Some(1), "{said}");
    for cell in cells.iter().filter(uses_network) {
        let line = said.lines().find(|line| line.starts_with(&format!("failed: {}", cell.name())));
        assert!(line.is_some_and(|line| line.contains("NaN")), "{}: {said}", cell.name());
    }
    let report = assay_cli::report(run.path()).unwrap();
    assert!(report.damaged.is_empty() && report.summary.cells_failed > 0);
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

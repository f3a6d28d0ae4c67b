use super::*;
use crate::{
    CellSpec, DatasetId, DetailsSpec, Evaluation, NetworkSpec, Outcome, Provenance, Record,
    Seconds, digest,
};
use serde::{Deserialize, Serialize};

/// A kind of cell for these tests.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct TestCell {
    title: String,
    seed: u32,
    data: DatasetId,
    imported: Option<NetworkSpec>,
    needs: Vec<Self>,
}

#[typetag::serde(name = "test")]
impl CellSpec for TestCell {
    fn label(&self) -> String {
        format!("{}.seed-{}", self.title, self.seed)
    }

    fn data(&self) -> &DatasetId {
        &self.data
    }

    fn dependencies(&self) -> Vec<Cell> {
        self.needs.iter().cloned().map(Cell::from).collect()
    }

    fn imported_network(&self) -> Option<&NetworkSpec> {
        self.imported.as_ref()
    }
}

/// Results that only a test cell has.
#[derive(Debug, Serialize, Deserialize)]
struct TestDetails(f64);

#[typetag::serde(name = "test")]
impl DetailsSpec for TestDetails {
    fn check(&self, _record: &Record) -> Result<(), String> {
        crate::check_finite("number", [self.0])
    }
}

fn test_cell(title: &str, seed: u32, needs: &[TestCell]) -> TestCell {
    let data = DatasetId { name: "forms".to_owned(), fingerprint: "0123".to_owned() };
    TestCell { title: title.to_owned(), seed, data, imported: None, needs: needs.to_vec() }
}

/// A run in a folder.
pub(super) fn run_in(folder: &tempfile::TempDir, plan: Plan) -> RunDirectory {
    RunDirectory::create_or_open(folder.path(), plan).unwrap()
}

/// A plan of one cell for each seed.
pub(super) fn plan(seeds: u32) -> Plan {
    Plan {
        study: "transfer".to_owned(),
        profile: "a test".to_owned(),
        settings: serde_json::Value::Null,
        layers: Vec::new(),
        classes: Vec::new(),
        cells: (0..seeds).map(|seed| test_cell("base", seed, &[]).into()).collect(),
    }
}

#[test]
fn missing_empty_folders_are_created() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunDirectory::create_or_open(folder.path(), plan(1)).unwrap();
    // The state after a process was killed during cleanup.
    std::fs::remove_dir(folder.path().join("staging")).unwrap();
    run.remove_leftovers(&run.lock().unwrap()).unwrap();
    // The state of a copy without empty folders.
    for name in FOLDERS {
        std::fs::remove_dir(folder.path().join(name)).unwrap();
    }
    let run = RunDirectory::create_or_open(folder.path(), plan(1)).unwrap();
    run.remove_leftovers(&run.lock().unwrap()).unwrap();
    let cell = &run.plan().cells[0];
    run.record_failure(cell, "a test").unwrap();
    std::fs::write(run.checkpoint(cell), "a checkpoint").unwrap();
    run.stage(cell).unwrap();
}

#[test]
fn an_infinite_test_loss_is_recorded_as_diverged() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunDirectory::create_or_open(folder.path(), plan(1)).unwrap();
    let cell = &run.plan().cells[0];
    let infinite = Evaluation { images: 4, correct: 1, correct_top5: 2, loss: f64::INFINITY };
    let record = Record { test: Some(infinite), ..trained(cell) };
    assert!(!record.is_finite());
    let record = record.diverged(7);
    assert!(record.is_finite());
    publish(&run, cell, &record);
    let read = run.record(cell).unwrap().unwrap();
    assert_eq!((read.outcome, read.test), (Outcome::Diverged { epoch: 7 }, None));
}

fn provenance() -> Provenance {
    Provenance {
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
    }
}

/// Publishes a record with a file of weights.
fn publish(run: &RunDirectory, cell: &Cell, record: &Record) {
    let attempt = run.stage(cell).unwrap();
    std::fs::write(attempt.path().join(file::WEIGHTS), cell.name()).unwrap();
    attempt.publish(record, &provenance()).unwrap();
}

fn trained(cell: &Cell) -> Record {
    let test = Some(Evaluation { images: 4, correct: 1, correct_top5: 2, loss: 0.5 });
    let weights = digest(cell.name().as_bytes());
    Record { outcome: Outcome::Trained, test, weights, ..Record::without_training(cell.clone()) }
}

/// A run with two finished cells.
fn finished() -> (tempfile::TempDir, RunDirectory) {
    let folder = tempfile::tempdir().unwrap();
    let run = RunDirectory::create_or_open(folder.path(), plan(2)).unwrap();
    for cell in &run.plan().cells {
        publish(&run, cell, &trained(cell));
    }
    (folder, run)
}

#[test]
fn a_damaged_published_file_is_an_error() {
    let (_folder, run) = finished();
    let cell = &run.plan().cells[0];
    assert_eq!(run.read_published(cell, file::WEIGHTS).unwrap(), cell.name().as_bytes());
    assert_eq!(
        run.record(cell).unwrap().unwrap().files[file::WEIGHTS],
        digest(cell.name().as_bytes())
    );
    let error = |name| run.read_published(cell, name).unwrap_err().to_string();
    let unkept = run.read_published(cell, file::LOGITS).unwrap_err();
    assert!(unkept.to_string().contains("lists no such file") && !unkept.is_damage(), "{unkept}");
    let path = run.weights(cell);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[3] ^= 8;
    std::fs::write(&path, bytes).unwrap();
    let said = error(file::WEIGHTS);
    assert!(said.starts_with(&path.display().to_string()) && said.contains("BLAKE3"), "{said}");
}

/// Damages the cell in this folder.
type Damage<'a> = &'a dyn Fn(&Path, &RunDirectory);

#[test]
fn damaged_cells_are_set_aside() {
    let other = |run: &RunDirectory| run.cell_folder(&run.plan().cells[1]);
    let damages: [(&str, Damage); 6] = [
        ("No such file", &|cell, _| std::fs::remove_file(cell.join(file::RECORD)).unwrap()),
        ("No such file", &|cell, _| std::fs::remove_file(cell.join(file::WEIGHTS)).unwrap()),
        ("No such file", &|cell, _| std::fs::remove_file(cell.join(file::PROVENANCE)).unwrap()),
        ("another cell", &|cell, run| {
            std::fs::copy(other(run).join(file::RECORD), cell.join(file::RECORD)).unwrap();
        }),
        ("BLAKE3", &|cell, run| {
            std::fs::copy(other(run).join(file::WEIGHTS), cell.join(file::WEIGHTS)).unwrap();
        }),
        ("damaged or edited", &|cell, _| {
            let path = cell.join(file::RECORD);
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(path, text.replace("\"correct\": 1", "\"correct\": 2")).unwrap();
        }),
    ];
    for (words, damage) in damages {
        let (_folder, run) = finished();
        let cell = &run.plan().cells[0];
        assert!(run.is_done(cell));
        damage(&run.cell_folder(cell), &run);
        assert!(!run.is_done(cell), "{words}");
        let aside = run.check_cells(&run.lock().unwrap(), &run.plan().cells).unwrap().set_aside;
        assert_eq!(aside.len(), 1, "{aside:?}");
        assert!(aside[0].0 == cell && aside[0].1.contains(words), "{words}: {aside:?}");
        assert_eq!(run.failure_reason(cell).unwrap().as_ref(), Some(&aside[0].1));
        assert!(run.path().join("damaged").join(cell.name()).is_dir());
        publish(&run, cell, &trained(cell));
        assert!(run.is_done(cell) && run.failure_reason(cell).unwrap().is_none());
    }
}

#[test]
fn invalid_records_are_neither_published_nor_read() {
    let (_folder, run) = finished();
    let cell = &run.plan().cells[0];
    let seen = |images, correct, correct_top5, loss| {
        let test = Some(Evaluation { images, correct, correct_top5, loss });
        Record { test, ..trained(cell) }
    };
    let wrong = [
        seen(4, 28, 28, 0.5),
        seen(4, 2, 1, 0.5),
        seen(0, 0, 0, 0.5),
        seen(4, 1, 2, f64::NAN),
        Record { details: Some(TestDetails(f64::INFINITY).into()), ..trained(cell) },
        trained(&run.plan().cells[1]),
    ];
    for record in wrong {
        let attempt = run.stage(cell).unwrap();
        let error = attempt.publish(&record, &provenance()).unwrap_err().to_string();
        assert!(error.contains(&cell.name()), "{error}");
        // An edit that also updates the digest.
        crate::digest_prefix::write_json_with_digest(
            &run.cell_folder(cell).join(file::RECORD),
            &record,
        )
        .unwrap();
        let error = run.record(cell).unwrap_err();
        let is_named = error.to_string().contains("another cell")
            || error.to_string().contains("use the version that made it");
        assert!(is_named, "{error}");
        // Files of another version of assay are not moved.
        let is_of_this_cell = record.cell == *cell;
        assert_eq!(
            run.check_cells(&run.lock().unwrap(), [cell]).is_err(),
            is_of_this_cell,
            "{record:?}"
        );
        assert_eq!(run.cell_folder(cell).exists(), is_of_this_cell, "{record:?}");
    }
    let attempt = run.stage(cell).unwrap();
    let endless = Provenance { finished: f64::NAN, ..provenance() };
    assert!(attempt.publish(&trained(cell), &endless).is_err());
}

#[test]
fn only_leftovers_are_removed() {
    let (_folder, run) = finished();
    let at = |name: &str| run.path().join(name);
    let leftovers = ["checkpoints/.writing-a", "failures/.writing-b", "teachers/.writing-c"];
    for name in leftovers {
        std::fs::write(at(name), "half").unwrap();
    }
    std::mem::forget(run.stage(&run.plan().cells[0]).unwrap());
    std::fs::write(at("staging/notes"), "mine").unwrap();
    run.remove_leftovers(&run.lock().unwrap()).unwrap();
    assert!(leftovers.iter().all(|name| !at(name).exists()));
    let left: Vec<_> =
        std::fs::read_dir(at("staging")).unwrap().map(|one| one.unwrap().path()).collect();
    assert_eq!(left, [at("staging/notes")]);
}

#[test]
fn files_must_match_the_digests_in_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunDirectory::create_or_open(folder.path(), plan(1)).unwrap();
    let cell = &run.plan().cells[0];
    let right = Record { logits: Some(digest(b"logits")), ..trained(cell) };
    let published = |weights: &str, logits: &str, record: &Record| {
        let attempt = run.stage(cell).unwrap();
        std::fs::write(attempt.path().join(file::WEIGHTS), weights).unwrap();
        std::fs::write(attempt.path().join(file::LOGITS), logits).unwrap();
        attempt.publish(record, &provenance()).map_err(|error| error.to_string())
    };
    let error = published("others", "logits", &right).unwrap_err();
    assert!(error.contains(file::WEIGHTS) && error.contains(&cell.name()), "{error}");
    assert!(published(&cell.name(), "others", &right).unwrap_err().contains(file::LOGITS));
    assert!(published(&cell.name(), "logits", &trained(cell)).unwrap_err().contains(file::LOGITS));
    assert!(run.record(cell).unwrap().is_none());
    published(&cell.name(), "logits", &right).unwrap();
}

mod outdated;
mod plans;

#[test]
fn the_longest_chain_is_that_of_dependencies() {
    let base = test_cell("base", 0, &[]);
    let copied = test_cell("copied", 0, std::slice::from_ref(&base));
    let scores = test_cell("scores", 0, &[base, copied.clone()]);
    let others = (1..4).map(|seed| test_cell("base", seed, &[]));
    let cells = others.chain([scores, copied]).map(Cell::from);
    let plan = Plan { cells: Plan::in_dependency_order(cells), ..plan(0) };
    assert_eq!((plan.cells.len(), plan.longest_chain()), (6, 3));
    assert_eq!(Plan { cells: Vec::new(), ..plan }.longest_chain(), 0);
}

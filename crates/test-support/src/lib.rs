//! Runs with a known truth: records drawn from models with known effects, written through the run
//! directory's own interface. For tests and examples alone.

pub mod docs;
pub mod snapshots;
pub mod tensors;

use std::path::Path;

use assay_runs::{
    Cell, DatasetId, Initialization, NetworkSpec, Provenance, Record, RunDirectory, Seconds,
    Staging, TrainingConfig, digest, file, random_stream,
};
use rand::RngExt;

/// What becomes of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It has a record.
    Trained,
    /// Its loss never fell.
    Stuck,
    /// Its loss was no longer finite.
    Diverged,
    /// Trained, and thirty points worse than expected.
    Poor,
    /// It was tried and has no record.
    Failed,
    /// It was not tried.
    Missing,
}

/// A fabricated run is a thousand small files, each synced: in memory where there is such a folder.
///
/// # Panics
/// When it cannot be made.
#[must_use]
pub fn in_memory() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    tempfile::tempdir_in(folder).unwrap()
}

/// Publishes a cell once more, with other bytes in one of its files.
///
/// # Panics
/// When a file cannot be read or written.
pub fn republish(run: &RunDirectory, cell: &Cell, name: &str, bytes: &[u8]) {
    let (record, provenance) = run.verify(cell).unwrap().unwrap();
    let attempt = run.stage(cell).unwrap();
    for other in record.files.keys() {
        std::fs::copy(run.cell_folder(cell).join(other), attempt.path().join(other)).unwrap();
    }
    std::fs::write(attempt.path().join(name), bytes).unwrap();
    std::fs::remove_dir_all(run.cell_folder(cell)).unwrap();
    publish(attempt, &record, &provenance);
}

/// Publishes a record with the digests of the weights and the logits in the folder.
///
/// # Panics
/// When a file cannot be read or written.
pub fn publish(attempt: Staging<'_>, record: &Record, provenance: &Provenance) {
    let of = |name: &str| Some(digest(&std::fs::read(attempt.path().join(name)).ok()?));
    let weights = of(file::WEIGHTS).unwrap_or_else(|| record.weights.clone());
    let logits = of(file::LOGITS).or_else(|| record.logits.clone());
    attempt.publish(&Record { weights, logits, ..record.clone() }, provenance).unwrap();
}

/// A text file of a run.
///
/// # Panics
/// When a file cannot be read or written.
#[must_use]
pub fn read(folder: &Path, file: &str) -> String {
    std::fs::read_to_string(folder.join(file)).unwrap()
}

/// What owns the draws of a fabricated cell: its name without the identity, which depends on the names of fields.
/// `draws` chooses among draws: an interval misses the truth by chance, which a test should not.
///
/// # Panics
/// When the name has no identity at its end.
#[must_use]
pub fn draw_owner(draws: u32, cell: &Cell) -> String {
    let name = cell.name();
    let (owner, _identity) = name.rsplit_once('.').expect("a name ends with the identity");
    format!("{draws} {owner}")
}

/// Close to a standard normal draw.
pub fn normal(owner: &impl ToString, name: &str) -> f64 {
    let mut draws = random_stream(owner, name);
    (0..12).map(|_| draws.random::<f64>()).sum::<f64>() - 6.0
}

/// A data set of this name.
#[must_use]
pub fn data(name: &str) -> DatasetId {
    DatasetId { name: name.to_owned(), fingerprint: "0123abcd".to_owned() }
}

/// A plain network of this architecture.
#[must_use]
pub fn network(architecture: &str) -> NetworkSpec {
    NetworkSpec {
        architecture: architecture.to_owned(),
        width: 1.0,
        groups: false,
        local_response_norm: false,
        input_dropout: 0.0,
        dropout: 0.5,
        initialization: Initialization::He,
    }
}

/// A schedule of so many epochs.
#[must_use]
pub fn schedule(epochs: u32) -> TrainingConfig {
    TrainingConfig {
        epochs,
        learning_rate: 0.01,
        bias_lr_factor: 2.0,
        lr_milestones: vec![0.5, 0.75],
        lr_gamma: 0.1,
        momentum: 0.9,
        weight_decay: 5e-4,
        ..TrainingConfig::evaluation_only(64)
    }
}

/// The provenance of every fabricated cell.
#[must_use]
pub fn provenance() -> Provenance {
    Provenance {
        precision: "f32".to_owned(),
        device: "cpu".to_owned(),
        machine: "a test".to_owned(),
        version: "0.1.0".to_owned(),
        seconds: Seconds { prepare: 0.1, train: 2.0, evaluate: 0.2, total: 2.3 },
        finished: 1e9,
        images_per_second: 1234.5,
        latency: None,
        cached_layers: 0,
        resumed: 0,
        earlier_devices: Vec::new(),
    }
}

//! Finished runs of every experiment at toy size, to be copied and damaged.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use assay_runs::{Cell, RunDirectory};
use tempfile::TempDir;

use super::common::results;

const TRANSFER: &[&str] = &["cells=[\"selffer\", \"scores\"]", "cuts=[1]"];

const DISTILL: &[&str] = &[
    "seeds=1",
    "tuning.lr_factors=[]",
    "validation_images=48",
    "data.forms_train_images_per_class=12",
    "data.forms_test_images_per_class=4",
    "run.checkpoint_seconds=0",
    "teacher.ensemble=2",
    "teacher.architecture=mlp-9",
    "student.architectures=[\"mlp-7\"]",
    "teacher.schedule.epochs=3",
    "student.schedule.epochs=3",
    "distillation.temperatures=[2.0, 8.0]",
];

const FOOL: &[&str] = &[
    "seeds=1",
    "validation_images=48",
    "data.forms_train_images_per_class=12",
    "data.forms_test_images_per_class=4",
    "run.checkpoint_seconds=0",
    "networks.architectures=[\"mlp-9\", \"mlp-7\"]",
    "networks.schedule.epochs=2",
    "attack.methods=[\"evolution\"]",
    "attack.encodings=[\"cppn\"]",
    "attack.generations=8",
    "retrain.rounds=1",
    "retrain.first_attacks=1",
    "retrain.images=7",
];

/// An experiment and a finished run of it.
pub struct Study {
    name: &'static str,
    folder: TempDir,
    /// All files of the finished run's cells, except the provenance.
    pub results: BTreeMap<String, Vec<u8>>,
}

impl Study {
    pub fn finished(name: &'static str) -> Self {
        // Many small files are synced, so use memory if possible.
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = tempfile::tempdir_in(place).unwrap();
        let mut study = Self { name, folder, results: BTreeMap::new() };
        let (code, said) = study.resume(&study.whole());
        assert_eq!(code, Some(0), "{said}");
        study.results = results(&study.whole());
        study
    }

    pub fn whole(&self) -> PathBuf {
        self.folder.path().join("whole")
    }

    /// The command that starts or continues a run in `out`.
    pub fn command(&self, out: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
        let toy = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml");
        let (profile, settings) = match self.name {
            "transfer-sweep" => (toy, TRANSFER),
            "distill" => ("smoke", DISTILL),
            _ => ("smoke", FOOL),
        };
        command.args([self.name, "--profile", profile, "--jobs", "2", "--out"]).arg(out);
        command.args(settings.iter().flat_map(|change| ["--set", change]));
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Starts or continues a run. Returns the exit status and standard error.
    pub fn resume(&self, out: &Path) -> (Option<i32>, String) {
        let output = self.command(out).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("panicked"), "{said}");
        (output.status.code(), said)
    }

    /// Copies a run under another name.
    pub fn copy_run(&self, run: &Path, name: &str) -> RunDirectory {
        let out = self.folder.path().join(name);
        let _ = std::fs::remove_dir_all(&out);
        copy(run, &out);
        RunDirectory::open(&out).unwrap()
    }

    /// Continues a run to its end and checks that its results are those of the finished run.
    pub fn repaired(&self, run: &RunDirectory) -> String {
        let (code, said) = self.resume(run.path());
        assert_eq!(code, Some(0), "{said}");
        let now = results(run.path());
        let others: Vec<_> =
            now.iter().filter(|(name, bytes)| self.results.get(*name) != Some(bytes)).collect();
        let others: Vec<_> = others.iter().map(|(name, _)| name).collect();
        assert!(others.is_empty() && now.len() == self.results.len(), "{others:?} differ: {said}");
        said
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let place = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &place);
        } else {
            std::fs::copy(&path, place).unwrap();
        }
    }
}

/// Removes a cell from a run, as if it had never been worked on.
pub fn forget(run: &RunDirectory, cell: &Cell) {
    let folder = run.cell_folder(cell);
    if folder.exists() {
        std::fs::remove_dir_all(folder).unwrap();
    }
}

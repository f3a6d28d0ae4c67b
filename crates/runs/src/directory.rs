//! The run directory.
//!
//! ```text
//! RUN/plan.json                     the plan
//! RUN/lock                          held by the process that schedules the run
//! RUN/cells/NAME/                   a finished cell: record.json, provenance.json and some of
//!   weights.safetensors             weights of a network
//!   logits.safetensors              logits of a network
//!   ...                             files of the cell's experiment
//! RUN/checkpoints/ID.checkpoint     a cell in progress
//! RUN/teachers/ID-....safetensors   cached outputs of a teacher for the training images
//! RUN/leases/ID.json                the scheduler that works on a cell of a shared run
//! RUN/events/HOST-PROCESS.jsonl     what a scheduler did, one JSON value per line
//! RUN/failures/ID.json              why the last attempt at a cell failed
//! RUN/staging/...                  staging folders, not published yet
//! RUN/damaged/NAME/                 folders of cells that were found damaged or outdated
//! ```
//!
//! plan.json, record.json and provenance.json begin with a digest of their own content. A record
//! contains the digests of the other files in its folder and of the results it depends on. All
//! digests are verified when a file is read.

use std::path::{Path, PathBuf};

use crate::files::{is_partial, read_json, remove_from, write_json};
use crate::{Cell, Plan, RunError};

mod finished;
mod leases;
mod lock;
mod plan_file;
mod staging;

use plan_file::{read_plan, write_plan};

pub use finished::{CellStatus, CheckedCells, read_record};
pub use leases::{Holder, Lease, Leases};
pub use lock::RunLock;
pub use staging::Staging;

/// Folders of a run directory.
const FOLDERS: [&str; 7] =
    ["cells", "checkpoints", "events", "failures", "leases", "staging", "teachers"];
/// Other entries that a run directory may contain before it has a plan.
const OTHER_ENTRIES: [&str; 8] =
    ["lock", "damaged", "report", "summary.json", "slurm", "program", "snakemake", "tensorboard"];

/// Names of files in the folder of a finished cell. Experiments add others.
pub mod file {
    /// The record (result) of the cell.
    pub const RECORD: &str = "record.json";
    /// The provenance: where, when and how fast the cell was made.
    pub const PROVENANCE: &str = "provenance.json";
    /// Weights of a network, if another cell needs them or all weights are kept.
    pub const WEIGHTS: &str = "weights.safetensors";
    /// Logits of a network.
    pub const LOGITS: &str = "logits.safetensors";
}

/// A run on disk.
#[derive(Debug, Clone)]
pub struct RunDirectory {
    path: PathBuf,
    plan: Plan,
}

impl RunDirectory {
    /// Opens the run at `path`, or creates it. If `plan` contains all cells of an existing run, the
    /// run is extended to `plan`.
    ///
    /// # Errors
    /// When the directory cannot be written to, contains something else, or contains a run with
    /// cells that `plan` does not have.
    pub fn create_or_open(path: &Path, plan: Plan) -> Result<Self, RunError> {
        if path.join("plan.json").exists() {
            let run = Self::open(path)?;
            if !run.plan.is_subset_of(&plan) {
                let difference = run.plan.difference(&plan);
                return Err(RunError::PlanMismatch { path: path.to_owned(), difference });
            }
            if run.plan != plan {
                // The lock excludes other processes: they would continue with the old plan.
                let _lock = run.lock()?;
                write_plan(&path.join("plan.json"), &plan)?;
            }
            // Copies of a run may lack its empty folders.
            create_folders(path)?;
            return Ok(Self { plan, ..run });
        }
        std::fs::create_dir_all(path).map_err(RunError::io(path))?;
        let entries = std::fs::read_dir(path).map_err(RunError::io(path))?;
        // A process may have been killed between creating the folders and writing the plan.
        for entry in entries {
            let name = entry.map_err(RunError::io(path))?.file_name();
            let name = name.to_string_lossy();
            let is_ours = FOLDERS.contains(&&*name) || OTHER_ENTRIES.contains(&&*name);
            if !is_ours && !is_partial(&name) {
                return Err(RunError::NotARun(path.to_owned()));
            }
        }
        create_folders(path)?;
        write_plan(&path.join("plan.json"), &plan)?;
        Ok(Self { path: path.to_owned(), plan })
    }

    /// Opens an existing run.
    ///
    /// # Errors
    /// When there is no run, or its plan cannot be read.
    pub fn open(path: &Path) -> Result<Self, RunError> {
        let file = path.join("plan.json");
        if !file.exists() {
            return Err(RunError::NotARun(path.to_owned()));
        }
        let plan = read_plan(&file)?;
        Ok(Self { path: path.to_owned(), plan })
    }

    /// Checks that the plan on disk is still the one that was read. Another process may have
    /// extended it before the lock was taken, and the scheduler identifies cells by their position
    /// in the plan.
    ///
    /// # Errors
    /// When the plan has changed or cannot be read.
    pub fn check_plan(&self, _lock: &RunLock) -> Result<(), RunError> {
        let ids = |plan: &Plan| plan.cells.iter().map(Cell::id).collect::<Vec<_>>();
        if ids(&Self::open(&self.path)?.plan) == ids(&self.plan) {
            Ok(())
        } else {
            Err(RunError::PlanChanged(self.path.clone()))
        }
    }

    /// Path of the run directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The plan of the run.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Path of a finished cell's folder.
    #[must_use]
    pub fn cell_folder(&self, cell: &Cell) -> PathBuf {
        self.path.join("cells").join(cell.name())
    }

    /// Path of a cell's weights. The file may not exist.
    #[must_use]
    pub fn weights(&self, cell: &Cell) -> PathBuf {
        self.cell_folder(cell).join(file::WEIGHTS)
    }

    /// Path of a classifier's logits.
    #[must_use]
    pub fn logits(&self, cell: &Cell) -> PathBuf {
        self.cell_folder(cell).join(file::LOGITS)
    }

    /// Path of the cached outputs of a teacher for the training images. `inputs` is a hash of
    /// images, views and normalization.
    #[must_use]
    pub fn teacher_outputs(&self, teacher: &Cell, inputs: &str) -> PathBuf {
        self.path.join("teachers").join(format!("{}-{inputs}.safetensors", teacher.id()))
    }

    /// Path of a cell's checkpoint.
    #[must_use]
    pub fn checkpoint(&self, cell: &Cell) -> PathBuf {
        self.path.join("checkpoints").join(format!("{}.checkpoint", cell.id()))
    }

    /// Path of a scheduler's log.
    #[must_use]
    pub fn event_log(&self, holder: &Holder) -> PathBuf {
        let Holder { host, process, token } = holder;
        let host = host.replace(|letter: char| !letter.is_ascii_alphanumeric(), "-");
        self.path
            .join("events")
            .join(format!("{host}-{process}-{}.jsonl", &token[..token.len().min(8)]))
    }

    /// Records why an attempt at a cell failed.
    ///
    /// # Errors
    /// When the run directory cannot be written to.
    pub fn record_failure(&self, cell: &Cell, reason: &str) -> Result<(), RunError> {
        write_json(&self.failure(cell), &reason)
    }

    /// Why the last attempt at a cell failed; none if the cell is finished or never failed.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn failure_reason(&self, cell: &Cell) -> Result<Option<String>, RunError> {
        let path = self.failure(cell);
        if self.cell_folder(cell).exists() || !path.exists() {
            return Ok(None);
        }
        read_json(&path, "failure note").map(Some)
    }

    fn failure(&self, cell: &Cell) -> PathBuf {
        self.path.join("failures").join(format!("{}.json", cell.id()))
    }

    /// Removes unfinished folders and files of killed processes. Does nothing if other schedulers
    /// may be working on the run: these could be theirs.
    ///
    /// # Errors
    /// When they cannot be removed.
    pub fn remove_leftovers(&self, lock: &RunLock) -> Result<(), RunError> {
        create_folders(&self.path)?;
        if lock.is_shared() {
            return Ok(());
        }
        remove_from(&self.path.join("leases"), |_| true)?;
        remove_from(&self.path.join("staging"), staging::is_staging_name)?;
        for folder in FOLDERS {
            remove_from(&self.path.join(folder), is_partial)?;
        }
        Ok(())
    }
}

/// Creates the folders of the run that do not exist.
fn create_folders(path: &Path) -> Result<(), RunError> {
    for folder in FOLDERS {
        let folder = path.join(folder);
        std::fs::create_dir_all(&folder).map_err(RunError::io(&folder))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;

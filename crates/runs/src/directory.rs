//! The directory of a run.
//!
//! ```text
//! RUN/plan.json                 what is to be done
//! RUN/lock                      held by the process that schedules
//! RUN/cells/NAME/               a finished cell: record.json, provenance.json, weights.safetensors
//! RUN/cells/NAME/logits.safetensors   of a classifier: what it says of held-out and test images; of an
//!                               attack and a showing: what the network says of the elites
//! RUN/cells/NAME/gallery.safetensors  of a teacher: some test images, to show what it says of them
//! RUN/cells/NAME/alignment.safetensors   of an aligner: the state of every frame
//! RUN/cells/NAME/elites.safetensors, archive.json   of an attack: the images found, their genomes
//! RUN/cells/NAME/lineages.safetensors   of an attack by itself: some elites' ancestors as images
//! RUN/cells/NAME/first.safetensors   of an attack of a round of retraining: the elites after one generation
//! RUN/checkpoints/ID.checkpoint   a cell in progress
//! RUN/teachers/ID-....safetensors  what a teacher says of the training images
//! RUN/failures/ID.json          why the last attempt at a cell ended without a record
//! RUN/attempts/...              folders being written; nothing there counts
//! RUN/damaged/NAME/             what was the folder of a cell, until it, or what it was made from, was found damaged
//! ```
//!
//! plan.json, record.json and provenance.json begin with the digest of what follows in them; a record has the
//! digests of the files beside it, and of what the cell was made from. What is read is compared.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::files::{is_being_written, read_json, remove_from, write_json};
use crate::seal::{read_sealed_json, write_sealed_json};
use crate::{Cell, Plan, RunError};

mod attempt;
mod finished;

pub use attempt::Attempt;
pub use finished::{Checked, Found, record_in};

/// The folders of a run.
const FOLDERS: [&str; 5] = ["cells", "checkpoints", "failures", "attempts", "teachers"];
/// What else a run without a plan may have.
const MADE_LATER: [&str; 4] = ["lock", "damaged", "report", "summary.json"];

/// Names of files in the folder of a finished cell.
pub mod file {
    /// What the cell came to.
    pub const RECORD: &str = "record.json";
    /// Where, when and how fast.
    pub const PROVENANCE: &str = "provenance.json";
    /// Of a network that others need.
    pub const WEIGHTS: &str = "weights.safetensors";
    /// What a network says of images.
    pub const LOGITS: &str = "logits.safetensors";
    /// Test images, to show what a teacher says of them.
    pub const GALLERY: &str = "gallery.safetensors";
    /// What an aligner says of every frame.
    pub const ALIGNMENT: &str = "alignment.safetensors";
    /// The images that an attack found.
    pub const ELITES: &str = "elites.safetensors";
    /// Their genomes.
    pub const ARCHIVE: &str = "archive.json";
    /// Some of their ancestors.
    pub const LINEAGES: &str = "lineages.safetensors";
    /// The images that an attack of a round of retraining had found after its first generation.
    pub const FIRST: &str = "first.safetensors";
}

/// A run on disk.
#[derive(Debug, Clone)]
pub struct RunDirectory {
    path: PathBuf,
    plan: Plan,
}

/// The right to schedule a run; given back when dropped, or when the process ends in any way.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

impl RunDirectory {
    /// Opens the run at `path`, or makes it where nothing is there yet. A run whose cells are all in
    /// `plan` grows to it.
    ///
    /// # Errors
    /// When the directory cannot be written to, holds something else, or holds a run with cells that
    /// `plan` does not have.
    pub fn create_or_open(path: &Path, plan: Plan) -> Result<Self, RunError> {
        if path.join("plan.json").exists() {
            let run = Self::open(path)?;
            if !run.plan.is_within(&plan) {
                let difference = run.plan.difference(&plan);
                return Err(RunError::OtherPlan { path: path.to_owned(), difference });
            }
            if run.plan != plan {
                // Not while somebody else works on it: that process knows only the old plan.
                let _lock = run.lock()?;
                write_sealed_json(&path.join("plan.json"), &plan)?;
            }
            // A copy of a run may lack the folders that were empty.
            create_folders(path)?;
            return Ok(Self { plan, ..run });
        }
        std::fs::create_dir_all(path).map_err(RunError::io(path))?;
        let entries = std::fs::read_dir(path).map_err(RunError::io(path))?;
        // Folders of a run that was stopped before its plan was written are no obstacle.
        for entry in entries {
            let name = entry.map_err(RunError::io(path))?.file_name();
            let name = name.to_string_lossy();
            let is_ours = FOLDERS.contains(&&*name) || MADE_LATER.contains(&&*name);
            if !is_ours && !is_being_written(&name) {
                return Err(RunError::NotARun(path.to_owned()));
            }
        }
        create_folders(path)?;
        write_sealed_json(&path.join("plan.json"), &plan)?;
        Ok(Self { path: path.to_owned(), plan })
    }

    /// Opens the run at `path`.
    ///
    /// # Errors
    /// When no run is there, or its plan cannot be read.
    pub fn open(path: &Path) -> Result<Self, RunError> {
        let file = path.join("plan.json");
        if !file.exists() {
            return Err(RunError::NotARun(path.to_owned()));
        }
        let plan = read_sealed_json(&file, "plan").map_err(|error| match error {
            RunError::Damaged { path, reason } => RunError::DamagedPlan { path, reason },
            other => other,
        })?;
        Ok(Self { path: path.to_owned(), plan })
    }

    /// Takes the run for this process, until the lock is dropped.
    ///
    /// # Errors
    /// When another process has it.
    pub fn lock(&self) -> Result<RunLock, RunError> {
        let path = self.path.join("lock");
        if path.is_symlink() {
            // What it leads to would be written over.
            return Err(RunError::damaged(&path, "a symbolic link; delete it"));
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(RunError::io(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = file.read_to_string(&mut holder);
                let holder = holder.trim().to_owned();
                return Err(RunError::Locked { path: self.path.clone(), holder });
            }
            Err(TryLockError::Error(source)) => return Err(RunError::Io { path, source }),
        }
        file.set_len(0).map_err(RunError::io(&path))?;
        writeln!(file, "process {}", std::process::id()).map_err(RunError::io(&path))?;
        Ok(RunLock { _file: file })
    }

    /// Whether the plan is still the one that was read. Before the lock was taken another process may have
    /// made the run grow, and cells are spoken of by their numbers in the plan.
    ///
    /// # Errors
    /// When it is another, or can no longer be read.
    pub fn check_plan(&self, _lock: &RunLock) -> Result<(), RunError> {
        let ids = |plan: &Plan| plan.cells.iter().map(Cell::id).collect::<Vec<_>>();
        if ids(&Self::open(&self.path)?.plan) == ids(&self.plan) {
            Ok(())
        } else {
            Err(RunError::PlanChanged(self.path.clone()))
        }
    }

    /// Where the run is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is to be done.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The folder of a finished cell.
    #[must_use]
    pub fn cell_folder(&self, cell: &Cell) -> PathBuf {
        self.path.join("cells").join(cell.name())
    }

    /// The weights of a finished cell, where they were kept.
    #[must_use]
    pub fn weights(&self, cell: &Cell) -> PathBuf {
        self.cell_folder(cell).join(file::WEIGHTS)
    }

    /// The logits of a finished classifier.
    #[must_use]
    pub fn logits(&self, cell: &Cell) -> PathBuf {
        self.cell_folder(cell).join(file::LOGITS)
    }

    /// The images that a finished attack found.
    #[must_use]
    pub fn elites(&self, cell: &Cell) -> PathBuf {
        self.cell_folder(cell).join(file::ELITES)
    }

    /// Where what a teacher says of training images is kept, once it is computed; `inputs` tells the
    /// images, views and normalization apart.
    #[must_use]
    pub fn teacher_outputs(&self, teacher: &Cell, inputs: &str) -> PathBuf {
        self.path.join("teachers").join(format!("{}-{inputs}.safetensors", teacher.id()))
    }

    /// Where a cell in progress keeps what it needs to go on.
    #[must_use]
    pub fn checkpoint(&self, cell: &Cell) -> PathBuf {
        self.path.join("checkpoints").join(format!("{}.checkpoint", cell.id()))
    }

    /// Notes why an attempt at a cell ended without a record.
    ///
    /// # Errors
    /// When the run cannot be written to.
    pub fn note_failure(&self, cell: &Cell, reason: &str) -> Result<(), RunError> {
        write_json(&self.failure(cell), &reason)
    }

    /// The reason why the last attempt at a cell ended without a record, where there is one.
    ///
    /// # Errors
    /// When the note cannot be read.
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

    /// Removes folders and files that a stopped process was still writing, and nothing else. Only for the
    /// holder of the lock.
    ///
    /// # Errors
    /// When they cannot be removed.
    pub fn remove_leftovers(&self, _lock: &RunLock) -> Result<(), RunError> {
        create_folders(&self.path)?;
        remove_from(&self.path.join("attempts"), attempt::is_attempt)?;
        for folder in FOLDERS {
            remove_from(&self.path.join(folder), is_being_written)?;
        }
        Ok(())
    }
}

/// The folders of the run at `path`, as far as they are not there.
fn create_folders(path: &Path) -> Result<(), RunError> {
    for folder in FOLDERS {
        let folder = path.join(folder);
        std::fs::create_dir_all(&folder).map_err(RunError::io(&folder))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;

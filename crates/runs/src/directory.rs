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
//! RUN/checkpoints/ID.safetensors   a cell in progress
//! RUN/teachers/ID-....safetensors  what a teacher says of the training images
//! RUN/failures/ID.json          why the last attempt at a cell ended without a record
//! RUN/attempts/...              folders being written; nothing there counts
//! ```

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::files::{read_json, sync_folder, write_json};
use crate::{Cell, Plan, Provenance, Record, RunError};

/// The folders of a run.
const FOLDERS: [&str; 5] = ["cells", "checkpoints", "failures", "attempts", "teachers"];

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
                write_json(&path.join("plan.json"), &plan)?;
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
            if name != "lock" && !FOLDERS.contains(&&*name) && !name.starts_with(".writing-") {
                return Err(RunError::NotARun(path.to_owned()));
            }
        }
        create_folders(path)?;
        write_json(&path.join("plan.json"), &plan)?;
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
        Ok(Self { path: path.to_owned(), plan: read_json(&file, "plan")? })
    }

    /// Takes the run for this process, until the lock is dropped.
    ///
    /// # Errors
    /// When another process has it.
    pub fn lock(&self) -> Result<RunLock, RunError> {
        let path = self.path.join("lock");
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
        self.cell_folder(cell).join("weights.safetensors")
    }

    /// The logits of a finished classifier.
    #[must_use]
    pub fn logits(&self, cell: &Cell) -> PathBuf {
        self.cell_folder(cell).join("logits.safetensors")
    }

    /// What a finished aligner says of every frame.
    #[must_use]
    pub fn alignment(&self, cell: &Cell) -> PathBuf {
        self.cell_folder(cell).join("alignment.safetensors")
    }

    /// The images that a finished attack found.
    #[must_use]
    pub fn elites(&self, cell: &Cell) -> PathBuf {
        self.cell_folder(cell).join("elites.safetensors")
    }

    /// The images that an attack of a round of retraining had found after its first generation.
    #[must_use]
    pub fn first_elites(&self, cell: &Cell) -> PathBuf {
        self.cell_folder(cell).join("first.safetensors")
    }

    /// Where what a teacher says of training images is kept, once it is computed; `inputs` tells the
    /// images, views and normalisation apart.
    #[must_use]
    pub fn teacher_outputs(&self, teacher: &Cell, inputs: &str) -> PathBuf {
        self.path.join("teachers").join(format!("{}-{inputs}.safetensors", teacher.id()))
    }

    /// Where a cell in progress keeps what it needs to go on.
    #[must_use]
    pub fn checkpoint(&self, cell: &Cell) -> PathBuf {
        self.path.join("checkpoints").join(format!("{}.safetensors", cell.id()))
    }

    /// Whether a cell has a record.
    #[must_use]
    pub fn is_done(&self, cell: &Cell) -> bool {
        self.cell_folder(cell).is_dir()
    }

    /// The record of a cell, where it has one.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn record(&self, cell: &Cell) -> Result<Option<Record>, RunError> {
        self.read(cell, "record.json", "record")
    }

    /// The provenance of a cell, where it has a record.
    ///
    /// # Errors
    /// When the provenance cannot be read.
    pub fn provenance(&self, cell: &Cell) -> Result<Option<Provenance>, RunError> {
        self.read(cell, "provenance.json", "provenance")
    }

    fn read<T: serde::de::DeserializeOwned>(
        &self,
        cell: &Cell,
        file: &str,
        what: &'static str,
    ) -> Result<Option<T>, RunError> {
        if !self.is_done(cell) {
            return Ok(None);
        }
        read_json(&self.cell_folder(cell).join(file), what).map(Some)
    }

    /// The records of all finished cells, in the plan's order.
    ///
    /// # Errors
    /// When a record cannot be read.
    pub fn records(&self) -> Result<Vec<Record>, RunError> {
        self.plan.cells.iter().filter_map(|cell| self.record(cell).transpose()).collect()
    }

    /// Begins a folder for a cell's results, which counts only once it is published.
    ///
    /// # Errors
    /// When the run cannot be written to.
    pub fn attempt<'a>(&'a self, cell: &'a Cell) -> Result<Attempt<'a>, RunError> {
        let folder = self.path.join("attempts");
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        let folder = builder
            .prefix(&format!("{}.", cell.id()))
            .tempdir_in(&folder)
            .map_err(RunError::io(folder))?;
        Ok(Attempt { folder, run: self, cell })
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
        if self.is_done(cell) || !path.exists() {
            return Ok(None);
        }
        read_json(&path, "failure note").map(Some)
    }

    fn failure(&self, cell: &Cell) -> PathBuf {
        self.path.join("failures").join(format!("{}.json", cell.id()))
    }

    /// Removes folders that a stopped process was still writing. Only for the holder of the lock.
    ///
    /// # Errors
    /// When they cannot be removed.
    pub fn sweep_attempts(&self, _lock: &RunLock) -> Result<(), RunError> {
        let folder = self.path.join("attempts");
        match std::fs::remove_dir_all(&folder) {
            // A process may have been killed between this and the next line.
            Err(error) if error.kind() != ErrorKind::NotFound => Err(RunError::io(folder)(error)),
            _ => create_folders(&self.path),
        }
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

/// A folder being filled with a cell's results; vanishes unless it is published.
#[derive(Debug)]
pub struct Attempt<'a> {
    folder: TempDir,
    run: &'a RunDirectory,
    cell: &'a Cell,
}

impl Attempt<'_> {
    /// The folder to put files into.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Makes the folder the cell's, by one rename, and drops the cell's checkpoint. The folder is on the disk
    /// before the rename is, so that after a power cut, too, it is there whole or not at all; files in it
    /// are to be written by [`crate::write_atomically`].
    /// Where another process was first, its folder stays and this one vanishes: on a CPU they
    /// are equal.
    ///
    /// # Errors
    /// When the run cannot be written to.
    pub fn publish(self, record: &Record, provenance: &Provenance) -> Result<(), RunError> {
        write_json(&self.path().join("record.json"), record)?;
        write_json(&self.path().join("provenance.json"), provenance)?;
        sync_folder(self.path())?;
        let destination = self.run.cell_folder(self.cell);
        if let Err(error) = std::fs::rename(self.path(), &destination)
            && !destination.is_dir()
        {
            return Err(RunError::io(destination)(error));
        }
        sync_folder(&self.run.path.join("cells"))?;
        let checkpoint = self.run.checkpoint(self.cell);
        for leftover in [checkpoint, self.run.failure(self.cell)] {
            match std::fs::remove_file(&leftover) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(RunError::io(leftover)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! Finished cells: reading and verifying what was published.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::staging::ProvenanceFile;
use super::{RunDirectory, RunLock, file};
use crate::digest_prefix::read_json_with_digest;
use crate::files::remove;
use crate::{Cell, CellId, Provenance, Record, RunError};

/// Reads the record in the folder of any cell.
///
/// # Errors
/// When it cannot be read, is damaged or is invalid.
pub fn read_record(folder: &Path) -> Result<Record, RunError> {
    let path = folder.join(file::RECORD);
    let record: Record = read_json_with_digest(&path, "record")?;
    record.check().map_err(|reason| RunError::other_version(&path, "record", reason))?;
    Ok(record)
}

/// The state of a cell's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellStatus {
    /// All files are as they were published, and so are the results that the cell depends on.
    Intact,
    /// There is no record.
    Missing,
    /// The folder was moved to `damaged/`, for this reason.
    SetAside(String),
}

/// The states of several cells.
#[derive(Debug, Default)]
pub struct CheckedCells<'a> {
    /// Cells that are finished and whose dependencies are finished.
    pub intact: HashSet<CellId>,
    /// Cells whose folders were moved to `damaged/`, with the reasons.
    pub set_aside: Vec<(&'a Cell, String)>,
}

impl RunDirectory {
    /// Whether a cell has a record and all of its files are as they were published.
    #[must_use]
    pub fn is_done(&self, cell: &Cell) -> bool {
        matches!(self.verify(cell), Ok(Some(_)))
    }

    /// The record of a cell, if there is one.
    ///
    /// # Errors
    /// When the record cannot be read, is damaged, belongs to another cell, or is invalid.
    pub fn record(&self, cell: &Cell) -> Result<Option<Record>, RunError> {
        let folder = self.cell_folder(cell);
        if folder.symlink_metadata().is_err() {
            return Ok(None);
        }
        let record = read_record(&folder)?;
        if record.cell != *cell {
            let reason = format!("the record of another cell, {}", record.cell.name());
            return Err(RunError::damaged(&folder.join(file::RECORD), reason));
        }
        Ok(Some(record))
    }

    /// The provenance of a cell, if there is one.
    ///
    /// # Errors
    /// When the provenance cannot be read, is damaged, belongs to another cell, or is invalid.
    pub fn provenance(&self, cell: &Cell) -> Result<Option<Provenance>, RunError> {
        let folder = self.cell_folder(cell);
        if folder.symlink_metadata().is_err() {
            return Ok(None);
        }
        let path = folder.join(file::PROVENANCE);
        let ProvenanceFile { of: cell_id, provenance } =
            read_json_with_digest::<ProvenanceFile<Provenance>>(&path, "provenance")?;
        if cell_id != cell.id() {
            return Err(RunError::damaged(
                &path,
                format!("the provenance of another cell, {cell_id}"),
            ));
        }
        provenance
            .check()
            .map_err(|reason| RunError::other_version(&path, "provenance", reason))?;
        Ok(Some(provenance))
    }

    /// The records of all finished cells, in the order of the plan.
    ///
    /// # Errors
    /// When a record cannot be read or is damaged.
    pub fn records(&self) -> Result<Vec<Record>, RunError> {
        self.plan.cells.iter().filter_map(|cell| self.record(cell).transpose()).collect()
    }

    /// The record and provenance of a cell, if it is finished. Compares every file with its digest,
    /// and the dependencies with their current results.
    ///
    /// # Errors
    /// When a file is missing, unreadable or damaged; when the record belongs to another cell or is
    /// invalid; or when a dependency has another result than the one used.
    pub fn verify(&self, cell: &Cell) -> Result<Option<(Record, Provenance)>, RunError> {
        let Some((record, provenance)) = self.record(cell)?.zip(self.provenance(cell)?) else {
            return Ok(None);
        };
        record.verify_files(&self.cell_folder(cell))?;
        self.check_dependencies(&record)?;
        Ok(Some((record, provenance)))
    }

    /// The current results that a cell would be made from: the [`Record::result_digest`] of each
    /// finished dependency.
    ///
    /// # Errors
    /// When the record of a dependency cannot be read or is damaged.
    pub fn made_from(&self, cell: &Cell) -> Result<BTreeMap<CellId, String>, RunError> {
        let mut digests = BTreeMap::new();
        for needed in cell.dependencies() {
            if let Some(record) = self.record(&needed)? {
                digests.insert(needed.id(), record.result_digest());
            }
        }
        Ok(digests)
    }

    /// Compares the dependencies with those the record was made from. A missing or damaged
    /// dependency is not an error: it may come to the same result when it is made again.
    fn check_dependencies(&self, record: &Record) -> Result<(), RunError> {
        for needed in record.cell.dependencies() {
            match self.record(&needed) {
                Ok(Some(now))
                    if record.made_from.get(&needed.id()) != Some(&now.result_digest()) =>
                {
                    let path = self.cell_folder(&record.cell).join(file::RECORD);
                    return Err(RunError::Outdated { path, needed: needed.name() });
                }
                Err(error) if !error.is_damage() => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// The content of a file that a finished cell published.
    ///
    /// # Errors
    /// When the cell has no record, the record does not list the file, or one of the two is
    /// damaged.
    pub fn read_published(&self, cell: &Cell, name: &str) -> Result<Vec<u8>, RunError> {
        let folder = self.cell_folder(cell);
        match self.record(cell)? {
            Some(record) => record.read_file(&folder, name),
            None => Err(RunError::damaged(&folder, "the cell has no record")),
        }
    }

    /// Checks cells, dependencies first. Moves the folders of damaged and outdated cells to
    /// `damaged/`, so that they are made again. If the lock is shared, nothing is moved: that is for the
    /// scheduler that has the lease of the cell.
    ///
    /// # Errors
    /// When a file cannot be read or moved, or was written by another version of assay.
    pub fn check_cells<'a>(
        &self,
        lock: &RunLock,
        cells: impl IntoIterator<Item = &'a Cell>,
    ) -> Result<CheckedCells<'a>, RunError> {
        let mut checked = CheckedCells::default();
        for cell in cells {
            let status =
                if lock.is_shared() { self.look_at(cell)? } else { self.check_cell(lock, cell)? };
            match status {
                CellStatus::Intact => {
                    if cell
                        .dependencies()
                        .iter()
                        .all(|needed| checked.intact.contains(&needed.id()))
                    {
                        checked.intact.insert(cell.id());
                    }
                }
                CellStatus::Missing => {}
                CellStatus::SetAside(reason) => checked.set_aside.push((cell, reason)),
            }
        }
        Ok(checked)
    }

    /// Whether a cell is intact; `Missing` if it is damaged or outdated.
    fn look_at(&self, cell: &Cell) -> Result<CellStatus, RunError> {
        match self.verify(cell) {
            Ok(Some(_)) => Ok(CellStatus::Intact),
            Ok(None) | Err(RunError::Outdated { .. }) => Ok(CellStatus::Missing),
            Err(error) if error.is_damage() => Ok(CellStatus::Missing),
            Err(error) => Err(error),
        }
    }

    /// Checks one cell. Moves its folder to `damaged/` if it is damaged, or if a dependency has
    /// another result now. Only the holder of the lock may do this; if the lock is shared, only the
    /// holder of the cell's lease.
    ///
    /// # Errors
    /// When a file cannot be read or moved, or was written by another version of assay.
    pub fn check_cell(&self, _lock: &RunLock, cell: &Cell) -> Result<CellStatus, RunError> {
        let reason = match self.verify(cell) {
            Ok(Some(_)) => return Ok(CellStatus::Intact),
            Ok(None) => return Ok(CellStatus::Missing),
            Err(error @ RunError::Outdated { .. }) => error.to_string(),
            Err(error) if error.is_damage() => format!("damaged: {}", error.describe()),
            Err(error) => return Err(error),
        };
        self.move_to_damaged(cell)?;
        self.record_failure(cell, &reason)?;
        Ok(CellStatus::SetAside(reason))
    }

    fn move_to_damaged(&self, cell: &Cell) -> Result<(), RunError> {
        let folder = self.path.join("damaged");
        std::fs::create_dir_all(&folder).map_err(RunError::io(&folder))?;
        let destination = folder.join(cell.name());
        remove(&destination)?;
        std::fs::rename(self.cell_folder(cell), &destination).map_err(RunError::io(destination))
    }
}

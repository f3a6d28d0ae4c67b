//! Finished cells: their records, and the files beside them, compared with what was published.

use std::path::Path;

use super::attempt::OfCell;
use super::{RunDirectory, RunLock, file};
use crate::files::remove;
use crate::seal::read_sealed_json;
use crate::{Cell, Provenance, Record, RunError};

/// Reads the record in a cell's folder, whatever the cell is.
///
/// # Errors
/// When it cannot be read, is damaged, or says what cannot be.
pub fn record_in(folder: &Path) -> Result<Record, RunError> {
    let path = folder.join(file::RECORD);
    let record: Record = read_sealed_json(&path, "record")?;
    record.check().map_err(|reason| RunError::damaged(&path, reason))?;
    Ok(record)
}

impl RunDirectory {
    /// Whether a cell has a record and every file that belongs to it, all of them as they were published.
    #[must_use]
    pub fn is_done(&self, cell: &Cell) -> bool {
        matches!(self.verify(cell), Ok(Some(_)))
    }

    /// The record of a cell, where it has one.
    ///
    /// # Errors
    /// When the record cannot be read, is damaged, of another cell, or says what cannot be.
    pub fn record(&self, cell: &Cell) -> Result<Option<Record>, RunError> {
        let folder = self.cell_folder(cell);
        if folder.symlink_metadata().is_err() {
            return Ok(None);
        }
        let record = record_in(&folder)?;
        if record.cell != *cell {
            let reason = format!("the record of another cell, {}", record.cell.name());
            return Err(RunError::damaged(&folder.join(file::RECORD), reason));
        }
        Ok(Some(record))
    }

    /// The provenance of a cell, where it has a record.
    ///
    /// # Errors
    /// When the provenance cannot be read, is damaged, or says what cannot be.
    pub fn provenance(&self, cell: &Cell) -> Result<Option<Provenance>, RunError> {
        let folder = self.cell_folder(cell);
        if folder.symlink_metadata().is_err() {
            return Ok(None);
        }
        let path = folder.join(file::PROVENANCE);
        let OfCell { of, provenance } =
            read_sealed_json::<OfCell<Provenance>>(&path, "provenance")?;
        if of != cell.id() {
            return Err(RunError::damaged(&path, format!("the provenance of another cell, {of}")));
        }
        provenance.check().map_err(|reason| RunError::damaged(&path, reason))?;
        Ok(Some(provenance))
    }

    /// The records of all finished cells, in the plan's order.
    ///
    /// # Errors
    /// When a record cannot be read or is damaged.
    pub fn records(&self) -> Result<Vec<Record>, RunError> {
        self.plan.cells.iter().filter_map(|cell| self.record(cell).transpose()).collect()
    }

    /// What a cell came to, where it is finished, every file of it compared with its digest.
    ///
    /// # Errors
    /// When a file is missing, cannot be read or is damaged, or the record is of another cell or says what
    /// cannot be.
    pub fn verify(&self, cell: &Cell) -> Result<Option<(Record, Provenance)>, RunError> {
        let Some((record, provenance)) = self.record(cell)?.zip(self.provenance(cell)?) else {
            return Ok(None);
        };
        record.verify_files(&self.cell_folder(cell))?;
        Ok(Some((record, provenance)))
    }

    /// The bytes of a file that a finished cell left behind, as it was published.
    ///
    /// # Errors
    /// When the cell has no record, the record names no such file, or one of the two is damaged.
    pub fn published(&self, cell: &Cell, name: &str) -> Result<Vec<u8>, RunError> {
        let folder = self.cell_folder(cell);
        match self.record(cell)? {
            Some(record) => record.read_file(&folder, name),
            None => Err(RunError::damaged(&folder, "the cell has no record")),
        }
    }

    /// Moves the folders of damaged cells to `damaged/`, so that they are worked on anew; gives each cell with the
    /// reason. Only for the holder of the lock.
    ///
    /// # Errors
    /// When the system fails while a file is read or moved.
    pub fn set_aside_damaged(&self, _lock: &RunLock) -> Result<Vec<(&Cell, String)>, RunError> {
        let mut damaged = Vec::new();
        for cell in &self.plan.cells {
            match self.verify(cell) {
                Ok(_) => {}
                Err(error) if error.is_damage() => {
                    let reason = format!("damaged: {}", error.in_words());
                    self.set_aside(cell)?;
                    self.note_failure(cell, &reason)?;
                    damaged.push((cell, reason));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(damaged)
    }

    fn set_aside(&self, cell: &Cell) -> Result<(), RunError> {
        let folder = self.path.join("damaged");
        std::fs::create_dir_all(&folder).map_err(RunError::io(&folder))?;
        let place = folder.join(cell.name());
        remove(&place)?;
        std::fs::rename(self.cell_folder(cell), &place).map_err(RunError::io(place))
    }
}

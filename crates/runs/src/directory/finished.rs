//! Finished cells: their records, and the files beside them, compared with what was published.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::attempt::OfCell;
use super::{RunDirectory, RunLock, file};
use crate::files::remove;
use crate::seal::read_sealed_json;
use crate::{Cell, CellId, Provenance, Record, RunError};

/// Reads the record in a cell's folder, whatever the cell is.
///
/// # Errors
/// When it cannot be read, is damaged, or says what cannot be.
pub fn record_in(folder: &Path) -> Result<Record, RunError> {
    let path = folder.join(file::RECORD);
    let record: Record = read_sealed_json(&path, "record")?;
    record.check().map_err(|reason| RunError::other_version(&path, "record", reason))?;
    Ok(record)
}

/// What a look at a cell found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// All files as they were published, made from the results that are there.
    Whole,
    /// No record.
    Nothing,
    /// What is now in `damaged/`, and why.
    SetAside(String),
}

/// What a look at several cells found.
#[derive(Debug, Default)]
pub struct Checked<'a> {
    /// The cells that are finished, and all that they need.
    pub whole: HashSet<CellId>,
    /// The cells that were set aside, each with the reason.
    pub set_aside: Vec<(&'a Cell, String)>,
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
        provenance
            .check()
            .map_err(|reason| RunError::other_version(&path, "provenance", reason))?;
        Ok(Some(provenance))
    }

    /// The records of all finished cells, in the plan's order.
    ///
    /// # Errors
    /// When a record cannot be read or is damaged.
    pub fn records(&self) -> Result<Vec<Record>, RunError> {
        self.plan.cells.iter().filter_map(|cell| self.record(cell).transpose()).collect()
    }

    /// What a cell came to, where it is finished, every file of it compared with its digest, and what it was made
    /// from with what is there of that now.
    ///
    /// # Errors
    /// When a file is missing, cannot be read or is damaged, the record is of another cell or says what
    /// cannot be, or a cell that it needs has come to another result since.
    pub fn verify(&self, cell: &Cell) -> Result<Option<(Record, Provenance)>, RunError> {
        let Some((record, provenance)) = self.record(cell)?.zip(self.provenance(cell)?) else {
            return Ok(None);
        };
        record.verify_files(&self.cell_folder(cell))?;
        self.check_origin(&record)?;
        Ok(Some((record, provenance)))
    }

    /// What a cell is made from where it is made now: the [`Record::result`] of each finished cell that it needs.
    ///
    /// # Errors
    /// When the record of a cell that it needs cannot be read or is damaged.
    pub fn made_from(&self, cell: &Cell) -> Result<BTreeMap<CellId, String>, RunError> {
        let mut found = BTreeMap::new();
        for needed in cell.needs() {
            if let Some(record) = self.record(&needed)? {
                found.insert(needed.id(), record.result());
            }
        }
        Ok(found)
    }

    /// Nothing is known against a cell while one that it needs is missing or damaged.
    fn check_origin(&self, record: &Record) -> Result<(), RunError> {
        for needed in record.cell.needs() {
            match self.record(&needed) {
                Ok(Some(now)) if record.made_from.get(&needed.id()) != Some(&now.result()) => {
                    let path = self.cell_folder(&record.cell).join(file::RECORD);
                    return Err(RunError::Outdated { path, needed: needed.name() });
                }
                Err(error) if !error.is_damage() => return Err(error),
                _ => {}
            }
        }
        Ok(())
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

    /// Looks at cells, each of which comes after those it needs, and moves the folders of damaged ones, and of those
    /// that were made from another result than is there now, to `damaged/`, so that they are made again. Only for the
    /// holder of the lock.
    ///
    /// # Errors
    /// When the system fails while a file is read or moved, or a file is of another version of assay.
    pub fn check<'a>(
        &self,
        lock: &RunLock,
        cells: impl IntoIterator<Item = &'a Cell>,
    ) -> Result<Checked<'a>, RunError> {
        let mut checked = Checked::default();
        for cell in cells {
            match self.look_at(lock, cell)? {
                Found::Whole => {
                    if cell.needs().iter().all(|needed| checked.whole.contains(&needed.id())) {
                        checked.whole.insert(cell.id());
                    }
                }
                Found::Nothing => {}
                Found::SetAside(reason) => checked.set_aside.push((cell, reason)),
            }
        }
        Ok(checked)
    }

    /// Looks at a cell, and moves its folder to `damaged/` where it is damaged or was made from another result than is
    /// there now. Only for the holder of the lock.
    ///
    /// # Errors
    /// When the system fails while a file is read or moved, or a file is of another version of assay.
    pub fn look_at(&self, _lock: &RunLock, cell: &Cell) -> Result<Found, RunError> {
        let reason = match self.verify(cell) {
            Ok(Some(_)) => return Ok(Found::Whole),
            Ok(None) => return Ok(Found::Nothing),
            Err(error @ RunError::Outdated { .. }) => error.to_string(),
            Err(error) if error.is_damage() => format!("damaged: {}", error.in_words()),
            Err(error) => return Err(error),
        };
        self.set_aside(cell)?;
        self.note_failure(cell, &reason)?;
        Ok(Found::SetAside(reason))
    }

    fn set_aside(&self, cell: &Cell) -> Result<(), RunError> {
        let folder = self.path.join("damaged");
        std::fs::create_dir_all(&folder).map_err(RunError::io(&folder))?;
        let place = folder.join(cell.name());
        remove(&place)?;
        std::fs::rename(self.cell_folder(cell), &place).map_err(RunError::io(place))
    }
}

//! A folder being filled with a cell's results.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::{RunDirectory, file};
use crate::files::{digest_of, remove, sync_folder};
use crate::seal::write_sealed_json;
use crate::{Cell, CellId, Provenance, Record, RunError};

impl RunDirectory {
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
}

/// Whether a name is that of a folder of an attempt: an identity, a dot and more.
pub(super) fn is_attempt(name: &str) -> bool {
    name.split_once('.')
        .is_some_and(|(id, _)| id.len() == 16 && id.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// A provenance in its file, which says whose it is.
#[derive(Serialize, Deserialize)]
pub(super) struct OfCell<P> {
    pub of: CellId,
    #[serde(flatten)]
    pub provenance: P,
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

    /// Makes the folder the cell's, by one rename, and drops the cell's checkpoint. The record gets the
    /// digests of all files in the folder, and of what the cell was made from. The folder is on the disk
    /// before the rename is, so that after a power cut, too, it is there whole or not at all; files in it
    /// are to be written by [`crate::write_atomically`].
    /// Where another process was first, its folder stays and this one vanishes: on a CPU they
    /// are equal.
    ///
    /// # Errors
    /// When the run cannot be written to, the record is of another cell, it or the provenance has a number that
    /// is not finite or cannot be, or weights or logits in the folder are not those that it notes.
    pub fn publish(self, record: &Record, provenance: &Provenance) -> Result<(), RunError> {
        let (files, made_from) = (self.digests()?, self.run.made_from(self.cell)?);
        let record = Record { files, made_from, ..record.clone() };
        let impossible = |reason| RunError::Impossible { cell: self.cell.name(), reason };
        if record.cell != *self.cell {
            return Err(impossible(format!("it is of {}", record.cell.name())));
        }
        record.check().and_then(|()| provenance.check()).map_err(impossible)?;
        let noted =
            [(file::WEIGHTS, Some(&record.weights)), (file::LOGITS, record.logits.as_ref())];
        for (name, noted) in noted {
            if let Some(found) = record.files.get(name).filter(|found| Some(*found) != noted) {
                let noted = noted.map_or("nothing", String::as_str);
                return Err(impossible(format!("BLAKE3 of {name}: {found}; it says {noted}")));
            }
        }
        write_sealed_json(&self.path().join(file::RECORD), &record)?;
        let provenance = OfCell { of: self.cell.id(), provenance };
        write_sealed_json(&self.path().join(file::PROVENANCE), &provenance)?;
        sync_folder(self.path())?;
        let destination = self.run.cell_folder(self.cell);
        if let Err(error) = std::fs::rename(self.path(), &destination)
            && self.run.verify(self.cell)?.is_none()
        {
            return Err(RunError::io(destination)(error));
        }
        sync_folder(&self.run.path.join("cells"))?;
        [self.run.checkpoint(self.cell), self.run.failure(self.cell)]
            .iter()
            .try_for_each(|p| remove(p))
    }

    fn digests(&self) -> Result<BTreeMap<String, String>, RunError> {
        let entries = std::fs::read_dir(self.path()).map_err(RunError::io(self.path()))?;
        let digest = |entry: std::io::Result<std::fs::DirEntry>| {
            let path = entry.map_err(RunError::io(self.path()))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Ok((name, digest_of(&path)?))
        };
        entries.map(digest).collect()
    }
}

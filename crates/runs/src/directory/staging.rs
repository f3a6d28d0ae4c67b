//! Staging folders: the results of a cell before they are published.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::{RunDirectory, file};
use crate::digest_prefix::write_json_with_digest;
use crate::files::{digest_file, remove, sync_folder};
use crate::{Cell, CellId, Provenance, Record, RunError};

impl RunDirectory {
    /// Creates a staging folder for the results of a cell.
    ///
    /// # Errors
    /// When the run directory cannot be written to.
    pub fn stage<'a>(&'a self, cell: &'a Cell) -> Result<Staging<'a>, RunError> {
        let folder = self.path.join("staging");
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        let folder = builder
            .prefix(&format!("{}.", cell.id()))
            .tempdir_in(&folder)
            .map_err(RunError::io(folder))?;
        Ok(Staging { folder, run: self, cell })
    }
}

/// Whether this is the name of a staging folder: an identity, a dot and a random suffix.
pub(super) fn is_staging_name(name: &str) -> bool {
    name.split_once('.')
        .is_some_and(|(id, _)| id.len() == 16 && id.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// Content of a provenance file: the provenance, and the cell it belongs to.
#[derive(Serialize, Deserialize)]
pub(super) struct ProvenanceFile<P> {
    pub of: CellId,
    #[serde(flatten)]
    pub provenance: P,
}

/// A folder for the results of a cell. It is deleted when dropped, unless it was published.
#[derive(Debug)]
pub struct Staging<'a> {
    folder: TempDir,
    run: &'a RunDirectory,
    cell: &'a Cell,
}

impl Staging<'_> {
    /// The folder to write files to.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Publishes the folder: renames it to the cell's folder and deletes the checkpoint.
    ///
    /// The record gets the digests of all files in the folder and of the dependencies' results. The
    /// folder is synced to disk before the rename, so it is complete or absent even after a power
    /// failure. Files in it must be written with [`crate::write_atomically`].
    ///
    /// If another process published the cell first, its folder remains and this one is deleted. On
    /// a CPU, both are equal.
    ///
    /// # Errors
    /// When the run directory cannot be written to; when the record belongs to another cell; when
    /// the record or provenance is invalid; or when weights or logits differ from the digests in
    /// the record.
    pub fn publish(self, record: &Record, provenance: &Provenance) -> Result<(), RunError> {
        let (files, made_from) = (self.digests()?, self.run.made_from(self.cell)?);
        let record = Record { files, made_from, ..record.clone() };
        let invalid = |reason| RunError::InvalidRecord { cell: self.cell.name(), reason };
        if record.cell != *self.cell {
            return Err(invalid(format!("it is of {}", record.cell.name())));
        }
        record.check().and_then(|()| provenance.check()).map_err(invalid)?;
        let expected =
            [(file::WEIGHTS, Some(&record.weights)), (file::LOGITS, record.logits.as_ref())];
        for (name, expected) in expected {
            if let Some(found) = record.files.get(name).filter(|found| Some(*found) != expected) {
                let expected = expected.map_or("nothing", String::as_str);
                return Err(invalid(format!(
                    "BLAKE3 of {name} is {found}, but the record says {expected}"
                )));
            }
        }
        write_json_with_digest(&self.path().join(file::RECORD), &record)?;
        let provenance = ProvenanceFile { of: self.cell.id(), provenance };
        write_json_with_digest(&self.path().join(file::PROVENANCE), &provenance)?;
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
            Ok((name, digest_file(&path)?))
        };
        entries.map(digest).collect()
    }
}

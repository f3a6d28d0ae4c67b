//! Archives and folders into their place, whole or not at all.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use flate2::read::GzDecoder;

use crate::DataError;

/// Unpacks a `.tar.gz` that holds the folder `name` to `DIR/name`: beside it first, then by one
/// rename, so that the folder is there whole or not at all.
///
/// # Errors
/// [`DataError::Malformed`] for a damaged archive or one without that folder; [`DataError::Io`].
pub fn unpack(archive: &Path, dir: &Path, name: &str) -> Result<(), DataError> {
    let broken = |error: std::io::Error| DataError::malformed(archive, error.to_string());
    let file = File::open(archive).map_err(DataError::io(archive))?;
    let beside = beside(dir)?;
    let mut tar = tar::Archive::new(GzDecoder::new(BufReader::with_capacity(1 << 16, file)));
    // The tar crate refuses paths that lead out of the folder.
    tar.unpack(beside.path()).map_err(broken)?;
    let folder = beside.path().join(name);
    if !folder.is_dir() {
        return Err(DataError::malformed(archive, format!("the archive holds no folder {name}")));
    }
    in_folder(&folder, &dir.join(name))
}

/// Copies a folder of files (folders within it are left out) in the same way.
///
/// # Errors
/// [`DataError::Io`].
pub fn copy_folder(from: &Path, dir: &Path, name: &str) -> Result<(), DataError> {
    let beside = beside(dir)?;
    let folder = beside.path().join(name);
    fs::create_dir_all(&folder).map_err(DataError::io(&folder))?;
    for entry in fs::read_dir(from).map_err(DataError::io(from))? {
        let path = entry.map_err(DataError::io(from))?.path();
        if let (true, Some(name)) = (path.is_file(), path.file_name()) {
            copy(&path, &folder.join(name))?;
        }
    }
    in_folder(&folder, &dir.join(name))
}

/// Copies a file to `to`, by way of a file beside it.
///
/// # Errors
/// [`DataError::Io`].
pub fn copy_file(from: &Path, to: &Path) -> Result<(), DataError> {
    let dir = to.parent().unwrap_or(Path::new("."));
    let beside = beside(dir)?;
    let copied = beside.path().join("copy");
    copy(from, &copied)?;
    into_place(&copied, to)
}

fn copy(from: &Path, to: &Path) -> Result<(), DataError> {
    let mut source = File::open(from).map_err(DataError::io(from))?;
    let mut target = File::create(to).map_err(DataError::io(to))?;
    std::io::copy(&mut source, &mut target).map_err(DataError::io(to))?;
    target.sync_all().map_err(DataError::io(to))
}

fn beside(dir: &Path) -> Result<tempfile::TempDir, DataError> {
    fs::create_dir_all(dir).map_err(DataError::io(dir))?;
    tempfile::Builder::new().prefix(".unpacking-").tempdir_in(dir).map_err(DataError::io(dir))
}

/// Into its place, in a folder that may not be there yet.
fn in_folder(from: &Path, to: &Path) -> Result<(), DataError> {
    let parent = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(DataError::io(parent))?;
    into_place(from, to)
}

fn into_place(from: &Path, to: &Path) -> Result<(), DataError> {
    fs::rename(from, to).map_err(DataError::io(to))
}

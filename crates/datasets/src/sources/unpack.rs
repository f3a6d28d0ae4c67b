//! Unpacking and copying files atomically.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use flate2::read::GzDecoder;

use crate::DataError;

/// Unpacks the folder `name` of a `.tar.gz` to `DIR/name`, atomically: into a temporary folder
/// first, then by one rename.
///
/// # Errors
/// [`DataError::Malformed`] for a damaged archive or one without this folder; [`DataError::Io`].
pub fn unpack(archive: &Path, dir: &Path, name: &str) -> Result<(), DataError> {
    let broken = |error: std::io::Error| DataError::malformed(archive, error.to_string());
    let file = File::open(archive).map_err(DataError::io(archive))?;
    let staging = staging(dir)?;
    let mut tar = tar::Archive::new(GzDecoder::new(BufReader::with_capacity(1 << 16, file)));
    // The tar crate rejects paths outside of the folder.
    tar.unpack(staging.path()).map_err(broken)?;
    let folder = staging.path().join(name);
    if !folder.is_dir() {
        return Err(DataError::malformed(archive, format!("the archive holds no folder {name}")));
    }
    move_to(&folder, &dir.join(name))
}

/// Copies the files of a folder to `DIR/name`, atomically. Subfolders are not copied.
///
/// # Errors
/// [`DataError::Io`].
pub fn copy_folder(from: &Path, dir: &Path, name: &str) -> Result<(), DataError> {
    let staging = staging(dir)?;
    let folder = staging.path().join(name);
    fs::create_dir_all(&folder).map_err(DataError::io(&folder))?;
    for entry in fs::read_dir(from).map_err(DataError::io(from))? {
        let path = entry.map_err(DataError::io(from))?.path();
        if let (true, Some(name)) = (path.is_file(), path.file_name()) {
            copy(&path, &folder.join(name))?;
        }
    }
    move_to(&folder, &dir.join(name))
}

/// Copies a file to `to`, atomically.
///
/// # Errors
/// [`DataError::Io`].
pub fn copy_file(from: &Path, to: &Path) -> Result<(), DataError> {
    let staging = staging(to.parent().unwrap_or(Path::new(".")))?;
    let copied = staging.path().join("copy");
    copy(from, &copied)?;
    move_to(&copied, to)
}

fn copy(from: &Path, to: &Path) -> Result<(), DataError> {
    let mut source = File::open(from).map_err(DataError::io(from))?;
    let mut target = File::create(to).map_err(DataError::io(to))?;
    std::io::copy(&mut source, &mut target).map_err(DataError::io(to))?;
    target.sync_all().map_err(DataError::io(to))
}

fn staging(dir: &Path) -> Result<tempfile::TempDir, DataError> {
    fs::create_dir_all(dir).map_err(DataError::io(dir))?;
    tempfile::Builder::new().prefix(".unpacking-").tempdir_in(dir).map_err(DataError::io(dir))
}

/// Moves a file or folder to its destination, creating the parent folder.
fn move_to(from: &Path, to: &Path) -> Result<(), DataError> {
    let parent = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(DataError::io(parent))?;
    fs::rename(from, to).map_err(DataError::io(to))
}

//! Atomic writes, and digests of files.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::RunError;

/// Prefix of the names of files that are not completely written yet.
const PARTIAL_PREFIX: &str = ".writing-";

/// The BLAKE3 hash of `bytes` in hexadecimal.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// Writes `bytes` to `path` atomically: a reader, or a crash at any time, sees the old file or the
/// new one, never a part.
///
/// # Errors
/// When the folder cannot be written to, or the disk is full. The old file then remains.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    write_chunks(path, &[bytes])
}

/// Like [`write_atomically`], for content in several chunks.
pub(crate) fn write_chunks(path: &Path, pieces: &[&[u8]]) -> Result<(), RunError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new();
    // The permissions of any other new file: temporary files are readable by the owner only.
    #[cfg(unix)]
    file.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = file.prefix(PARTIAL_PREFIX).tempfile_in(folder).map_err(RunError::io(folder))?;
    for piece in pieces {
        file.write_all(piece).map_err(RunError::io(path))?;
    }
    file.as_file().sync_all().map_err(RunError::io(path))?;
    file.persist(path).map_err(|error| RunError::io(path)(error.error))?;
    Ok(())
}

/// Syncs the entries of a folder to disk, on systems that support this.
///
/// # Errors
/// When the folder does not exist, or the disk fails.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), RunError> {
    // Some file systems do not support this; that is not an error.
    #[cfg(unix)]
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if !matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
            return Err(RunError::io(folder)(error));
        }
        _ => {}
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Removes the entries of a folder whose names match `is_ours`. Symbolic links are removed, not
/// followed.
pub(crate) fn remove_from(folder: &Path, is_ours: impl Fn(&str) -> bool) -> Result<(), RunError> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(RunError::io(folder))?,
    };
    for entry in entries {
        let path = entry.map_err(RunError::io(folder))?.path();
        if path.file_name().is_some_and(|name| is_ours(&name.to_string_lossy())) {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Removes a file, a link, or a folder with its content. Does nothing if it does not exist.
pub(crate) fn remove(path: &Path) -> Result<(), RunError> {
    let is_folder = path.symlink_metadata().is_ok_and(|found| found.is_dir());
    let removed =
        if is_folder { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(RunError::io(path)(error)),
        _ => Ok(()),
    }
}

/// Whether this is the name of a file that is not completely written.
pub(crate) fn is_partial(name: &str) -> bool {
    name.starts_with(PARTIAL_PREFIX)
}

/// Removes the files that [`write_atomically`] was writing when its process was killed. Only call
/// it when no other process writes to the folder.
///
/// # Errors
/// When the folder cannot be read, or a file cannot be removed.
pub fn remove_partial_files(folder: &Path) -> Result<(), RunError> {
    remove_from(folder, is_partial)
}

/// Reads a regular file. Other files are refused: reading a pipe would block.
pub(crate) fn read_regular(path: &Path) -> Result<Vec<u8>, RunError> {
    check_regular(path)?;
    std::fs::read(path).map_err(RunError::io(path))
}

/// The digest of a file, without reading it into memory as a whole.
pub(crate) fn digest_file(path: &Path) -> Result<String, RunError> {
    check_regular(path)?;
    let mut hasher = blake3::Hasher::new();
    let file = File::open(path).map_err(RunError::io(path))?;
    hasher.update_reader(file).map_err(RunError::io(path))?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn check_regular(path: &Path) -> Result<(), RunError> {
    if path.metadata().map_err(RunError::io(path))?.is_file() {
        return Ok(());
    }
    Err(RunError::damaged(path, "not a regular file"))
}

pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), RunError> {
    let mut text = serde_json::to_string_pretty(value).expect("the value can be written as JSON");
    text.push('\n');
    write_atomically(path, text.as_bytes())
}

pub(crate) fn read_json<T: DeserializeOwned>(
    path: &Path,
    what: &'static str,
) -> Result<T, RunError> {
    let bytes = read_regular(path)?;
    serde_json::from_slice(&bytes).map_err(|source| RunError::Malformed {
        path: path.to_owned(),
        what,
        source,
    })
}

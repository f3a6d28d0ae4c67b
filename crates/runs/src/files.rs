//! Files that appear whole or not at all, and what they are told by.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::RunError;

/// How the names of files begin that are being written.
const BEING_WRITTEN: &str = ".writing-";

/// The BLAKE3 of bytes, hex: what a file is told by.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// Writes `bytes` to `path` so that a reader, or a crash at any instant, sees the old file or the
/// new one and never a part.
///
/// # Errors
/// When the folder cannot be written to, or the disk is full; the old file is then still there.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    write_pieces(path, &[bytes])
}

/// As [`write_atomically`], of content in several pieces.
pub(crate) fn write_pieces(path: &Path, pieces: &[&[u8]]) -> Result<(), RunError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new();
    // As any other new file: what the user's umask leaves, not the owner alone.
    #[cfg(unix)]
    file.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = file.prefix(BEING_WRITTEN).tempfile_in(folder).map_err(RunError::io(folder))?;
    for piece in pieces {
        file.write_all(piece).map_err(RunError::io(path))?;
    }
    file.as_file().sync_all().map_err(RunError::io(path))?;
    file.persist(path).map_err(|error| RunError::io(path)(error.error))?;
    Ok(())
}

/// Waits until the disk knows which names are in `folder`, where the system has a way to ask for that.
///
/// # Errors
/// When the folder is not there, or the disk fails.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), RunError> {
    // A file system that knows no such thing is not the user's mistake.
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

/// Removes what is in a folder and whose name is one that `is_ours`; links are removed and not followed.
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

/// Removes a file, a link, or a folder with all that is in it; without effect where nothing is there.
pub(crate) fn remove(path: &Path) -> Result<(), RunError> {
    let is_folder = path.symlink_metadata().is_ok_and(|found| found.is_dir());
    let removed =
        if is_folder { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(RunError::io(path)(error)),
        _ => Ok(()),
    }
}

/// Whether a name is that of a file which a process was still writing.
pub(crate) fn is_being_written(name: &str) -> bool {
    name.starts_with(BEING_WRITTEN)
}

/// Removes from a folder what [`write_atomically`] was still writing there when its process ended. Only where no
/// other process writes to the folder.
///
/// # Errors
/// When the folder cannot be read, or a file not be removed.
pub fn remove_being_written(folder: &Path) -> Result<(), RunError> {
    remove_from(folder, is_being_written)
}

/// The bytes of a file; a pipe, which would be waited for, is none.
pub(crate) fn read_regular(path: &Path) -> Result<Vec<u8>, RunError> {
    check_regular(path)?;
    std::fs::read(path).map_err(RunError::io(path))
}

/// The digest of a file, which need not fit into memory.
pub(crate) fn digest_of(path: &Path) -> Result<String, RunError> {
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
    let mut text = serde_json::to_string_pretty(value).expect("records are plain data");
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

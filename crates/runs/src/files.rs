//! Files that appear whole or not at all.

#[cfg(unix)]
use std::io::ErrorKind;
use std::io::Write;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::RunError;

/// Writes `bytes` to `path` so that a reader, or a crash at any instant, sees the old file or the
/// new one and never a part.
///
/// # Errors
/// When the folder cannot be written to, or the disk is full; the old file is then still there.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), RunError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new();
    // As any other new file: what the user's umask leaves, not the owner alone.
    #[cfg(unix)]
    file.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = file.prefix(".writing-").tempfile_in(folder).map_err(RunError::io(folder))?;
    file.write_all(bytes).map_err(RunError::io(path))?;
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
    match std::fs::File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if !matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
            return Err(RunError::io(folder)(error));
        }
        _ => {}
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
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
    let text = std::fs::read_to_string(path).map_err(RunError::io(path))?;
    serde_json::from_str(&text).map_err(|source| RunError::Malformed {
        path: path.to_owned(),
        what,
        source,
    })
}

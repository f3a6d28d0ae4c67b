//! Cache files for results that take long to compute. They can be deleted at any time.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::DataError;

const MAGIC: &str = "assay kept ";

/// The cache folder: the environment variable `ASSAY_CACHE`, or `assay` in the user's cache folder
/// (`XDG_CACHE_HOME`, `~/.cache`, `LOCALAPPDATA`). None if the system has no such folder.
///
/// It is not next to the data, which may be read-only, and not in the run directory, because all
/// runs share it.
#[must_use]
pub fn cache_dir() -> Option<PathBuf> {
    let path = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let user_cache = || {
        let home = || path("HOME").map(|home| home.join(".cache"));
        path("XDG_CACHE_HOME").or_else(home).or_else(|| path("LOCALAPPDATA"))
    };
    path("ASSAY_CACHE").or_else(|| user_cache().map(|folder| folder.join("assay")))
}

/// A cache file. Its name must contain everything that its content depends on.
#[derive(Debug)]
pub struct CacheFile {
    path: PathBuf,
}

impl CacheFile {
    /// The cache file `name` in the folder `kind`.
    pub fn new(cache: &Path, kind: &str, name: &str) -> Self {
        Self { path: cache.join(kind).join(name) }
    }

    /// The content, if the file exists and is intact.
    pub fn read(&self) -> Option<Vec<u8>> {
        let mut file = std::fs::read(&self.path).ok()?;
        let end = file.iter().position(|&byte| byte == b'\n')? + 1;
        let body = file.split_off(end);
        (file == self.header(&body).as_bytes()).then_some(body)
    }

    /// Writes `body` atomically.
    ///
    /// # Errors
    /// [`DataError::Io`] when it cannot be written.
    pub fn write(&self, body: &[u8]) -> Result<(), DataError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(DataError::io(folder))?;
        let file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder);
        let mut file = file.map_err(DataError::io(folder))?;
        let written = file
            .write_all(self.header(body).as_bytes())
            .and_then(|()| file.write_all(body))
            .and_then(|()| file.as_file().sync_all());
        written.map_err(DataError::io(&self.path))?;
        file.persist(&self.path).map_err(|error| DataError::io(&self.path)(error.error))?;
        Ok(())
    }

    /// Like [`write`](Self::write), but returns a warning instead of an error.
    pub fn write_or_warn(&self, body: &[u8], what: &str) -> Option<String> {
        let error = self.write(body).err()?;
        let reason = std::error::Error::source(&error).map(|why| format!(": {why}"));
        Some(format!(
            "{what} cannot be cached: {error}{}; every process computes it again. Set ASSAY_CACHE to a writable folder",
            reason.unwrap_or_default()
        ))
    }

    /// The first line: the BLAKE3 of the file name and of the content.
    fn header(&self, body: &[u8]) -> String {
        let mut hasher = blake3::Hasher::new();
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        hasher.update(name.as_bytes()).update(b"\0").update(body);
        format!("{MAGIC}{}\n", hasher.finalize().to_hex())
    }
}

/// Sixteen hexadecimal digits that identify a version of the source code.
pub fn source_digest(sources: &[&str]) -> String {
    let mut hasher = blake3::Hasher::new();
    for source in sources {
        hasher.update(&(source.len() as u64).to_le_bytes()).update(source.as_bytes());
    }
    hasher.finalize().to_hex()[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cache_files_read_back_unless_damaged_or_missing() {
        let cache = tempfile::tempdir().unwrap();
        let file = CacheFile::new(cache.path(), "things", "thing.bin");
        assert_eq!(file.read(), None);
        file.write(b"one\ntwo").unwrap();
        assert_eq!(file.read().unwrap(), b"one\ntwo");
        let intact = std::fs::read(&file.path).unwrap();
        let mut damaged = intact.clone();
        *damaged.last_mut().unwrap() ^= 1;
        for wrong in [&damaged[..], &intact[..intact.len() - 1], b"", b"one"] {
            std::fs::write(&file.path, wrong).unwrap();
            assert_eq!(file.read(), None);
        }
        // A file with another name must not be accepted.
        std::fs::write(cache.path().join("things/other.bin"), &intact).unwrap();
        assert_eq!(CacheFile::new(cache.path(), "things", "other.bin").read(), None);
        file.write(b"again").unwrap();
        assert_eq!(file.read().unwrap(), b"again");
    }

    #[test]
    fn an_unwritable_cache_folder_is_a_warning() {
        let cache = tempfile::tempdir().unwrap();
        let file = cache.path().join("file");
        std::fs::write(&file, "in the way").unwrap();
        let warning = CacheFile::new(&file, "things", "x").write_or_warn(b"", "a thing").unwrap();
        assert!(warning.contains("file") && warning.contains("ASSAY_CACHE"), "{warning}");
    }

    #[test]
    fn source_digests_depend_on_each_text_and_its_length() {
        let versions = [&["ab", "c"][..], &["a", "bc"], &["ab", "d"], &["ab"]].map(source_digest);
        assert_eq!(versions[0], source_digest(&["ab", "c"]));
        for (index, version) in versions.iter().enumerate() {
            assert!(!versions[..index].contains(version));
        }
    }
}

//! Files of what takes time to find out: found again, or else found out anew. To delete them costs
//! time and nothing else.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::DataError;

const OPENING: &str = "assay kept ";

/// The folder of kept files: what the environment variable `ASSAY_CACHE` says, else `assay` in the
/// user's folder of such files (`XDG_CACHE_HOME`, `~/.cache`, `LOCALAPPDATA`); none where the system
/// knows of none. It is beside neither the data, which may not be written to, nor a run, as every run
/// would begin anew.
#[must_use]
pub fn cache_dir() -> Option<PathBuf> {
    let path = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let own = || {
        let home = || path("HOME").map(|home| home.join(".cache"));
        path("XDG_CACHE_HOME").or_else(home).or_else(|| path("LOCALAPPDATA"))
    };
    path("ASSAY_CACHE").or_else(|| own().map(|folder| folder.join("assay")))
}

/// A file that may be kept. Its name says all that its content follows from.
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
}

impl Kept {
    /// The file `name` among those of one kind.
    pub fn new(cache: &Path, kind: &str, name: &str) -> Self {
        Self { path: cache.join(kind).join(name) }
    }

    /// What is kept, where there is something whole.
    pub fn read(&self) -> Option<Vec<u8>> {
        let mut file = std::fs::read(&self.path).ok()?;
        let end = file.iter().position(|&byte| byte == b'\n')? + 1;
        let body = file.split_off(end);
        (file == self.opening(&body).as_bytes()).then_some(body)
    }

    /// Keeps `body`: whoever reads at the same time, or writes the same, sees a whole file.
    ///
    /// # Errors
    /// [`DataError::Io`] where it cannot be written.
    pub fn write(&self, body: &[u8]) -> Result<(), DataError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(DataError::io(folder))?;
        let file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder);
        let mut file = file.map_err(DataError::io(folder))?;
        let written = file
            .write_all(self.opening(body).as_bytes())
            .and_then(|()| file.write_all(body))
            .and_then(|()| file.as_file().sync_all());
        written.map_err(DataError::io(&self.path))?;
        file.persist(&self.path).map_err(|error| DataError::io(&self.path)(error.error))?;
        Ok(())
    }

    /// As [`write`](Self::write), but that it cannot be written is a warning: what is found out is
    /// none the worse for it.
    pub fn write_or_warn(&self, body: &[u8], what: &str) -> Option<String> {
        let error = self.write(body).err()?;
        let reason = std::error::Error::source(&error).map(|why| format!(": {why}"));
        Some(format!(
            "{what} cannot be kept in {error}{}; every process finds it out anew. ASSAY_CACHE names \
             another folder",
            reason.unwrap_or_default()
        ))
    }

    /// The first line: the BLAKE3 of the file's own name and of what is kept.
    fn opening(&self, body: &[u8]) -> String {
        let mut hasher = blake3::Hasher::new();
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        hasher.update(name.as_bytes()).update(b"\0").update(body);
        format!("{OPENING}{}\n", hasher.finalize().to_hex())
    }
}

/// Sixteen hexadecimal digits that follow from the text of a piece of the program: what was made by
/// another version of it is not taken for what this one makes.
pub fn version_of(sources: &[&str]) -> String {
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
    fn what_is_kept_reads_back_and_what_is_not_whole_or_not_there_does_not() {
        let cache = tempfile::tempdir().unwrap();
        let kept = Kept::new(cache.path(), "things", "thing.bin");
        assert_eq!(kept.read(), None);
        kept.write(b"one\ntwo").unwrap();
        assert_eq!(kept.read().unwrap(), b"one\ntwo");
        let whole = std::fs::read(&kept.path).unwrap();
        let mut damaged = whole.clone();
        *damaged.last_mut().unwrap() ^= 1;
        for wrong in [&damaged[..], &whole[..whole.len() - 1], b"", b"one"] {
            std::fs::write(&kept.path, wrong).unwrap();
            assert_eq!(kept.read(), None);
        }
        // Another name says that it follows from something else.
        std::fs::write(cache.path().join("things/other.bin"), &whole).unwrap();
        assert_eq!(Kept::new(cache.path(), "things", "other.bin").read(), None);
        kept.write(b"again").unwrap();
        assert_eq!(kept.read().unwrap(), b"again");
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_is_a_warning_that_names_it_and_the_way_out() {
        let cache = tempfile::tempdir().unwrap();
        let file = cache.path().join("file");
        std::fs::write(&file, "in the way").unwrap();
        let warning = Kept::new(&file, "things", "x").write_or_warn(b"", "a thing").unwrap();
        assert!(warning.contains("file") && warning.contains("ASSAY_CACHE"), "{warning}");
    }

    #[test]
    fn a_version_follows_every_text_and_where_one_ends() {
        let versions = [&["ab", "c"][..], &["a", "bc"], &["ab", "d"], &["ab"]].map(version_of);
        assert_eq!(versions[0], version_of(&["ab", "c"]));
        for (index, version) in versions.iter().enumerate() {
            assert!(!versions[..index].contains(version));
        }
    }
}

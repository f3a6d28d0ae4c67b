//! Lists of classes from files of the user's: a cell names what is in a file, not where it is.

use std::path::Path;

use anyhow::{Result, ensure};
use assay_datasets::SplitLists;

/// Digits of the BLAKE3 of a list that are in its name.
const DIGITS: usize = 8;

/// The lists that a profile names as files.
#[derive(Debug, Default)]
pub struct ListFiles {
    files: Vec<ListFile>,
}

#[derive(Debug)]
struct ListFile {
    /// As the profile has it.
    path: String,
    /// As cells have it: the file's stem, and the beginning of the hash of its text.
    name: String,
    lists: SplitLists,
}

impl ListFiles {
    /// Reads those among `kinds` of split that are neither a kind by themselves nor a list that comes
    /// with the program.
    ///
    /// # Errors
    /// When such a file cannot be read, or there is neither a file nor a list of that name.
    pub fn read(kinds: &[String]) -> Result<Self> {
        let known = ["random", "semantic", "pair", "weights"];
        let known: Vec<&str> = known.into_iter().chain(SplitLists::built_in_names()).collect();
        let others = kinds.iter().filter(|kind| !known.contains(&kind.as_str()));
        Ok(Self { files: others.map(|path| ListFile::read(path)).collect::<Result<_>>()? })
    }

    /// What cells call the list in the file that a profile has as `path`, where it has one.
    #[must_use]
    pub fn name_of(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path).map(|file| file.name.as_str())
    }

    /// The list that cells call `name`, of a file or of the program.
    ///
    /// # Errors
    /// When there is none: a file was changed since the run was planned.
    pub fn find(&self, name: &str) -> Result<SplitLists> {
        if let Some(file) = self.files.iter().find(|file| file.name == name) {
            return Ok(file.lists.clone());
        }
        let now: Vec<String> =
            self.files.iter().map(|file| format!("{} is {}", file.path, file.name)).collect();
        ensure!(
            now.is_empty() || SplitLists::built_in_names().any(|known| known == name),
            "the list {name:?} is not among the files that the run was planned with: now {}",
            now.join(", ")
        );
        Ok(SplitLists::built_in(name)?)
    }
}

impl ListFile {
    fn read(path: &str) -> Result<Self> {
        let file = Path::new(path);
        ensure!(
            file.is_file(),
            "split {path:?}: no such file, and no list that comes with the program; those are {}",
            SplitLists::built_in_names().collect::<Vec<_>>().join(", ")
        );
        let (lists, text) = SplitLists::read(file)?;
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        // The name becomes part of names of folders.
        let plain = |letter: char| if letter.is_alphanumeric() { letter } else { '-' };
        let stem: String = stem.chars().map(plain).collect();
        let digest = blake3::hash(text.as_bytes()).to_hex();
        Ok(Self { path: path.to_owned(), name: format!("{stem}-{}", &digest[..DIGITS]), lists })
    }
}

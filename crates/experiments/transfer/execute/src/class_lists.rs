//! Class lists from the user's files. A cell names a list by its content, not by its path.

use std::path::Path;

use anyhow::{Result, ensure};
use assay_datasets::SplitLists;

/// Number of BLAKE3 digits in the name of a list.
const DIGEST_DIGITS: usize = 8;

/// The files of class lists that a profile names.
#[derive(Debug, Default)]
pub struct ClassListFiles {
    files: Vec<ClassListFile>,
}

#[derive(Debug)]
struct ClassListFile {
    /// The path in the profile.
    path: String,
    /// The name in cells: the file's stem, and the first digits of its digest.
    name: String,
    lists: SplitLists,
}

impl ClassListFiles {
    /// Reads the files among the profile's `splits`. Kinds of split and built-in lists are no
    /// files.
    ///
    /// # Errors
    /// A file does not exist and is no built-in list, or cannot be read.
    pub fn read(splits: &[String]) -> Result<Self> {
        let kinds = ["random", "semantic", "pair", "weights"];
        let names: Vec<&str> = kinds.into_iter().chain(SplitLists::built_in_names()).collect();
        let paths = splits.iter().filter(|split| !names.contains(&split.as_str()));
        Ok(Self { files: paths.map(|path| ClassListFile::read(path)).collect::<Result<_>>()? })
    }

    /// The name of the file at `path`, if the profile has it.
    #[must_use]
    pub fn name_of(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path).map(|file| file.name.as_str())
    }

    /// The list `name`, from a file or built in.
    ///
    /// # Errors
    /// There is no such list: a file has changed since the run was planned.
    pub fn find(&self, name: &str) -> Result<SplitLists> {
        if let Some(file) = self.files.iter().find(|file| file.name == name) {
            return Ok(file.lists.clone());
        }
        let current: Vec<String> =
            self.files.iter().map(|file| format!("{} is {}", file.path, file.name)).collect();
        ensure!(
            current.is_empty() || SplitLists::built_in_names().any(|built_in| built_in == name),
            "no file has the class list {name:?} that the run was planned with; now {}",
            current.join(", ")
        );
        Ok(SplitLists::built_in(name)?)
    }
}

impl ClassListFile {
    fn read(path: &str) -> Result<Self> {
        let file = Path::new(path);
        ensure!(
            file.is_file(),
            "split {path:?}: no such file or built-in list; the built-in lists are {}",
            SplitLists::built_in_names().collect::<Vec<_>>().join(", ")
        );
        let (lists, text) = SplitLists::read(file)?;
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        // The name becomes a part of directory names.
        let allowed = |c: char| if c.is_alphanumeric() { c } else { '-' };
        let stem: String = stem.chars().map(allowed).collect();
        let digest = blake3::hash(text.as_bytes()).to_hex();
        let name = format!("{stem}-{}", &digest[..DIGEST_DIGITS]);
        Ok(Self { path: path.to_owned(), name, lists })
    }
}

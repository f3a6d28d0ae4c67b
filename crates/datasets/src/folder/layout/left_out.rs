//! What of a folder is not used, counted and named.

use std::path::{Path, PathBuf};

use super::annotations;
use super::found::{Found, formats};
use crate::DataError;

/// Folders that are named before the rest is only counted.
const NAMED: usize = 5;

/// What of a folder is not used.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// Images, each with its format.
    not_read: Vec<(PathBuf, &'static str)>,
    /// Files that are no images.
    others: Vec<PathBuf>,
    /// Images of no class that is known, and the folder that they lie in.
    without_class: Vec<PathBuf>,
    /// Images below a folder beside those that are used.
    elsewhere: Vec<(PathBuf, usize)>,
}

impl LeftOut {
    /// What is no image, or one that is not read, of a folder whose images are used.
    pub fn rest_of(&mut self, found: &Found) {
        self.not_read.extend(found.not_read.iter().cloned());
        let strange = found.others.iter().filter(|path| !annotations::is_known(path));
        self.others.extend(strange.cloned());
    }

    /// The files of a folder whose folders, not files, are used. Other files than images are no data here.
    pub fn beside_folders(&mut self, found: Found) {
        self.not_read.extend(found.not_read);
        self.without_class.extend(found.images);
    }

    /// A folder that is used for nothing.
    pub fn whole(&mut self, folder: PathBuf, found: &Found) {
        let count = found.images.len() + found.not_read.len();
        if count > 0 {
            self.elsewhere.push((folder, count));
        }
    }

    /// The warnings, a sentence each.
    ///
    /// # Errors
    /// [`DataError::Malformed`] where more images of `dir` would be left out than the `used` ones.
    pub fn into_warnings(self, dir: &Path, used: usize) -> Result<Vec<String>, DataError> {
        let elsewhere: usize = self.elsewhere.iter().map(|(_, count)| count).sum();
        let images = self.not_read.len() + self.without_class.len() + elsewhere;
        let warnings = self.warnings();
        if images > used {
            let reason = format!(
                "{images} images would be left out and only {used} used: {}",
                warnings.join("; ")
            );
            return Err(DataError::malformed(dir, reason));
        }
        Ok(warnings)
    }

    fn warnings(self) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.not_read.is_empty() {
            let (what, places) = (formats(&self.not_read), folders(&self.not_read));
            warnings.push(format!("{what} not used, in {places}: convert them to PNG or JPEG"));
        }
        if !self.without_class.is_empty() {
            let count = self.without_class.len();
            let images: Vec<(PathBuf, &str)> =
                self.without_class.into_iter().map(|path| (path, "")).collect();
            let places = folders(&images);
            warnings.push(format!(
                "{count} images not used, in {places}: they lie beside the folders of the classes"
            ));
        }
        for (folder, count) in self.elsewhere {
            warnings.push(format!(
                "{count} images not used, below {}: the classes are read from train/",
                folder.display()
            ));
        }
        if let Some(first) = self.others.first() {
            let count = self.others.len();
            let first = first.display();
            warnings.push(format!("{count} files not used, such as {first}: no PNG or JPEG"));
        }
        warnings
    }
}

/// The folders that files lie in, the first few by name.
fn folders(files: &[(PathBuf, &str)]) -> String {
    let mut folders: Vec<&Path> = files.iter().filter_map(|(path, _)| path.parent()).collect();
    folders.sort_unstable();
    folders.dedup();
    let mut named: Vec<String> =
        folders.iter().take(NAMED).map(|folder| folder.display().to_string()).collect();
    if folders.len() > NAMED {
        named.push(format!("{} more folders", folders.len() - NAMED));
    }
    named.join(", ")
}

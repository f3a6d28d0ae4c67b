//! Files of an image folder that are not used, for warnings.

use std::path::{Path, PathBuf};

use super::annotations;
use super::folder_contents::{FolderContents, formats};
use crate::DataError;

/// Maximum number of folders that a warning names.
const MAX_NAMED: usize = 5;

/// Files of an image folder that are not used.
#[derive(Debug, Default)]
pub struct SkippedFiles {
    /// Images in unsupported formats, with the format.
    unsupported: Vec<(PathBuf, &'static str)>,
    /// Files that are not images.
    others: Vec<PathBuf>,
    /// Images without a class: they are next to the class folders.
    without_class: Vec<PathBuf>,
    /// Folders of unused images, with their number.
    unused_folders: Vec<(PathBuf, usize)>,
}

impl SkippedFiles {
    /// Adds the unsupported and other files of a folder whose images are used.
    pub fn add_unused_files(&mut self, contents: &FolderContents) {
        self.unsupported.extend(contents.unsupported.iter().cloned());
        let others = contents.others.iter().filter(|path| !annotations::is_annotation_file(path));
        self.others.extend(others.cloned());
    }

    /// Adds the files next to class folders. Files that are not images do not matter there.
    pub fn add_unlabeled(&mut self, contents: FolderContents) {
        self.unsupported.extend(contents.unsupported);
        self.without_class.extend(contents.images);
    }

    /// Adds a folder that is not used at all.
    pub fn add_unused_folder(&mut self, folder: PathBuf, contents: &FolderContents) {
        let count = contents.images.len() + contents.unsupported.len();
        if count > 0 {
            self.unused_folders.push((folder, count));
        }
    }

    /// The warnings, one sentence each.
    ///
    /// # Errors
    /// [`DataError::Malformed`] when more images are unused than `used`.
    pub fn into_warnings(self, dir: &Path, used: usize) -> Result<Vec<String>, DataError> {
        let unused_folders: usize = self.unused_folders.iter().map(|(_, count)| count).sum();
        let images = self.unsupported.len() + self.without_class.len() + unused_folders;
        let warnings = self.warnings();
        if images > used {
            let reason = format!(
                "{images} images would not be used, and only {used} would be: {}",
                warnings.join("; ")
            );
            return Err(DataError::malformed(dir, reason));
        }
        Ok(warnings)
    }

    fn warnings(self) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.unsupported.is_empty() {
            let (what, folder_names) = (formats(&self.unsupported), folders(&self.unsupported));
            warnings
                .push(format!("{what} not used, in {folder_names}: convert them to PNG or JPEG"));
        }
        if !self.without_class.is_empty() {
            let count = self.without_class.len();
            let images: Vec<(PathBuf, &str)> =
                self.without_class.into_iter().map(|path| (path, "")).collect();
            let folder_names = folders(&images);
            warnings.push(format!(
                "{count} images not used, in {folder_names}: they are next to the class folders"
            ));
        }
        for (folder, count) in self.unused_folders {
            warnings.push(format!(
                "{count} images not used, below {}: the classes are read from train/",
                folder.display()
            ));
        }
        if let Some(first) = self.others.first() {
            let count = self.others.len();
            let first = first.display();
            warnings.push(format!("{count} files not used, such as {first}: not PNG or JPEG"));
        }
        warnings
    }
}

/// The folders of these files; only the first ones are named.
fn folders(files: &[(PathBuf, &str)]) -> String {
    let mut folders: Vec<&Path> = files.iter().filter_map(|(path, _)| path.parent()).collect();
    folders.sort_unstable();
    folders.dedup();
    let mut names: Vec<String> =
        folders.iter().take(MAX_NAMED).map(|folder| folder.display().to_string()).collect();
    if folders.len() > MAX_NAMED {
        names.push(format!("{} more folders", folders.len() - MAX_NAMED));
    }
    names.join(", ")
}

//! What a scan of an image folder notes for warnings.

use std::path::{Path, PathBuf};

use super::folder_contents::{FolderContents, formats};
use super::{Labeled, annotations};
use crate::DataError;

/// Maximum number of folders that a warning names.
const MAX_NAMED: usize = 5;

/// Warnings, and files of an image folder that are not used.
#[derive(Debug, Default)]
pub struct ScanNotes {
    pub warnings: Vec<String>,
    /// Images in subfolders of the class folders.
    nested: Vec<PathBuf>,
    /// Images in unsupported formats, with the format.
    unsupported: Vec<(PathBuf, &'static str)>,
    /// Files that are not images.
    others: Vec<PathBuf>,
    /// Images without a class: they are next to the class folders.
    without_class: Vec<PathBuf>,
    /// Folders of unused images, with their number.
    unused_folders: Vec<(PathBuf, usize)>,
}

impl ScanNotes {
    /// Adds the images of a class folder to `all`, and notes its other files.
    pub fn add_class(&mut self, contents: FolderContents, label: u16, all: &mut Labeled) {
        self.add_unused_files(&contents);
        self.nested.extend(contents.nested);
        all.extend(contents.images.into_iter().map(|path| (path, label)));
    }

    /// Adds a warning about images in subfolders, and notes the files next to the class folders.
    pub fn finish_classes(&mut self, root: &Path) -> Result<(), DataError> {
        let nested = std::mem::take(&mut self.nested);
        if let Some(first) = nested.first() {
            let (count, first) = (nested.len(), first.display());
            self.warnings.push(format!(
                "{count} images are in subfolders of the class folders, such as {first}; they are used as images of these classes"
            ));
        }
        self.add_unlabeled(root)
    }

    /// Adds the unsupported and other files of a folder whose images are used.
    pub fn add_unused_files(&mut self, contents: &FolderContents) {
        self.unsupported.extend(contents.unsupported.iter().cloned());
        let others = contents.others.iter().filter(|path| !annotations::is_annotation_file(path));
        self.others.extend(others.cloned());
    }

    /// Adds the files next to class folders. Files that are not images do not matter there.
    pub fn add_unlabeled(&mut self, root: &Path) -> Result<(), DataError> {
        let contents = FolderContents::scan(root, 1)?;
        self.unsupported.extend(contents.unsupported);
        self.without_class.extend(contents.images);
        Ok(())
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
        let (mut warnings, unused) = self.warnings_of_unused();
        if images > used {
            let unused = unused.join("; ");
            let reason =
                format!("{images} images would not be used, and only {used} would be: {unused}");
            return Err(DataError::malformed(dir, reason));
        }
        warnings.extend(unused);
        Ok(warnings)
    }

    /// The other warnings, and those about unused files.
    fn warnings_of_unused(self) -> (Vec<String>, Vec<String>) {
        let mut warnings = Vec::new();
        if !self.unsupported.is_empty() {
            let what = formats(&self.unsupported);
            let folder_names = folders(self.unsupported.iter().map(|(path, _)| path));
            warnings
                .push(format!("{what} not used, in {folder_names}: convert them to PNG or JPEG"));
        }
        if !self.without_class.is_empty() {
            let (count, folder_names) = (self.without_class.len(), folders(&self.without_class));
            warnings.push(format!(
                "{count} images not used, in {folder_names}: they are next to the class folders"
            ));
        }
        for (folder, count) in self.unused_folders {
            let folder = folder.display();
            warnings.push(format!(
                "{count} images not used, below {folder}: the classes are read from train/"
            ));
        }
        if let Some(first) = self.others.first() {
            let (count, first) = (self.others.len(), first.display());
            warnings.push(format!("{count} files not used, such as {first}: not PNG or JPEG"));
        }
        (self.warnings, warnings)
    }
}

/// The folders of these files; only the first ones are named.
fn folders<'a>(files: impl IntoIterator<Item = &'a PathBuf>) -> String {
    let mut folders: Vec<&Path> = files.into_iter().filter_map(|path| path.parent()).collect();
    folders.sort_unstable();
    folders.dedup();
    let mut names: Vec<String> =
        folders.iter().take(MAX_NAMED).map(|folder| folder.display().to_string()).collect();
    if folders.len() > MAX_NAMED {
        names.push(format!("{} more folders", folders.len() - MAX_NAMED));
    }
    names.join(", ")
}

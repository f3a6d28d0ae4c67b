//! The files of a folder: supported images, unsupported images, and others.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::name;
use crate::DataError;

/// Extensions of supported images.
const SUPPORTED: [&str; 5] = ["png", "jpg", "jpeg", "jpe", "jfif"];
/// Extensions and formats of unsupported images.
const UNSUPPORTED: [(&str, &str); 20] = [
    ("webp", "WEBP"),
    ("bmp", "BMP"),
    ("gif", "GIF"),
    ("tif", "TIFF"),
    ("tiff", "TIFF"),
    ("avif", "AVIF"),
    ("heic", "HEIC"),
    ("heif", "HEIC"),
    ("jp2", "JPEG 2000"),
    ("j2k", "JPEG 2000"),
    ("jxl", "JPEG XL"),
    ("ppm", "PNM"),
    ("pgm", "PNM"),
    ("pbm", "PNM"),
    ("pnm", "PNM"),
    ("tga", "TGA"),
    ("ico", "ICO"),
    ("exr", "EXR"),
    ("dds", "DDS"),
    ("svg", "SVG"),
];

/// The files of a folder in the order of their names, without hidden files.
#[derive(Debug, Default)]
pub struct FolderContents {
    /// PNG and JPEG files.
    pub images: Vec<PathBuf>,
    /// Those of `images` that are neither in the folder itself nor in its subfolder `images/`.
    pub nested: Vec<PathBuf>,
    /// Images in unsupported formats, with the format.
    pub unsupported: Vec<(PathBuf, &'static str)>,
    /// Files that are not images, judging by their names.
    pub others: Vec<PathBuf>,
}

impl FolderContents {
    /// Scans `folder` recursively.
    ///
    /// # Errors
    /// [`DataError::Io`] naming a folder that cannot be read, or a link to a parent folder.
    pub fn scan_recursively(folder: &Path) -> Result<Self, DataError> {
        Self::scan_to_depth(folder, usize::MAX)
    }

    /// Scans `folder` without its subfolders.
    ///
    /// # Errors
    /// As [`scan_recursively`](Self::scan_recursively).
    pub fn scan_files(folder: &Path) -> Result<Self, DataError> {
        Self::scan_to_depth(folder, 1)
    }

    fn scan_to_depth(folder: &Path, depth: usize) -> Result<Self, DataError> {
        let mut contents = Self::default();
        let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().max_depth(depth);
        for entry in walk.into_iter().filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry))
        {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => contents.add(folder, entry.into_path()),
                Err(error) => contents.add(folder, dangling_link(folder, error)?),
            }
        }
        Ok(contents)
    }

    fn add(&mut self, folder: &Path, path: PathBuf) {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let ending = ending.to_ascii_lowercase();
        if SUPPORTED.contains(&ending.as_str()) {
            let parent = path.parent().unwrap_or(folder);
            if parent != folder && parent != folder.join("images") {
                self.nested.push(path.clone());
            }
            self.images.push(path);
        } else if let Some((_, format)) = UNSUPPORTED.iter().find(|(known, _)| *known == ending) {
            self.unsupported.push((path, format));
        } else {
            self.others.push(path);
        }
    }

    /// For error messages: what the folder contains instead of supported images.
    #[must_use]
    pub fn describe(&self) -> String {
        if !self.unsupported.is_empty() {
            return format!(
                "but {}, which are not supported: convert them",
                formats(&self.unsupported)
            );
        }
        match self.others.first() {
            Some(first) => {
                format!("but {} other files, such as {}", self.others.len(), name(first))
            }
            None => "and no other file".to_owned(),
        }
    }
}

/// `8 WEBP and 2 GIF images`.
pub fn formats(images: &[(PathBuf, &'static str)]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for &(_, format) in images {
        match counts.iter_mut().find(|(known, _)| *known == format) {
            Some((_, count)) => *count += 1,
            None => counts.push((format, 1)),
        }
    }
    let counts: Vec<String> =
        counts.into_iter().map(|(format, count)| format!("{count} {format}")).collect();
    format!("{} images", counts.join(" and "))
}

/// A dangling link is listed like a file; reading it will fail if it is used as an image.
fn dangling_link(folder: &Path, error: walkdir::Error) -> Result<PathBuf, DataError> {
    let path = error.path().unwrap_or(folder).to_owned();
    if path.is_symlink() && !path.exists() {
        return Ok(path);
    }
    Err(DataError::io(path)(error.into()))
}

/// Hidden files, and those that macOS adds to archives.
fn is_hidden(entry: &DirEntry) -> bool {
    is_hidden_name(&entry.file_name().to_string_lossy())
}

/// Whether a file or folder of this name is ignored.
pub fn is_hidden_name(name: &str) -> bool {
    name.starts_with('.') || name == "__MACOSX"
}

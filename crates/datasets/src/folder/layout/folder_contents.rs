//! The files of a folder: supported images, unsupported images, and others.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::name;
use crate::DataError;

/// Extensions of supported images.
const SUPPORTED: [&str; 5] = ["png", "jpg", "jpeg", "jpe", "jfif"];
/// Formats of unsupported images, with their extensions.
const UNSUPPORTED: [(&str, &str); 14] = [
    ("WEBP", "webp"),
    ("BMP", "bmp"),
    ("GIF", "gif"),
    ("TIFF", "tif tiff"),
    ("AVIF", "avif"),
    ("HEIC", "heic heif"),
    ("JPEG 2000", "jp2 j2k"),
    ("JPEG XL", "jxl"),
    ("PNM", "ppm pgm pbm pnm"),
    ("TGA", "tga"),
    ("ICO", "ico"),
    ("EXR", "exr"),
    ("DDS", "dds"),
    ("SVG", "svg"),
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
    /// Scans `folder`, and its subfolders down to `depth`; 1 for the files of `folder` alone.
    ///
    /// # Errors
    /// [`DataError::Io`] naming a folder that cannot be read, or a link to a parent folder.
    pub fn scan(folder: &Path, depth: usize) -> Result<Self, DataError> {
        let mut contents = Self::default();
        let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().max_depth(depth);
        let is_used = |entry: &DirEntry| {
            entry.depth() == 0 || !is_hidden_name(&entry.file_name().to_string_lossy())
        };
        for entry in walk.into_iter().filter_entry(is_used) {
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
        let has_ending = |endings: &str| endings.split(' ').any(|known| known == ending);
        if SUPPORTED.contains(&ending.as_str()) {
            let parent = path.parent().unwrap_or(folder);
            if parent != folder && parent != folder.join("images") {
                self.nested.push(path.clone());
            }
            self.images.push(path);
        } else if let Some((format, _)) = UNSUPPORTED.iter().find(|entry| has_ending(entry.1)) {
            self.unsupported.push((path, format));
        } else {
            self.others.push(path);
        }
    }

    /// For error messages: what the folder contains instead of supported images.
    pub fn describe(&self) -> String {
        if !self.unsupported.is_empty() {
            let formats = formats(&self.unsupported);
            return format!("but {formats}, which are not supported: convert them");
        }
        let Some(first) = self.others.first() else { return "and no other file".to_owned() };
        format!("but {} other files, such as {}", self.others.len(), name(first))
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

/// Whether a file or folder of this name is ignored: hidden, or added to archives by macOS.
pub fn is_hidden_name(name: &str) -> bool {
    name.starts_with('.') || name == "__MACOSX"
}

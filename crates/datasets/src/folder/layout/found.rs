//! What lies below a folder: images that can be read, images that cannot, and the rest.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::name;
use crate::DataError;

/// Endings of the names of images that are read.
const READ: [&str; 5] = ["png", "jpg", "jpeg", "jpe", "jfif"];
/// Endings of the names of images of other formats, and the format.
const NOT_READ: [(&str, &str); 20] = [
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

/// What lies below a folder, in the order of names, without hidden files.
#[derive(Debug, Default)]
pub struct Found {
    /// PNG and JPEG by their names, at any depth.
    pub images: Vec<PathBuf>,
    /// Those of `images` that lie neither in the folder itself nor in `images/` within it.
    pub nested: Vec<PathBuf>,
    /// Images of formats that are not read, each with its format.
    pub not_read: Vec<(PathBuf, &'static str)>,
    /// Files that are no images by their names.
    pub others: Vec<PathBuf>,
}

impl Found {
    /// Looks through `folder`, at any depth.
    ///
    /// # Errors
    /// [`DataError::Io`] naming what cannot be read, or a link that leads back to a folder around it.
    pub fn below(folder: &Path) -> Result<Self, DataError> {
        Self::at_depths(folder, usize::MAX)
    }

    /// Looks at the files in `folder` itself.
    ///
    /// # Errors
    /// As [`below`](Self::below).
    pub fn beside_folders(folder: &Path) -> Result<Self, DataError> {
        Self::at_depths(folder, 1)
    }

    fn at_depths(folder: &Path, depth: usize) -> Result<Self, DataError> {
        let mut found = Self::default();
        let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().max_depth(depth);
        for entry in walk.into_iter().filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry))
        {
            match entry {
                Ok(entry) if entry.file_type().is_dir() => {}
                Ok(entry) => found.add(folder, entry.into_path()),
                Err(error) => found.add(folder, dangling_link(folder, error)?),
            }
        }
        Ok(found)
    }

    fn add(&mut self, folder: &Path, path: PathBuf) {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let ending = ending.to_ascii_lowercase();
        if READ.contains(&ending.as_str()) {
            let parent = path.parent().unwrap_or(folder);
            if parent != folder && parent != folder.join("images") {
                self.nested.push(path.clone());
            }
            self.images.push(path);
        } else if let Some((_, format)) = NOT_READ.iter().find(|(known, _)| *known == ending) {
            self.not_read.push((path, format));
        } else {
            self.others.push(path);
        }
    }

    /// What is there, in words, where no image is that can be read.
    #[must_use]
    pub fn in_words(&self) -> String {
        if !self.not_read.is_empty() {
            return format!("but {}, which are not read: convert them", formats(&self.not_read));
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

/// A link to what is not there: a file like any other, which cannot be read should it be an image.
fn dangling_link(folder: &Path, error: walkdir::Error) -> Result<PathBuf, DataError> {
    let path = error.path().unwrap_or(folder).to_owned();
    if path.is_symlink() && !path.exists() {
        return Ok(path);
    }
    Err(DataError::io(path)(error.into()))
}

/// Hidden files, and what macOS adds to archives.
fn is_hidden(entry: &DirEntry) -> bool {
    is_hidden_name(&entry.file_name().to_string_lossy())
}

/// Whether a file or folder of this name is left alone without a word.
pub fn is_hidden_name(name: &str) -> bool {
    name.starts_with('.') || name == "__MACOSX"
}

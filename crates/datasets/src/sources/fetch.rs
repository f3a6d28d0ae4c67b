//! Downloading and checking a data set.

use std::fs;
use std::path::{Path, PathBuf};

use md5::Md5;
use sha2::Sha256;

use super::digest::digest_file;
use super::download::download;
use super::{Source, SourceFile, source, unpack};
use crate::{DataError, OpenOptions, open};

/// Progress of [`fetch`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress<'a> {
    /// Downloading a file.
    Downloading {
        /// The file, relative to the folder of downloaded data.
        file: &'a str,
        /// Bytes so far, including those of an interrupted download.
        done: u64,
        /// Total number of bytes, if known.
        total: Option<u64>,
    },
    /// Comparing a file with its digest.
    Verifying(&'a str),
    /// Unpacking an archive.
    Unpacking(&'a str),
    /// A file or folder exists already.
    AlreadyPresent(&'a str),
}

/// Comparison of a file with the published one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// The digests are equal.
    Official,
    /// The digests differ.
    Unofficial,
    /// The published digest is unknown.
    Unknown,
    /// The file does not exist.
    Missing,
}

/// The result of [`check`] for a data set that can be read.
#[derive(Debug, Clone)]
pub struct CheckedSource {
    /// The files in use, with their states. For an archive, either the archive or the unpacked
    /// files.
    pub files: Vec<(PathBuf, FileState)>,
    /// Number of classes.
    pub classes: usize,
    /// Number of training images.
    pub train: usize,
    /// Number of test images.
    pub test: usize,
    /// Warnings.
    pub warnings: Vec<String>,
}

/// Reads a data set and compares its files with their digests.
///
/// # Errors
/// As [`open`] when it is missing or cannot be read; [`DataError::Unknown`] for an unknown name, or
/// a data set that is opened by its path.
pub fn check(name: &str, data_dir: &Path) -> Result<CheckedSource, DataError> {
    let source = source(name)?;
    if let Some(how) = &source.by_hand {
        return Err(DataError::Unknown(format!("{name} is opened by its path: {how}")));
    }
    let options = OpenOptions { data_dir: Some(data_dir.to_owned()), ..OpenOptions::default() };
    let opened = open(name, &options)?;
    let files = files_in_use(source, data_dir).into_iter().map(|(path, known)| {
        let path = data_dir.join(path);
        state(&path, known).map(|state| (path, state))
    });
    Ok(CheckedSource {
        files: files.collect::<Result<_, _>>()?,
        classes: opened.classes.len(),
        train: opened.train.len(),
        test: opened.test.len(),
        warnings: opened.warnings,
    })
}

fn state(path: &Path, known: Option<&str>) -> Result<FileState, DataError> {
    Ok(match known {
        _ if !path.is_file() => FileState::Missing,
        None => FileState::Unknown,
        Some(known) if digest_file::<Sha256>(path)? == known => FileState::Official,
        Some(_) => FileState::Unofficial,
    })
}

/// The files that opening the data set reads, with their published digests. Unpacked files take
/// precedence over archives.
fn files_in_use<'a>(source: &'a Source, data_dir: &Path) -> Vec<(&'a str, Option<&'a str>)> {
    let mut files = Vec::new();
    for file in &source.files {
        let stem = file.stem();
        let unpacked = source.unpacked.iter().filter(|unpacked| match &file.unpacks_to {
            Some(folder) => Path::new(&unpacked.path).starts_with(folder),
            None => unpacked.path == stem,
        });
        let unpacked: Vec<_> = unpacked.map(|u| (&*u.path, Some(&*u.sha256))).collect();
        if folder_is_present(file, data_dir)
            || unpacked.iter().any(|(path, _)| data_dir.join(path).is_file())
        {
            files.extend(unpacked);
        } else {
            files.push((file.path.as_str(), file.sha256.as_deref()));
        }
    }
    files
}

/// Whether the unpacked folder of an archive, or its alternative, exists.
fn folder_is_present(file: &SourceFile, data_dir: &Path) -> bool {
    let folders = file.unpacks_to.iter().chain(&file.or_folder);
    folders.into_iter().any(|folder| data_dir.join(folder).is_dir())
}

/// Downloads the missing files of a data set into `data_dir`, verifies their digests and unpacks
/// them. Interrupted downloads are resumed; existing files are kept. If `from` is given, files are
/// copied from that folder (packed or unpacked) instead of downloaded.
///
/// Returns warnings, for example about files in `from` that are not the published ones.
///
/// # Errors
/// [`DataError::Unknown`] for an unknown name, or with instructions for a data set that cannot be
/// downloaded; [`DataError::Download`] naming the URL; [`DataError::Malformed`] for a wrong digest
/// or a damaged archive; [`DataError::Io`].
pub fn fetch(
    name: &str,
    data_dir: &Path,
    from: Option<&Path>,
    progress: &dyn Fn(Progress<'_>),
) -> Result<Vec<String>, DataError> {
    let source = source(name)?;
    if let Some(how) = &source.by_hand {
        return Err(DataError::Unknown(format!("{name} cannot be fetched: {how}")));
    }
    fetch_source(source, data_dir, from, progress)?;
    if source.files.is_empty() {
        return Ok(Vec::new());
    }
    check(name, data_dir).map(|checked| checked.warnings)
}

pub(super) fn fetch_source(
    source: &Source,
    data_dir: &Path,
    from: Option<&Path>,
    progress: &dyn Fn(Progress<'_>),
) -> Result<(), DataError> {
    for file in &source.files {
        let task = FileFetch { file, data_dir, progress };
        if task.is_present() {
            progress(Progress::AlreadyPresent(file.unpacks_to.as_deref().unwrap_or(&file.path)));
            continue;
        }
        let target = task.target();
        let parent = target.parent().unwrap_or(data_dir);
        fs::create_dir_all(parent).map_err(DataError::io(parent))?;
        match from {
            Some(from) => task.copy_from(from)?,
            None => task.download()?,
        }
    }
    Ok(())
}

type DigestFile = fn(&Path) -> Result<String, DataError>;

impl SourceFile {
    /// The path without `.gz`.
    fn stem(&self) -> &str {
        self.path.trim_end_matches(".gz")
    }
}

struct FileFetch<'a> {
    file: &'a SourceFile,
    data_dir: &'a Path,
    progress: &'a dyn Fn(Progress<'_>),
}

impl FileFetch<'_> {
    fn target(&self) -> PathBuf {
        self.data_dir.join(&self.file.path)
    }

    fn is_present(&self) -> bool {
        match &self.file.unpacks_to {
            Some(_) => folder_is_present(self.file, self.data_dir),
            None => self.target().is_file() || self.data_dir.join(self.file.stem()).is_file(),
        }
    }

    fn download(&self) -> Result<(), DataError> {
        let target = self.target();
        let downloaded = !target.is_file();
        if downloaded {
            let part = self.data_dir.join(format!("{}.part", self.file.path));
            self.download_part(&part)?;
            if let Some(wrong) = self.wrong_digest(&part)? {
                fs::remove_file(&part).map_err(DataError::io(&part))?;
                return Err(DataError::malformed(target, format!("{wrong}; removed, try again")));
            }
            fs::rename(&part, &target).map_err(DataError::io(&target))?;
        }
        let Some(folder) = &self.file.unpacks_to else { return Ok(()) };
        (self.progress)(Progress::Unpacking(&self.file.path));
        unpack::unpack(&target, self.data_dir, folder)?;
        // Archives that were not downloaded here are kept.
        if downloaded { fs::remove_file(&target).map_err(DataError::io(&target)) } else { Ok(()) }
    }

    fn download_part(&self, part: &Path) -> Result<(), DataError> {
        let file = self.file.path.as_str();
        let report = |done, total| (self.progress)(Progress::Downloading { file, done, total });
        let unknown = Err(DataError::Unknown(format!("{file}: no URL is known")));
        let try_next = |url: &String| download(url, part, self.file.bytes, &report);
        self.file.urls.iter().fold(unknown, |result, url| result.or_else(|_| try_next(url)))
    }

    /// Copies from a folder that contains the file (under its path or its name), or what it unpacks
    /// to.
    fn copy_from(&self, from: &Path) -> Result<(), DataError> {
        let actual = |name: &str| {
            let bare = Path::new(name).file_name().map(|bare| from.join(bare));
            [Some(from.join(name)), bare].into_iter().flatten().find(|path| path.exists())
        };
        if let Some(folder) = &self.file.unpacks_to {
            if let Some(unpacked) = actual(folder).filter(|path| path.is_dir()) {
                return unpack::copy_folder(&unpacked, self.data_dir, folder);
            }
            if let Some(archive) = actual(&self.file.path) {
                (self.progress)(Progress::Unpacking(&self.file.path));
                return unpack::unpack(&archive, self.data_dir, folder);
            }
        } else if let Some(packed) = actual(&self.file.path) {
            return unpack::copy_file(&packed, &self.target());
        } else if let Some(plain) = actual(self.file.stem()) {
            return unpack::copy_file(&plain, &self.data_dir.join(self.file.stem()));
        }
        let (from, file) = (from.display(), &self.file.path);
        Err(DataError::Unknown(format!("{from} has neither {file} nor what it unpacks to")))
    }

    /// Describes a digest that does not match, if any.
    fn wrong_digest(&self, path: &Path) -> Result<Option<String>, DataError> {
        (self.progress)(Progress::Verifying(&self.file.path));
        let known: [(_, _, DigestFile); 2] = [
            ("sha256", &self.file.sha256, digest_file::<Sha256>),
            ("md5", &self.file.md5, digest_file::<Md5>),
        ];
        for (name, known, digest_file) in known {
            let Some(known) = known else { continue };
            let actual = digest_file(path)?;
            if actual != *known {
                return Ok(Some(format!("its {name} is {actual}, not the published {known}")));
            }
        }
        Ok(None)
    }
}

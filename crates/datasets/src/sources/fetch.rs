//! Getting a data set, and looking whether it is there and whole.

use std::fs;
use std::path::{Path, PathBuf};

use super::digest::{self, Algorithm};
use super::download::{download, remove};
use super::{Source, SourceFile, source, unpack};
use crate::{DataError, OpenOptions, open};

/// What [`fetch`] is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress<'a> {
    /// Bytes of a file so far, and in all where known.
    Downloading {
        /// The file, relative to the folder of downloaded data.
        file: &'a str,
        /// Bytes there, those of an earlier, interrupted download included.
        done: u64,
        /// Bytes in all.
        total: Option<u64>,
    },
    /// Comparing a file with its digest.
    Verifying(&'a str),
    /// Unpacking an archive.
    Unpacking(&'a str),
    /// A file or folder was there already.
    There(&'a str),
}

/// How a file on disk compares with the published one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// The same, by its digest.
    Official,
    /// There, but another file.
    Unofficial,
    /// There, and nothing is known to compare it with.
    Unknown,
    /// Not there.
    Missing,
}

/// What [`check`] found of a data set that is there and can be read.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Its files, of each archive either itself or what it unpacks to, with their states.
    pub files: Vec<(PathBuf, FileState)>,
    /// The number of classes.
    pub classes: usize,
    /// Images to train on.
    pub train: usize,
    /// Images to test on.
    pub test: usize,
    /// What is odd about the data but no error.
    pub warnings: Vec<String>,
}

/// Reads a data set and compares its files with their digests.
///
/// # Errors
/// As [`open`] when it is not there or cannot be read; [`DataError::Unknown`] for an unknown name or
/// a data set that is opened by its path.
pub fn check(name: &str, data_dir: &Path) -> Result<Checked, DataError> {
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
    Ok(Checked {
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
        Some(known) if digest::of_file(Algorithm::Sha256, path)? == known => FileState::Official,
        Some(_) => FileState::Unofficial,
    })
}

/// The files that opening reads, with the digest each is known by: the unpacked one where it is there.
fn files_in_use<'a>(source: &'a Source, data_dir: &Path) -> Vec<(&'a str, Option<&'a str>)> {
    let mut files = Vec::new();
    for file in &source.files {
        let stem = file.path.trim_end_matches(".gz");
        let unpacked = source.unpacked.iter().filter(|unpacked| match &file.unpacks_to {
            Some(folder) => Path::new(&unpacked.path).starts_with(folder),
            None => unpacked.path == stem,
        });
        let unpacked: Vec<_> = unpacked.map(|u| (&*u.path, Some(&*u.sha256))).collect();
        if folder_is_there(file, data_dir)
            || unpacked.iter().any(|(path, _)| data_dir.join(path).is_file())
        {
            files.extend(unpacked);
        } else {
            files.push((file.path.as_str(), file.sha256.as_deref()));
        }
    }
    files
}

/// Whether what an archive unpacks to is there, or what stands for it.
fn folder_is_there(file: &SourceFile, data_dir: &Path) -> bool {
    let folders = file.unpacks_to.iter().chain(&file.or_folder);
    folders.into_iter().any(|folder| data_dir.join(folder).is_dir())
}

/// Gets a data set into `data_dir`: what is missing is downloaded (going on where an earlier download
/// was interrupted), compared with its digest and unpacked; what is there stays. Where `from` is a
/// folder, files are taken from there, packed or unpacked, and nothing is downloaded. Returns
/// warnings, such as a digest that is not the published one in files taken from a folder.
///
/// # Errors
/// [`DataError::Unknown`] for an unknown name or a data set that cannot be fetched, saying how to
/// get it; [`DataError::Download`] naming the URL; [`DataError::Malformed`] for a wrong digest or a
/// damaged archive; [`DataError::Io`].
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
        let task = Task { file, data_dir, progress };
        if task.is_there() {
            progress(Progress::There(file.unpacks_to.as_deref().unwrap_or(&file.path)));
            continue;
        }
        let target = task.target();
        let parent = target.parent().unwrap_or(data_dir);
        fs::create_dir_all(parent).map_err(DataError::io(parent))?;
        match from {
            Some(from) => task.take_from(from)?,
            None => task.download()?,
        }
    }
    Ok(())
}

struct Task<'a> {
    file: &'a SourceFile,
    data_dir: &'a Path,
    progress: &'a dyn Fn(Progress<'_>),
}

impl Task<'_> {
    fn target(&self) -> PathBuf {
        self.data_dir.join(&self.file.path)
    }

    /// The name without `.gz` of a file that is read packed or unpacked.
    fn stem(&self) -> &str {
        self.file.path.trim_end_matches(".gz")
    }

    fn is_there(&self) -> bool {
        match &self.file.unpacks_to {
            Some(_) => folder_is_there(self.file, self.data_dir),
            None => self.target().is_file() || self.data_dir.join(self.stem()).is_file(),
        }
    }

    fn download(&self) -> Result<(), DataError> {
        let target = self.target();
        let downloaded = !target.is_file();
        if downloaded {
            let part = self.data_dir.join(format!("{}.part", self.file.path));
            self.download_part(&part)?;
            if let Some(wrong) = self.wrong_digest(&part)? {
                remove(&part)?;
                return Err(DataError::malformed(target, format!("{wrong}; removed, try again")));
            }
            fs::rename(&part, &target).map_err(DataError::io(&target))?;
        }
        let Some(folder) = &self.file.unpacks_to else { return Ok(()) };
        (self.progress)(Progress::Unpacking(&self.file.path));
        unpack::unpack(&target, self.data_dir, folder)?;
        // An archive that somebody else put there is theirs to keep.
        if downloaded { remove(&target) } else { Ok(()) }
    }

    fn download_part(&self, part: &Path) -> Result<(), DataError> {
        let file = self.file.path.as_str();
        let report = |done, total| (self.progress)(Progress::Downloading { file, done, total });
        let mut result = Err(DataError::Unknown(format!("{file}: no URL is known")));
        for url in &self.file.urls {
            result = download(url, part, self.file.bytes, &report);
            if result.is_ok() {
                break;
            }
        }
        result
    }

    /// From a folder that holds the file (by its path or its bare name), or what it unpacks to.
    fn take_from(&self, from: &Path) -> Result<(), DataError> {
        let found = |name: &str| {
            let bare = Path::new(name).file_name().map(|bare| from.join(bare));
            [Some(from.join(name)), bare].into_iter().flatten().find(|path| path.exists())
        };
        if let Some(folder) = &self.file.unpacks_to {
            if let Some(unpacked) = found(folder).filter(|path| path.is_dir()) {
                return unpack::copy_folder(&unpacked, self.data_dir, folder);
            }
            if let Some(archive) = found(&self.file.path) {
                (self.progress)(Progress::Unpacking(&self.file.path));
                return unpack::unpack(&archive, self.data_dir, folder);
            }
        } else if let Some(packed) = found(&self.file.path) {
            return unpack::copy_file(&packed, &self.target());
        } else if let Some(plain) = found(self.stem()) {
            return unpack::copy_file(&plain, &self.data_dir.join(self.stem()));
        }
        Err(DataError::Unknown(format!(
            "{} has neither {} nor what it unpacks to",
            from.display(),
            self.file.path
        )))
    }

    /// What is wrong with the digest of a downloaded file, if anything.
    fn wrong_digest(&self, path: &Path) -> Result<Option<String>, DataError> {
        (self.progress)(Progress::Verifying(&self.file.path));
        let known = [(Algorithm::Sha256, &self.file.sha256), (Algorithm::Md5, &self.file.md5)];
        for (algorithm, known) in known {
            let Some(known) = known else { continue };
            let found = digest::of_file(algorithm, path)?;
            if found != *known {
                let name = algorithm.name();
                return Ok(Some(format!("its {name} is {found}, not the published {known}")));
            }
        }
        Ok(None)
    }
}

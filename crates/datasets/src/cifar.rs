//! The binary format of CIFAR-10 and CIFAR-100: records of one or two label bytes and 3072 bytes of
//! planar RGB.

mod names;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde::{Deserialize, Serialize};

use crate::{Class, DataError, Family, Images, Shape, sources, splits};

/// The labels of CIFAR-100 to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CifarLabels {
    /// The 100 classes.
    #[default]
    Fine,
    /// The 20 superclasses.
    Coarse,
}

/// A data set in this format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cifar {
    /// CIFAR-10.
    Ten,
    /// CIFAR-100 with these labels.
    Hundred(CifarLabels),
}

/// A data set that was read from this format.
#[derive(Debug)]
pub struct CifarData {
    /// The classes, in the order of the labels.
    pub classes: Vec<Class>,
    /// The images to train on.
    pub train: Images,
    /// The images to test on.
    pub test: Images,
    /// Warnings about files that are not the published ones.
    pub warnings: Vec<String>,
}

const SHAPE: Shape = Shape { channels: 3, height: 32, width: 32 };
const PIXELS: usize = 3 * 32 * 32;

impl Cifar {
    /// The folder its archive unpacks to.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Ten => "cifar-10-batches-bin",
            Self::Hundred(_) => "cifar-100-binary",
        }
    }

    /// The name of its archive.
    #[must_use]
    pub fn archive(self) -> &'static str {
        match self {
            Self::Ten => "cifar-10-binary.tar.gz",
            Self::Hundred(_) => "cifar-100-binary.tar.gz",
        }
    }

    /// The folder or the archive in `data_dir`, if one exists.
    #[must_use]
    pub fn find(self, data_dir: &Path) -> Option<PathBuf> {
        let folder = Some(data_dir.join(self.folder())).filter(|path| path.is_dir());
        folder.or_else(|| Some(data_dir.join(self.archive())).filter(|path| path.is_file()))
    }

    /// Reads the folder or the archive at `path`.
    ///
    /// # Errors
    /// [`DataError::Io`] or [`DataError::Malformed`] naming the file that is missing, truncated, or
    /// has a label out of range.
    pub fn read(self, path: &Path) -> Result<CifarData, DataError> {
        let mut warnings = Vec::new();
        let mut files =
            if path.is_dir() { FileSource::Folder(path) } else { FileSource::unpack(self, path)? };
        let train = self.read_part(&mut files, self.train_files(), &mut warnings)?;
        let test = self.read_part(&mut files, self.test_files(), &mut warnings)?;
        Ok(CifarData { classes: self.classes(&mut files)?, train, test, warnings })
    }

    fn train_files(self) -> &'static [&'static str] {
        match self {
            Self::Ten => &[
                "data_batch_1.bin",
                "data_batch_2.bin",
                "data_batch_3.bin",
                "data_batch_4.bin",
                "data_batch_5.bin",
            ],
            Self::Hundred(_) => &["train.bin"],
        }
    }

    fn test_files(self) -> &'static [&'static str] {
        match self {
            Self::Ten => &["test_batch.bin"],
            Self::Hundred(_) => &["test.bin"],
        }
    }

    fn names_file(self) -> &'static str {
        match self {
            Self::Ten => "batches.meta.txt",
            Self::Hundred(CifarLabels::Fine) => "fine_label_names.txt",
            Self::Hundred(CifarLabels::Coarse) => "coarse_label_names.txt",
        }
    }

    fn official_names(self) -> &'static [&'static str] {
        match self {
            Self::Ten => &names::TEN,
            Self::Hundred(CifarLabels::Fine) => &names::FINE,
            Self::Hundred(CifarLabels::Coarse) => &names::COARSE,
        }
    }

    /// Number of label bytes before the pixels, and the index of the one to use.
    fn label_bytes(self) -> (usize, usize) {
        match self {
            Self::Ten => (1, 0),
            Self::Hundred(CifarLabels::Coarse) => (2, 0),
            Self::Hundred(CifarLabels::Fine) => (2, 1),
        }
    }

    fn read_part(
        self,
        files: &mut FileSource,
        names: &[&str],
        warnings: &mut Vec<String>,
    ) -> Result<Images, DataError> {
        let mut bytes = Vec::new();
        let record = self.label_bytes().0 + PIXELS;
        for name in names {
            let before = bytes.len();
            files.append(name, &mut bytes)?;
            let length = bytes.len() - before;
            if length == 0 || length % record != 0 {
                let reason = format!("{length} bytes are not whole records of {record} bytes");
                return Err(DataError::malformed(files.path(name), reason));
            }
            let published_path = format!("{}/{name}", self.folder());
            warnings.extend(sources::unofficial_bytes(&published_path, &bytes[before..]));
        }
        let (pixels, labels) = self
            .split_records(bytes)
            .map_err(|reason| DataError::malformed(files.path(names[0]), reason))?;
        Ok(Images::new(SHAPE, pixels, labels))
    }

    /// Separates labels and pixels in place, without a second buffer.
    fn split_records(self, mut bytes: Vec<u8>) -> Result<(Vec<u8>, Vec<u16>), String> {
        let (before, place) = self.label_bytes();
        let record = before + PIXELS;
        let count = bytes.len() / record;
        let classes = self.official_names().len();
        let mut labels = Vec::with_capacity(count);
        for index in 0..count {
            let start = index * record;
            let label = bytes[start + place];
            if usize::from(label) >= classes {
                return Err(format!("label {label} of image {index}: 0 to {}", classes - 1));
            }
            labels.push(u16::from(label));
            bytes.copy_within(start + before..start + record, index * PIXELS);
        }
        bytes.truncate(count * PIXELS);
        Ok((bytes, labels))
    }

    fn classes(self, files: &mut FileSource) -> Result<Vec<Class>, DataError> {
        let official = self.official_names();
        let mut text = Vec::new();
        let exists = files.append_if_present(self.names_file(), &mut text)?;
        let text = String::from_utf8_lossy(&text);
        let names: Vec<&str> =
            if exists { text.split_whitespace().collect() } else { official.to_vec() };
        if names.len() != official.len() {
            let reason = format!("{} names for {} classes", names.len(), official.len());
            return Err(DataError::malformed(files.path(self.names_file()), reason));
        }
        let class = |name: &str| Class { name: name.to_owned(), family: self.family(name) };
        Ok(names.into_iter().map(class).collect())
    }

    fn family(self, name: &str) -> Option<Family> {
        let split = match self {
            Self::Ten => "cifar10-semantic",
            Self::Hundred(CifarLabels::Fine) => "cifar100-semantic",
            Self::Hundred(CifarLabels::Coarse) => "cifar100-coarse-semantic",
        };
        splits::family(split, name)
    }
}

/// Source of the files: a folder, or an archive unpacked into memory.
enum FileSource<'a> {
    Folder(&'a Path),
    Unpacked { archive: &'a Path, files: Vec<(String, Vec<u8>)> },
}

impl<'a> FileSource<'a> {
    fn unpack(cifar: Cifar, archive: &'a Path) -> Result<Self, DataError> {
        let file = File::open(archive).map_err(DataError::io(archive))?;
        let broken = |error: std::io::Error| DataError::malformed(archive, error.to_string());
        let mut tar = tar::Archive::new(GzDecoder::new(BufReader::with_capacity(1 << 16, file)));
        let mut files = Vec::new();
        for entry in tar.entries().map_err(broken)? {
            let mut entry = entry.map_err(broken)?;
            let path = entry.path().map_err(broken)?.into_owned();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let needed = [cifar.train_files(), cifar.test_files(), &[cifar.names_file()]].concat();
            if needed.contains(&name) {
                // The size in the header may be wrong: do not allocate more than 1 GiB in advance.
                let size = usize::try_from(entry.size()).unwrap_or(usize::MAX);
                let mut bytes = Vec::with_capacity(size.min(1 << 30));
                entry.read_to_end(&mut bytes).map_err(broken)?;
                files.push((name.to_owned(), bytes));
            }
        }
        Ok(Self::Unpacked { archive, files })
    }

    fn path(&self, name: &str) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join(name),
            Self::Unpacked { archive, .. } => archive.join(name),
        }
    }

    /// Appends the bytes of a file to `bytes`.
    fn append(&mut self, name: &str, bytes: &mut Vec<u8>) -> Result<(), DataError> {
        let path = self.path(name);
        match self {
            Self::Folder(_) => {
                let mut file = File::open(&path).map_err(DataError::io(&path))?;
                file.read_to_end(bytes).map(drop).map_err(DataError::io(&path))
            }
            Self::Unpacked { archive, files } => {
                let at = files.iter().position(|(file, _)| file == name).ok_or_else(|| {
                    DataError::malformed(*archive, format!("the archive holds no {name}"))
                })?;
                let exists = files.swap_remove(at).1;
                if bytes.is_empty() {
                    *bytes = exists;
                } else {
                    bytes.extend_from_slice(&exists);
                }
                Ok(())
            }
        }
    }

    fn append_if_present(&mut self, name: &str, bytes: &mut Vec<u8>) -> Result<bool, DataError> {
        let there = match self {
            Self::Folder(folder) => folder.join(name).is_file(),
            Self::Unpacked { files, .. } => files.iter().any(|(file, _)| file == name),
        };
        if there {
            self.append(name, bytes)?;
        }
        Ok(there)
    }
}

#[cfg(test)]
mod tests;

//! The binary format of CIFAR-10 and CIFAR-100: records of one or two label bytes and 3072 bytes of
//! planar RGB.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde::{Deserialize, Serialize};

use crate::unfingerprinted_data::UnfingerprintedData;
use crate::{Class, DataError, Images, Shape, SplitLists, sources};

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
pub struct Cifar {
    /// The folder its archive unpacks to.
    pub folder: &'static str,
    /// The name of its archive.
    pub archive: &'static str,
    train_files: &'static [&'static str],
    test_file: &'static str,
    /// The file of class names, if they are not the published ones.
    names_file: &'static str,
    /// Number of label bytes before the pixels.
    label_bytes: usize,
    /// The index of the label byte to use.
    label_index: usize,
    /// The built-in class list with the names, which labels number in alphabetical order.
    split: &'static str,
}

/// CIFAR-10.
pub const CIFAR10: Cifar = Cifar {
    folder: "cifar-10-batches-bin",
    archive: "cifar-10-binary.tar.gz",
    train_files: &[
        "data_batch_1.bin",
        "data_batch_2.bin",
        "data_batch_3.bin",
        "data_batch_4.bin",
        "data_batch_5.bin",
    ],
    test_file: "test_batch.bin",
    names_file: "batches.meta.txt",
    label_bytes: 1,
    label_index: 0,
    split: "cifar10-semantic",
};

/// CIFAR-100 with its 100 classes.
pub const CIFAR100: Cifar = Cifar {
    folder: "cifar-100-binary",
    archive: "cifar-100-binary.tar.gz",
    train_files: &["train.bin"],
    test_file: "test.bin",
    names_file: "fine_label_names.txt",
    label_bytes: 2,
    label_index: 1,
    split: "cifar100-semantic",
};

/// CIFAR-100 with its 20 superclasses.
pub const CIFAR100_COARSE: Cifar = Cifar {
    names_file: "coarse_label_names.txt",
    label_index: 0,
    split: "cifar100-coarse-semantic",
    ..CIFAR100
};

const SHAPE: Shape = Shape { channels: 3, height: 32, width: 32 };
const PIXELS: usize = 3 * 32 * 32;

impl Cifar {
    /// The folder or the archive in `data_dir`, if one exists.
    pub fn find(&self, data_dir: &Path) -> Option<PathBuf> {
        let folder = Some(data_dir.join(self.folder)).filter(|path| path.is_dir());
        folder.or_else(|| Some(data_dir.join(self.archive)).filter(|path| path.is_file()))
    }

    /// Reads the folder or the archive at `path`.
    ///
    /// # Errors
    /// [`DataError::Io`] or [`DataError::Malformed`] naming the file that is missing, truncated, or
    /// has a label out of range.
    pub fn read(&self, path: &Path) -> Result<UnfingerprintedData, DataError> {
        let mut files = FileSource::open(path)?;
        let mut warnings = Vec::new();
        let lists = SplitLists::built_in(self.split)?;
        let published = lists.names();
        let classes = published.len();
        let train = self.read_part(&mut files, self.train_files, classes, &mut warnings)?;
        let test = self.read_part(&mut files, &[self.test_file], classes, &mut warnings)?;
        let names = if files.exists(self.names_file) {
            String::from_utf8_lossy(&files.read(self.names_file)?).into_owned()
        } else {
            published.join("\n")
        };
        let class = |name: &str| Class { name: name.to_owned(), family: lists.family(name) };
        let given: Vec<Class> = names.split_whitespace().map(class).collect();
        if given.len() != classes {
            let reason = format!("{} names for {classes} classes", given.len());
            return Err(DataError::malformed(files.path(self.names_file), reason));
        }
        Ok(UnfingerprintedData { classes: given, train, test, warnings })
    }

    fn read_part(
        &self,
        files: &mut FileSource,
        names: &[&str],
        classes: usize,
        warnings: &mut Vec<String>,
    ) -> Result<Images, DataError> {
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        let record = self.label_bytes + PIXELS;
        for name in names {
            let bytes = files.read(name)?;
            let length = bytes.len();
            if length == 0 || length % record != 0 {
                let reason = format!("{length} bytes are not whole records of {record} bytes");
                return Err(DataError::malformed(files.path(name), reason));
            }
            warnings.extend(sources::unofficial_bytes(&format!("{}/{name}", self.folder), &bytes));
            let expected = names.len() * (length / record) * PIXELS;
            pixels.reserve_exact(expected.saturating_sub(pixels.len()));
            for record in bytes.chunks_exact(record) {
                labels.push(u16::from(record[self.label_index]));
                pixels.extend(&record[self.label_bytes..]);
            }
        }
        if let Some(index) = labels.iter().position(|&label| usize::from(label) >= classes) {
            let reason = format!("label {} of image {index}: 0 to {}", labels[index], classes - 1);
            return Err(DataError::malformed(files.path(names[0]), reason));
        }
        Ok(Images::new(SHAPE, pixels, labels))
    }
}

/// Source of the files: a folder, or an archive that was unpacked into memory.
struct FileSource<'a> {
    path: &'a Path,
    /// None for a folder.
    unpacked: Option<HashMap<String, Vec<u8>>>,
}

impl<'a> FileSource<'a> {
    fn open(path: &'a Path) -> Result<Self, DataError> {
        let unpacked = if path.is_dir() { None } else { Some(unpack(path)?) };
        Ok(Self { path, unpacked })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn exists(&self, name: &str) -> bool {
        let is_file = || self.path(name).is_file();
        self.unpacked.as_ref().map_or_else(is_file, |files| files.contains_key(name))
    }

    /// Reads a file. A file of an archive can be read once.
    fn read(&mut self, name: &str) -> Result<Vec<u8>, DataError> {
        let path = self.path(name);
        let Some(files) = &mut self.unpacked else {
            return fs::read(&path).map_err(DataError::io(path));
        };
        let missing = || DataError::malformed(self.path, format!("the archive holds no {name}"));
        files.remove(name).ok_or_else(missing)
    }
}

/// The files of a `.tar.gz` by their names, without folders.
fn unpack(path: &Path) -> Result<HashMap<String, Vec<u8>>, DataError> {
    let file = File::open(path).map_err(DataError::io(path))?;
    let broken = |error: std::io::Error| DataError::malformed(path, error.to_string());
    let mut tar = tar::Archive::new(GzDecoder::new(BufReader::with_capacity(1 << 16, file)));
    let mut files = HashMap::new();
    for entry in tar.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.into_owned();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // The size in the header may be wrong: do not allocate more than 1 GiB in advance.
        let size = usize::try_from(entry.size()).unwrap_or(usize::MAX);
        let mut bytes = Vec::with_capacity(size.min(1 << 30));
        entry.read_to_end(&mut bytes).map_err(broken)?;
        files.entry(name).or_insert(bytes);
    }
    Ok(files)
}

#[cfg(test)]
mod tests;

//! Opening a data set by name or path.

use std::path::{Path, PathBuf};

use crate::cifar::{CIFAR10, CIFAR100, CIFAR100_COARSE, Cifar, CifarLabels};
use crate::folder::{Folder, open_on_disk};
use crate::paths::{data_dir, not_downloaded};
use crate::unfingerprinted_data::UnfingerprintedData;
use crate::{Class, DataError, DataSet, Family, ReadProgress, forms, idx, sources, speech};

/// The names that [`open`] accepts. Anything else must be the path of a folder.
pub const NAMES: [&str; 7] =
    ["forms", "mnist", "fashion-mnist", "cifar10", "cifar100", "cifar100-coarse", "fsdd"];

/// Options for opening a data set.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Folder of downloaded data sets; with `None`, see [`data_dir`].
    pub data_dir: Option<PathBuf>,
    /// Side of the square that images are resized to, by area averaging. With `None`, images keep
    /// their size; in a folder with images of different sizes they are resized to 256 x 256.
    pub image_size: Option<u32>,
    /// The labels of `cifar100`.
    pub labels: CifarLabels,
    /// Selects the test images of a folder that has none: a fifth of each class.
    pub seed: u64,
    /// Names of the classes to use, at least two; empty for all. Their order has no effect.
    pub classes: Vec<String>,
    /// Maximum number of bytes of a folder's decoded images in memory. A larger folder stays on
    /// disk. Pixels and fingerprint are the same either way.
    pub memory_budget: u64,
    /// Cache folder, see [`cache_dir`](crate::cache_dir); with `None`, nothing is cached.
    pub cache: Option<PathBuf>,
    /// Called every few seconds while a folder on disk is read for the first time.
    pub progress: Option<fn(ReadProgress<'_>)>,
    /// Settings of `forms`.
    pub forms: forms::Settings,
    /// States per digit of `fsdd`, from 1 to 100.
    pub speech_states: u16,
}

impl Default for OpenOptions {
    /// `forms` with 16 x 16 pixels, 200 training and 50 test images per class; a memory budget of 8
    /// GiB.
    fn default() -> Self {
        Self {
            data_dir: None,
            image_size: None,
            labels: CifarLabels::Fine,
            seed: 0,
            classes: Vec::new(),
            memory_budget: 8 << 30,
            cache: None,
            progress: None,
            forms: forms::Settings { train_per_class: 200, test_per_class: 50, size: 16, seed: 0 },
            speech_states: 3,
        }
    }
}

/// Opens a data set by its name (one of [`NAMES`]) or an image folder by its path. A folder that
/// exceeds the memory budget stays on disk.
///
/// # Errors
/// [`DataError::Unknown`] for an unknown name, or a data set that is not on this machine, with
/// instructions to get it; [`DataError::Malformed`] or [`DataError::Io`] naming the file;
/// [`DataError::Settings`] for an image size of zero, or classes that the data set does not have.
pub fn open(name_or_dir: &str, options: &OpenOptions) -> Result<DataSet, DataError> {
    if options.image_size == Some(0) {
        return Err(DataError::Settings("image_size is 0; it must be at least 1 pixel".into()));
    }
    let data_dir = data_dir(options.data_dir.as_deref());
    let parts = match (name_or_dir, options.labels) {
        ("forms", _) => forms::open(&options.forms, options.cache.as_deref())?,
        ("mnist" | "fashion-mnist", _) => mnist(name_or_dir, &data_dir)?,
        ("cifar10", _) => cifar(name_or_dir, &CIFAR10, &data_dir)?,
        ("cifar100", CifarLabels::Fine) => cifar(name_or_dir, &CIFAR100, &data_dir)?,
        ("cifar100" | "cifar100-coarse", _) => cifar(name_or_dir, &CIFAR100_COARSE, &data_dir)?,
        ("fsdd", _) => return speech_data(&data_dir, options),
        (path, _) if Path::new(path).is_dir() => return folder(path, options),
        (other, _) => {
            return Err(DataError::Unknown(format!(
                "'{other}' is neither a folder nor one of {}; see `cargo xtask datasets list`",
                NAMES.join(", ")
            )));
        }
    };
    Ok(parts.select(&options.classes, name_or_dir)?.finish(name_or_dir, options.image_size))
}

/// Opens a folder and names it after its content, not its path.
fn folder(path: &str, options: &OpenOptions) -> Result<DataSet, DataError> {
    let dir = Path::new(path);
    let folder = Folder::scan(dir, options.image_size, options.seed, &options.classes)?;
    let data = if folder.bytes() <= options.memory_budget {
        let (train, test) = (folder.train.load()?, folder.test.load()?);
        let Folder { classes, warnings, .. } = folder;
        UnfingerprintedData { classes, train, test, warnings }.finish(path, options.image_size)
    } else {
        open_on_disk(folder, dir, options)?
    };
    let name = format!("folder-{}", &data.fingerprint[..NAME_DIGITS]);
    Ok(DataSet { name, ..data })
}

/// Digits of the fingerprint in the name of a folder.
const NAME_DIGITS: usize = 8;

fn speech_data(data_dir: &Path, options: &OpenOptions) -> Result<DataSet, DataError> {
    if let Some(side) = options.image_size {
        return Err(DataError::Settings(format!(
            "image_size is {side}, but windows of fsdd cannot be resized; leave it out, or set it to 0 in a profile"
        )));
    }
    if !options.classes.is_empty() {
        return Err(DataError::Settings(
            "data.classes must be [] for fsdd, which is used with all its digits".into(),
        ));
    }
    speech::speech_data_set(&speech::read_recordings(data_dir)?, options.speech_states, None)
}

const FASHION: [&str; 10] = [
    "t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot",
];

fn mnist(name: &str, data_dir: &Path) -> Result<UnfingerprintedData, DataError> {
    let dir = data_dir.join(name);
    if !dir.is_dir() {
        return Err(not_downloaded(name, data_dir, &format!("{name}/train-images-idx3-ubyte.gz")));
    }
    let train = idx::read_part(&dir, "train", 10)?;
    let test = idx::read_part(&dir, "t10k", 10)?;
    if train.shape() != test.shape() {
        let (train, test) = (train.shape(), test.shape());
        let reason = format!("training images are {train}, but test images are {test}");
        return Err(DataError::malformed(dir, reason));
    }
    let warnings = idx_warnings(name, &dir)?;
    let classes = (0..10).map(|digit: usize| match name {
        "mnist" => Class { name: digit.to_string(), family: None },
        _ => Class { name: FASHION[digit].into(), family: Some(Family::ManMade) },
    });
    Ok(UnfingerprintedData { classes: classes.collect(), train, test, warnings })
}

/// Warnings about files that are not the published ones.
fn idx_warnings(name: &str, dir: &Path) -> Result<Vec<String>, DataError> {
    let mut warnings = Vec::new();
    for file in ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"] {
        let path = idx::find(dir, &format!("{file}-ubyte"))?;
        let compressed = path.extension().is_some_and(|ending| ending == "gz");
        let published_path = format!("{name}/{file}-ubyte{}", if compressed { ".gz" } else { "" });
        warnings.extend(sources::unofficial_file(&published_path, &path)?);
    }
    Ok(warnings)
}

fn cifar(name: &str, cifar: &Cifar, data_dir: &Path) -> Result<UnfingerprintedData, DataError> {
    let path = cifar.find(data_dir).ok_or_else(|| {
        not_downloaded(name, data_dir, &format!("{}/ or {}", cifar.folder, cifar.archive))
    })?;
    cifar.read(&path)
}

#[cfg(test)]
mod tests;

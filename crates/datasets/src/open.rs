//! Opening a data set by name or path.

use std::path::{Path, PathBuf};

use crate::cifar::{Cifar, CifarLabels};
use crate::folder::{OnDiskData, open_on_disk};
use crate::paths::{data_dir, not_downloaded};
use crate::unfingerprinted_data::{UnfingerprintedData, missing_images_warnings};
use crate::{
    Class, DataError, DataSet, Family, Folder, Images, ReadProgress, forms, idx, sources, speech,
};

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
    /// Maximum number of bytes of a folder's decoded images in memory. A larger folder stays on
    /// disk. Pixels and fingerprint are the same either way.
    pub memory_budget: u64,
    /// Cache folder, see [`cache_dir`](crate::cache_dir); with `None`, nothing is cached.
    pub cache: Option<PathBuf>,
    /// Called every few seconds while a folder on disk is read for the first time.
    pub progress: Option<fn(ReadProgress<'_>)>,
    /// Settings of `forms`.
    pub forms: forms::Settings,
    /// Settings of `fsdd`.
    pub speech: speech::SpeechSettings,
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
            memory_budget: 8 << 30,
            cache: None,
            progress: None,
            forms: forms::Settings { train_per_class: 200, test_per_class: 50, size: 16, seed: 0 },
            speech: speech::SpeechSettings::default(),
        }
    }
}

/// Opens a data set by its name (one of [`NAMES`]) or an image folder by its path. A folder that
/// exceeds the memory budget stays on disk.
///
/// # Errors
/// [`DataError::Unknown`] for an unknown name, or a data set that is not on this machine, with
/// instructions to get it; [`DataError::Malformed`] or [`DataError::Io`] naming the file;
/// [`DataError::Settings`] for an image size of zero.
pub fn open(name_or_dir: &str, options: &OpenOptions) -> Result<DataSet, DataError> {
    if options.image_size == Some(0) {
        return Err(DataError::Settings("image_size is 0; it must be at least 1 pixel".into()));
    }
    let data_dir = data_dir(options.data_dir.as_deref());
    let parts = match name_or_dir {
        "forms" => forms(options)?,
        "mnist" | "fashion-mnist" => mnist(name_or_dir, &data_dir)?,
        "cifar10" => cifar(name_or_dir, Cifar::Ten, &data_dir)?,
        "cifar100" => cifar(name_or_dir, Cifar::Hundred(options.labels), &data_dir)?,
        "cifar100-coarse" => cifar(name_or_dir, Cifar::Hundred(CifarLabels::Coarse), &data_dir)?,
        "fsdd" => return speech_data(&data_dir, options),
        path if Path::new(path).is_dir() => return folder(path, options),
        other => return Err(unknown_name(other)),
    };
    Ok(parts.finish(name_or_dir, options.image_size))
}

fn folder(name: &str, options: &OpenOptions) -> Result<DataSet, DataError> {
    let dir = Path::new(name);
    let folder = Folder::scan(dir, options.image_size, options.seed)?;
    if folder.bytes() <= options.memory_budget {
        let (train, test) = (folder.train.load()?, folder.test.load()?);
        let parts = UnfingerprintedData::from_images(folder.classes, train, test, folder.warnings);
        return Ok(name_by_content(parts.finish(name, options.image_size)));
    }
    let OnDiskData { train, test, fingerprint, warnings } = open_on_disk(&folder, dir, options)?;
    let absent_classes = missing_images_warnings(&folder.classes, [train.labels(), test.labels()]);
    Ok(name_by_content(DataSet {
        name: name.to_owned(),
        opened_as: name.to_owned(),
        classes: folder.classes,
        train,
        test,
        fingerprint,
        warnings: [folder.warnings, warnings, absent_classes].concat(),
        utterances: None,
    }))
}

/// Digits of the fingerprint in the name of a folder.
const DIGITS: usize = 8;

/// Names a folder after its content, not its path.
fn name_by_content(folder: DataSet) -> DataSet {
    let name = format!("folder-{}", &folder.fingerprint[..DIGITS]);
    DataSet { name, ..folder }
}

fn forms(options: &OpenOptions) -> Result<UnfingerprintedData, DataError> {
    let cache = options.cache.as_deref();
    let (train, test, warning) = forms::generate_or_read(&options.forms, cache)?;
    Ok(UnfingerprintedData::from_images(
        forms::classes(),
        train,
        test,
        warning.into_iter().collect(),
    ))
}

fn speech_data(data_dir: &Path, options: &OpenOptions) -> Result<DataSet, DataError> {
    if let Some(side) = options.image_size {
        return Err(DataError::Settings(format!(
            "image_size is {side}, but windows of fsdd cannot be resized; leave it out, or set it to 0 in a profile"
        )));
    }
    speech::Recordings::open(data_dir)?.data_set(&options.speech)
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
    check_same_shape(&dir, &train, &test)?;
    let warnings = idx_warnings(name, &dir)?;
    let classes = (0..10).map(|digit: usize| match name {
        "mnist" => Class { name: digit.to_string(), family: None },
        _ => Class { name: FASHION[digit].into(), family: Some(Family::ManMade) },
    });
    Ok(UnfingerprintedData::from_images(classes.collect(), train, test, warnings))
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

fn cifar(name: &str, cifar: Cifar, data_dir: &Path) -> Result<UnfingerprintedData, DataError> {
    let path = cifar.find(data_dir).ok_or_else(|| {
        not_downloaded(name, data_dir, &format!("{}/ or {}", cifar.folder(), cifar.archive()))
    })?;
    let data = cifar.read(&path)?;
    Ok(UnfingerprintedData::from_images(data.classes, data.train, data.test, data.warnings))
}

fn check_same_shape(dir: &Path, train: &Images, test: &Images) -> Result<(), DataError> {
    if train.shape() == test.shape() {
        return Ok(());
    }
    let reason =
        format!("training images are {}, but test images are {}", train.shape(), test.shape());
    Err(DataError::malformed(dir, reason))
}

fn unknown_name(given: &str) -> DataError {
    DataError::Unknown(format!(
        "'{given}' is neither a folder nor one of {}; see `cargo xtask datasets list`",
        NAMES.join(", ")
    ))
}

#[cfg(test)]
mod tests;

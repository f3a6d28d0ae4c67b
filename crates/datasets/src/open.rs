//! One way to open every data set.

use std::path::{Path, PathBuf};

use crate::cifar::{Cifar, Labels};
use crate::fingerprint::Fingerprint;
use crate::folder::{OnDisk, leave_on_disk};
use crate::images::{few, lacking};
use crate::{
    Class, DataError, DataSet, Family, Folder, Images, Reading, forms, idx, resize, sources, speech,
};

/// The names [`open`] knows; anything else has to be a folder.
pub const NAMES: [&str; 7] =
    ["forms", "mnist", "fashion-mnist", "cifar10", "cifar100", "cifar100-coarse", "fsdd"];

/// What to know about a data set besides its name.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Where downloaded data sets are; where `None`, see [`data_dir`].
    pub data_dir: Option<PathBuf>,
    /// Side in pixels that every image is brought to, by averaging areas; `None` leaves the images
    /// as they are, or as large as a folder's images all are, or 256 where these differ.
    pub image_size: Option<u32>,
    /// The labels of `cifar100`.
    pub labels: Labels,
    /// Decides which fifth of a folder's images is for testing, where the folder does not.
    pub seed: u64,
    /// Most bytes that a folder's decoded images may take in memory; those of a larger folder stay on
    /// disk. The pixels are the same either way, and so is the fingerprint.
    pub memory_budget: u64,
    /// Where what takes time to find out is kept, see [`cache_dir`](crate::cache_dir); where `None`,
    /// nowhere.
    pub cache: Option<PathBuf>,
    /// Told every few seconds how far the one reading of a folder is whose images stay on disk.
    pub progress: Option<fn(Reading<'_>)>,
    /// How `forms` is drawn.
    pub forms: forms::Settings,
    /// How `fsdd` becomes labeled windows.
    pub speech: speech::SpeechSettings,
}

impl Default for OpenOptions {
    /// `forms` of 16 x 16 pixels with 200 images a class to train on and 50 to test on; 8 GiB.
    fn default() -> Self {
        Self {
            data_dir: None,
            image_size: None,
            labels: Labels::Fine,
            seed: 0,
            memory_budget: 8 << 30,
            cache: None,
            progress: None,
            forms: forms::Settings { train_per_class: 200, test_per_class: 50, size: 16, seed: 0 },
            speech: speech::SpeechSettings::default(),
        }
    }
}

/// The folder of downloaded data sets: `given`, else the environment variable `ASSAY_DATA`, else
/// `datasets/cache`.
#[must_use]
pub fn data_dir(given: Option<&Path>) -> PathBuf {
    let from_environment = || std::env::var_os("ASSAY_DATA").filter(|value| !value.is_empty());
    match given {
        Some(path) => path.to_owned(),
        None => from_environment().map_or_else(|| "datasets/cache".into(), PathBuf::from),
    }
}

/// Opens a data set by its name (one of [`NAMES`]) or a folder of images by its path, into memory
/// where it is not larger than the budget.
///
/// # Errors
/// [`DataError::Unknown`] for a name that is none and no folder either, or a data set that is not on
/// this machine, saying how to get it; [`DataError::Malformed`] or [`DataError::Io`] naming the file
/// that is wrong; [`DataError::Settings`] for an image size of zero.
pub fn open(name_or_dir: &str, options: &OpenOptions) -> Result<DataSet, DataError> {
    if options.image_size == Some(0) {
        return Err(DataError::Settings("image_size = 0: at least 1 pixel".into()));
    }
    let data_dir = data_dir(options.data_dir.as_deref());
    let parts = match name_or_dir {
        "forms" => forms(options)?,
        "mnist" | "fashion-mnist" => mnist(name_or_dir, &data_dir)?,
        "cifar10" => cifar(name_or_dir, Cifar::Ten, &data_dir)?,
        "cifar100" => cifar(name_or_dir, Cifar::Hundred(options.labels), &data_dir)?,
        "cifar100-coarse" => cifar(name_or_dir, Cifar::Hundred(Labels::Coarse), &data_dir)?,
        "fsdd" => return spoken(&data_dir, options),
        path if Path::new(path).is_dir() => return folder(path, options),
        other => return Err(unknown(other)),
    };
    Ok(parts.finish(name_or_dir, options.image_size))
}

fn folder(name: &str, options: &OpenOptions) -> Result<DataSet, DataError> {
    let dir = Path::new(name);
    let folder = Folder::scan(dir, options.image_size, options.seed)?;
    if folder.bytes() <= options.memory_budget {
        let (train, test) = (folder.train.load()?, folder.test.load()?);
        let parts = Parts::of_images(folder.classes, train, test, folder.warnings);
        return Ok(wherever_it_lies(parts.finish(name, options.image_size)));
    }
    let OnDisk { train, test, fingerprint, warnings } = leave_on_disk(&folder, dir, options)?;
    let lacking = without_images(&folder.classes, [train.labels(), test.labels()]);
    Ok(wherever_it_lies(DataSet {
        name: name.to_owned(),
        opened_as: name.to_owned(),
        classes: folder.classes,
        train,
        test,
        fingerprint,
        warnings: [folder.warnings, warnings, lacking].concat(),
        utterances: None,
    }))
}

/// Digits of a folder's fingerprint that are in its name.
const DIGITS: usize = 8;

/// A folder is called by its images, not by its path.
fn wherever_it_lies(folder: DataSet) -> DataSet {
    let name = format!("folder-{}", &folder.fingerprint[..DIGITS]);
    DataSet { name, ..folder }
}

/// A data set in memory, before it has a fingerprint.
pub(crate) struct Parts {
    pub classes: Vec<Class>,
    pub train: Images,
    pub test: Images,
    pub warnings: Vec<String>,
    pub utterances: Option<speech::Utterances>,
}

impl Parts {
    fn of_images(classes: Vec<Class>, train: Images, test: Images, warnings: Vec<String>) -> Self {
        Self { classes, train, test, warnings, utterances: None }
    }

    pub fn finish(self, name: &str, image_size: Option<u32>) -> DataSet {
        let sized = |images| match image_size {
            Some(side) => resize::squared(images, side as usize),
            None => images,
        };
        let (train, test) = (sized(self.train), sized(self.test));
        let lacking = without_images(&self.classes, [train.labels(), test.labels()]);
        DataSet {
            name: name.to_owned(),
            opened_as: name.to_owned(),
            classes: self.classes,
            fingerprint: Fingerprint::of(&train, &test),
            train: train.into(),
            test: test.into(),
            warnings: [self.warnings, lacking].concat(),
            utterances: self.utterances,
        }
    }
}

/// Names the classes of which there is no image to train on, and those with none to test on.
fn without_images(classes: &[Class], labels: [&[u16]; 2]) -> Vec<String> {
    let part = |(labels, part): (&[u16], &str)| {
        let lacking = lacking(classes, labels);
        (!lacking.is_empty()).then(|| {
            let (count, all) = (lacking.len(), classes.len());
            format!("{count} of {all} classes without an image to {part} on: {}", few(&lacking))
        })
    };
    labels.into_iter().zip(["train", "test"]).filter_map(part).collect()
}

fn forms(options: &OpenOptions) -> Result<Parts, DataError> {
    let cache = options.cache.as_deref();
    let (train, test, warning) = forms::generate_or_read(&options.forms, cache)?;
    Ok(Parts::of_images(forms::classes(), train, test, warning.into_iter().collect()))
}

fn spoken(data_dir: &Path, options: &OpenOptions) -> Result<DataSet, DataError> {
    if let Some(side) = options.image_size {
        return Err(DataError::Settings(format!(
            "image_size = {side}: fsdd has windows of speech, of one size; leave it out, or 0 in a profile"
        )));
    }
    speech::Recordings::open(data_dir)?.data_set(&options.speech)
}

const FASHION: [&str; 10] = [
    "t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot",
];

fn mnist(name: &str, data_dir: &Path) -> Result<Parts, DataError> {
    let dir = data_dir.join(name);
    if !dir.is_dir() {
        return Err(missing(name, data_dir, &format!("{name}/train-images-idx3-ubyte.gz")));
    }
    let train = idx::read_part(&dir, "train", 10)?;
    let test = idx::read_part(&dir, "t10k", 10)?;
    same_shape(&dir, &train, &test)?;
    let warnings = idx_warnings(name, &dir)?;
    let classes = (0..10).map(|digit: usize| match name {
        "mnist" => Class { name: digit.to_string(), family: None },
        _ => Class { name: FASHION[digit].into(), family: Some(Family::ManMade) },
    });
    Ok(Parts::of_images(classes.collect(), train, test, warnings))
}

/// Names those of the four files that are not the published ones.
fn idx_warnings(name: &str, dir: &Path) -> Result<Vec<String>, DataError> {
    let mut warnings = Vec::new();
    for file in ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"] {
        let path = idx::find(dir, &format!("{file}-ubyte"))?;
        let packed = path.extension().is_some_and(|ending| ending == "gz");
        let known_as = format!("{name}/{file}-ubyte{}", if packed { ".gz" } else { "" });
        warnings.extend(sources::unofficial_file(&known_as, &path)?);
    }
    Ok(warnings)
}

fn cifar(name: &str, cifar: Cifar, data_dir: &Path) -> Result<Parts, DataError> {
    let path = cifar.find(data_dir).ok_or_else(|| {
        missing(name, data_dir, &format!("{}/ or {}", cifar.folder(), cifar.archive()))
    })?;
    let found = cifar.read(&path)?;
    Ok(Parts::of_images(found.classes, found.train, found.test, found.warnings))
}

fn same_shape(dir: &Path, train: &Images, test: &Images) -> Result<(), DataError> {
    if train.shape() == test.shape() {
        return Ok(());
    }
    let reason = format!("training images of {}, test images of {}", train.shape(), test.shape());
    Err(DataError::malformed(dir, reason))
}

pub(crate) fn missing(name: &str, data_dir: &Path, what: &str) -> DataError {
    DataError::Unknown(format!(
        "{name} is not in {}, which would hold {what}: get it with `cargo xtask datasets fetch \
         {}`, or say where it is with --data-dir or ASSAY_DATA",
        data_dir.display(),
        name.trim_end_matches("-coarse"),
    ))
}

fn unknown(given: &str) -> DataError {
    DataError::Unknown(format!(
        "'{given}' is neither a folder nor one of {}; `cargo xtask datasets list` says more",
        NAMES.join(", ")
    ))
}

#[cfg(test)]
mod tests;

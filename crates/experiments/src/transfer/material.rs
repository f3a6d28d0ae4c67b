//! The data of a run on a device: opened once, shared by every cell a worker trains.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result, ensure};
use assay_datasets::{
    DataSet, Halves, Images, Normalisation, Shape, SplitLists, ViewBank, ViewSettings, open,
};
use assay_runs::{Cell, Data, Half, Split, stream};
use burn::tensor::Device;
use rand::seq::SliceRandom;

use crate::profile::Profile;
use crate::trainer::{LabelledBatches, Subset};

/// The data of a run on a device.
pub struct Material {
    data: DataSet,
    /// The halves of a pair of data sets.
    pair: Option<Halves>,
    /// The file that the base of half A comes from, and its BLAKE3.
    base_weights: Option<(PathBuf, String)>,
    train: ViewBank,
    test: ViewBank,
    device: Device,
}

impl Material {
    /// Opens the profile's data and puts its views on `device`.
    ///
    /// # Errors
    /// When the data cannot be read or the views do not fit the images.
    pub fn open(profile: &Profile, data_dir: Option<&Path>, device: &Device) -> Result<Self> {
        let options = profile.open_options(data_dir);
        let (data, pair) = match (open(&profile.data.name, &options)?, &*profile.data.target) {
            (data, "") => (data, None),
            (base, target) => {
                let (data, halves) = base.joined(open(target, &options)?)?;
                (data, Some(halves))
            }
        };
        let base_weights = digest(&profile.data.base_weights)?;
        let views = ViewSettings {
            count: profile.views.count,
            crop_padding: profile.views.crop_padding,
            crop: (profile.views.crop > 0).then_some(profile.views.crop),
            mirror: profile.views.mirror,
        };
        let plain = Normalisation::identity(data.train.shape().channels);
        let mut rng = stream(&data.fingerprint, "views");
        let train = ViewBank::new(&data.train, &views, &mut rng, &plain, device)?;
        let test = ViewBank::plain(&data.test, &views, &plain, device)?;
        Ok(Self { data, pair, base_weights, train, test, device: device.clone() })
    }

    /// The data set.
    #[must_use]
    pub fn data(&self) -> &DataSet {
        &self.data
    }

    /// BLAKE3 of the file that the base of half A comes from, where it is not trained.
    #[must_use]
    pub fn base_weights(&self) -> Option<&str> {
        self.base_weights.as_ref().map(|(_, digest)| digest.as_str())
    }

    /// The file that the base of half A comes from, where it is not trained.
    #[must_use]
    pub fn base_file(&self) -> Option<&Path> {
        self.base_weights.as_ref().map(|(file, _)| file.as_path())
    }

    /// What a cell says of the data.
    #[must_use]
    pub fn identity(&self) -> Data {
        Data { name: self.data.name.clone(), fingerprint: self.data.fingerprint.clone() }
    }

    /// The shape of a view.
    #[must_use]
    pub fn shape(&self) -> Shape {
        assay_datasets::Batches::shape(&self.train)
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The halves of a split.
    ///
    /// # Errors
    /// When the classes cannot be split so.
    pub fn halves(&self, split: &Split) -> Result<Halves> {
        let halves = match split {
            Split::Random(number) => Halves::random(self.data.classes.len(), u64::from(*number)),
            Split::Semantic => Halves::semantic(&self.data.classes),
            Split::Listed(name) if Path::new(name).is_file() => {
                SplitLists::read(Path::new(name)).and_then(|list| list.halves(&self.data.classes))
            }
            Split::Listed(name) => {
                SplitLists::built_in(name).and_then(|list| list.halves(&self.data.classes))
            }
            Split::Pair => return self.pair.clone().context("there is no second data set"),
            // Half A is in the file of weights; no image is of its classes.
            Split::Weights => {
                let classes = 0..self.data.classes.len() as u16;
                Ok(Halves { a: Vec::new(), b: classes.collect() })
            }
        };
        halves.with_context(|| format!("split {split}"))
    }

    /// The classes a cell is trained on, as labels of the data set.
    ///
    /// # Errors
    /// When the classes cannot be split as the cell says.
    pub fn classes(&self, cell: &Cell, half: Option<Half>) -> Result<Vec<u16>> {
        Ok(match half {
            Some(half) => self.halves(&cell.split)?.classes_of(as_in_datasets(half)).to_vec(),
            None => (0..self.data.classes.len() as u16).collect(),
        })
    }

    /// What a cell is trained and tested on: its target's images, normalised as its source's are
    /// (the paper's transfer networks use the mean image of their source).
    ///
    /// # Errors
    /// When the classes cannot be split as the cell says, or no image is left.
    pub fn batches(&self, cell: &Cell) -> Result<(LabelledBatches, LabelledBatches)> {
        let target = self.classes(cell, cell.treatment.target())?;
        let mut source = self.classes(cell, cell.treatment.source().or(cell.treatment.target()))?;
        if source.is_empty() {
            // A base from a file does not say how its images were normalised.
            source.clone_from(&target);
        }
        let normalisation = Normalisation::of(&self.data.train, &source)?;
        let chosen = self.chosen(cell, &target);
        ensure!(!chosen.is_empty(), "{}: no training image is left", cell.name());
        let train = labelled(&self.train, &self.data.train, &normalisation, &target, chosen)?;
        let all = of_classes(&self.data.test, &target);
        ensure!(!all.is_empty(), "{}: there is no test image of its classes", cell.name());
        let test = labelled(&self.test, &self.data.test, &normalisation, &target, all)?;
        Ok((train, test))
    }

    /// All test images, labelled as the data set labels them, normalised as for the half's base.
    ///
    /// # Errors
    /// When the classes cannot be split as the cell says.
    pub fn all_tests(&self, cell: &Cell, half: Half) -> Result<LabelledBatches> {
        let normalisation = Normalisation::of(&self.data.train, &self.classes(cell, Some(half))?)?;
        let classes = self.classes(cell, None)?;
        let all = of_classes(&self.data.test, &classes);
        labelled(&self.test, &self.data.test, &normalisation, &classes, all)
    }

    /// The training images of a cell: all of its classes, or the first so many of each class in an
    /// order that belongs to the split and the seed, so that fewer are always among more.
    fn chosen(&self, cell: &Cell, classes: &[u16]) -> Vec<u32> {
        let all = of_classes(&self.data.train, classes);
        let Some(limit) = cell.images_per_class else {
            return all;
        };
        let owner = format!("{} {} {}", self.data.fingerprint, cell.split, cell.seed);
        let mut order = all;
        order.shuffle(&mut stream(&owner, "images per class"));
        let mut taken = vec![0; self.data.classes.len()];
        order.retain(|&image| {
            let label = self.data.train.labels()[image as usize] as usize;
            taken[label] += 1;
            taken[label] <= limit
        });
        order.sort_unstable();
        order
    }
}

/// A file and its BLAKE3, hex; none for an empty name.
fn digest(file: &str) -> Result<Option<(PathBuf, String)>> {
    if file.is_empty() {
        return Ok(None);
    }
    let bytes = std::fs::read(file).with_context(|| format!("base weights {file}"))?;
    Ok(Some((PathBuf::from(file), blake3::hash(&bytes).to_hex().to_string())))
}

fn of_classes(images: &Images, classes: &[u16]) -> Vec<u32> {
    let labels = (0..).zip(images.labels());
    labels.filter(|(_, label)| classes.contains(label)).map(|(image, _)| image).collect()
}

fn labelled(
    bank: &ViewBank,
    images: &Images,
    normalisation: &Normalisation,
    classes: &[u16],
    chosen: Vec<u32>,
) -> Result<LabelledBatches> {
    let within = |&image: &u32| {
        let label = images.labels()[image as usize];
        classes.iter().position(|&class| class == label).expect("chosen by class") as u16
    };
    Ok(LabelledBatches {
        labels: chosen.iter().map(within).collect(),
        views: bank.count() as u32,
        source: Rc::new(Subset::new(bank.normalised_by(normalisation)?, chosen)),
    })
}

fn as_in_datasets(half: Half) -> assay_datasets::Half {
    match half {
        Half::A => assay_datasets::Half::A,
        Half::B => assay_datasets::Half::B,
    }
}

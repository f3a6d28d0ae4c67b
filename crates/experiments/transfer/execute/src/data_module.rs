//! The data of a transfer sweep: halves of the classes, and the images of a cell.

use std::ops::Deref;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use assay_datasets::{Halves, Normalization, Shape, open};
use assay_models::PaperInputs;
use assay_runs::{
    ClassSplit, Half, Initialization, TransferCell, Treatment, ViewConfig, random_stream,
};
use burn::tensor::Device;
use rand::seq::SliceRandom;

use super::TransferProfile;
use super::lists::ListFiles;
use assay_engine::data_module::{DataModule, Split, images_of_classes};
use assay_engine::network::paper_inputs;
use assay_engine::profile::view_settings;
use assay_engine::trainer::LabeledBatches;
use assay_engine::weight_files::WeightFiles;

/// The data of a transfer sweep on a device.
pub struct HalvedDataModule {
    data_module: DataModule,
    views: ViewConfig,
    /// The halves of a pair of data sets.
    pair: Option<Halves>,
    /// The file that the base of half A comes from, where it is not trained, and its BLAKE3.
    base_weights: Option<(WeightFiles, String)>,
    /// The lists of classes that are files.
    lists: ListFiles,
}

impl Deref for HalvedDataModule {
    type Target = DataModule;

    fn deref(&self) -> &DataModule {
        &self.data_module
    }
}

impl HalvedDataModule {
    /// Opens the profile's data.
    ///
    /// # Errors
    /// When the data cannot be read or the views do not fit the images.
    pub fn open(
        profile: &TransferProfile,
        data_dir: Option<&Path>,
        device: &Device,
    ) -> Result<Self> {
        let options = profile.data.open_options(&profile.run, data_dir);
        let (data, pair) = match (open(&profile.data.name, &options)?, &*profile.target_data) {
            (data, "") => (data, None),
            (base, target) => {
                let (data, halves) = base.concat(open(target, &options)?)?;
                (data, Some(halves))
            }
        };
        let base_weights = base_weights(&profile.base_weights)?;
        let lists = ListFiles::read(&profile.splits)?;
        // Views that do not fit the images are better found now than by every cell.
        view_settings(&profile.views).validate(data.train.shape())?;
        let data_module = DataModule::new(data, &profile.run, device);
        Ok(Self { data_module, views: profile.views, pair, base_weights, lists })
    }

    /// BLAKE3 of the file that the base of half A comes from, where it is not trained.
    #[must_use]
    pub fn base_weights(&self) -> Option<&str> {
        self.base_weights.as_ref().map(|(_, digest)| digest.as_str())
    }

    /// The file that the base of half A comes from, where it is not trained.
    #[must_use]
    pub fn base_file(&self) -> Option<&WeightFiles> {
        self.base_weights.as_ref().map(|(file, _)| file)
    }

    /// The split that a profile means by the name of a list, or by the path of a file with one.
    #[must_use]
    pub fn listed(&self, name_or_file: &str) -> ClassSplit {
        ClassSplit::Listed(self.lists.name_of(name_or_file).unwrap_or(name_or_file).to_owned())
    }

    /// The shape of a view.
    #[must_use]
    pub fn view_shape(&self) -> Shape {
        self.data_module.shape(&self.views)
    }

    /// The halves of a split.
    ///
    /// # Errors
    /// When the classes cannot be split so.
    pub fn halves(&self, split: &ClassSplit) -> Result<Halves> {
        let classes = &self.data().classes;
        let halves = match split {
            ClassSplit::Random(number) => Halves::random(classes.len(), u64::from(*number)),
            ClassSplit::Semantic => Halves::semantic(classes),
            ClassSplit::Listed(name) => self.lists.find(name)?.halves(classes),
            ClassSplit::Pair => return self.pair.clone().context("there is no second data set"),
            // Half A is in the file of weights; no image is of its classes.
            ClassSplit::Weights => {
                Ok(Halves { a: Vec::new(), b: (0..classes.len() as u16).collect() })
            }
        };
        halves.with_context(|| format!("split {split}"))
    }

    /// The classes a cell is trained on, as labels of the data set.
    ///
    /// # Errors
    /// When the classes cannot be split as the cell says.
    pub fn classes(&self, cell: &TransferCell, half: Option<Half>) -> Result<Vec<u16>> {
        Ok(match half {
            Some(half) => self.halves(&cell.split)?.classes_of(as_in_datasets(half)).to_vec(),
            None => (0..self.data().classes.len() as u16).collect(),
        })
    }

    /// How the images of a cell are normalized: as its source's were, and by no image that neither it nor
    /// its source has seen.
    ///
    /// # Errors
    /// When the classes cannot be split as the cell says, or no image is left.
    pub fn normalization(&self, cell: &TransferCell) -> Result<Normalization> {
        let measured = self.standardization(cell)?;
        Ok(if has_paper_inputs(cell)? { measured.mean_only() } else { measured })
    }

    fn standardization(&self, cell: &TransferCell) -> Result<Normalization> {
        let treatment = cell.treatment;
        let source = self.classes(cell, treatment.source().or(treatment.target()))?;
        if source.is_empty() {
            // A base from a file does not say how its images were normalized.
            return self.measured(cell, &self.classes(cell, treatment.target())?);
        }
        if matches!(treatment, Treatment::Copied { .. }) {
            // The source of a copied network has always seen all images of its half.
            return Ok(self.data().train.normalization_of_classes(&source)?);
        }
        self.measured(cell, &source)
    }

    /// By the training images of these classes that a cell which sees as many as this one sees.
    fn measured(&self, cell: &TransferCell, classes: &[u16]) -> Result<Normalization> {
        let train = &self.data().train;
        Ok(match cell.images_per_class {
            None => train.normalization_of_classes(classes)?,
            Some(_) => train.normalization_of_subset(&self.chosen(cell, classes))?,
        })
    }

    /// What a cell is trained and tested on: its target's images, normalized as its source's are
    /// (the paper's transfer networks use the mean image of their source).
    ///
    /// # Errors
    /// When the classes cannot be split as the cell says, or no image is left.
    pub fn batches(&self, cell: &TransferCell) -> Result<(LabeledBatches, LabeledBatches)> {
        let name = cell.treatment;
        let target = self.classes(cell, cell.treatment.target())?;
        let normalization = self.normalization(cell)?;
        let chosen = self.chosen(cell, &target);
        ensure!(!chosen.is_empty(), "{name} on {}: no training image is left", cell.split);
        let train =
            self.labeled_batches(Split::Train, &cell.views, &normalization, &target, chosen)?;
        let all = images_of_classes(&self.data().test, &target);
        ensure!(!all.is_empty(), "{name} on {}: no test image of its classes", cell.split);
        let test = self.labeled_batches(Split::Test, &cell.views, &normalization, &target, all)?;
        Ok((train, test))
    }

    /// All test images, labeled as the data set labels them, normalized as the cell's are.
    ///
    /// # Errors
    /// When the classes cannot be split as the cell says.
    pub fn all_tests(&self, cell: &TransferCell) -> Result<LabeledBatches> {
        let normalization = self.normalization(cell)?;
        let classes = self.classes(cell, None)?;
        let all = images_of_classes(&self.data().test, &classes);
        self.labeled_batches(Split::Test, &cell.views, &normalization, &classes, all)
    }

    /// The training images of a cell: all of its classes, or the first so many of each class in an
    /// order that belongs to the split and the seed, so that fewer are always among more.
    fn chosen(&self, cell: &TransferCell, classes: &[u16]) -> Vec<u32> {
        let train = &self.data().train;
        let all = images_of_classes(train, classes);
        let Some(limit) = cell.images_per_class else {
            return all;
        };
        let owner = format!("{} {} {}", self.data().fingerprint, cell.split, cell.seed);
        let mut order = all;
        order.shuffle(&mut random_stream(&owner, "images per class"));
        let mut taken = vec![0; self.data().classes.len()];
        order.retain(|&image| {
            let label = train.labels()[image as usize] as usize;
            taken[label] += 1;
            taken[label] <= limit
        });
        order.sort_unstable();
        order
    }
}

/// Whether the first layer of a cell's network is initialized as for inputs that are not divided by their
/// standard deviation. Divided, they would be some 60 times too small for it.
fn has_paper_inputs(cell: &TransferCell) -> Result<bool> {
    let first_layer = match cell.treatment {
        Treatment::Random { initialization, .. } => initialization,
        _ => cell.network.initialization,
    };
    Ok(first_layer == Initialization::Paper
        && paper_inputs(&cell.network.architecture)? == PaperInputs::MeanSubtracted)
}

/// A file of weights and its BLAKE3, hex; none for an empty name.
fn base_weights(file: &str) -> Result<Option<(WeightFiles, String)>> {
    if file.is_empty() {
        return Ok(None);
    }
    let files = WeightFiles::new(&[file.to_owned()]);
    let (_, digest) = files.digests().context("base weights")?.swap_remove(0);
    Ok(Some((files, digest)))
}

fn as_in_datasets(half: Half) -> assay_datasets::Half {
    match half {
        Half::A => assay_datasets::Half::A,
        Half::B => assay_datasets::Half::B,
    }
}

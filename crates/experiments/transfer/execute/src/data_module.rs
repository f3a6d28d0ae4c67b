//! The data of a transfer sweep: the two halves of the classes, and the images of a cell.

use std::ops::Deref;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use assay_datasets::{DataSet, Halves, Normalization, OpenOptions, Shape, check_views, open};
use assay_models::PaperInputs;
use assay_runs::{Half, Initialization, ViewConfig, random_stream};
use assay_transfer::{ClassSplit, TransferCell, Treatment};
use burn::tensor::Device;
use rand::seq::SliceRandom;

use super::TransferProfile;
use super::class_lists::ClassListFiles;
use assay_engine::data_module::{DataModule, Split, images_of_classes};
use assay_engine::network::paper_inputs;
use assay_engine::trainer::LabeledBatches;
use assay_engine::weight_files::WeightFiles;

/// The data of a transfer sweep on a device.
pub struct HalvedDataModule {
    data_module: DataModule,
    /// The training images that are set aside for validation, ascending.
    validation_images: Vec<u32>,
    views: ViewConfig,
    /// The halves, if they are a pair of data sets.
    pair: Option<Halves>,
    /// The file of a pretrained base of half A, and its BLAKE3.
    base_weights: Option<(WeightFiles, String)>,
    /// Class lists from files.
    lists: ClassListFiles,
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
    /// The data, the base weights or a class list cannot be read, or the views do not fit the
    /// images.
    pub fn open(
        profile: &TransferProfile,
        data_dir: Option<&Path>,
        device: &Device,
    ) -> Result<Self> {
        let options = profile.data.open_options(&profile.run, data_dir);
        let (data, pair) = match (open(&profile.data.name, &options)?, &*profile.target_data) {
            (data, "") => (data, None),
            (base, target) => {
                // The classes that the profile names are the base's.
                let target = open(target, &OpenOptions { classes: Vec::new(), ..options })?;
                let (data, halves) = base.concat(target)?;
                (data, Some(halves))
            }
        };
        let base_weights = base_weights(&profile.base_weights)?;
        let lists = ClassListFiles::read(&profile.splits)?;
        // Find views that do not fit now, rather than in every cell.
        check_views(&profile.views, data.train.shape())?;
        let validation_images = validation_images(&data, profile.validation_fraction);
        let data_module = DataModule::new(data, &profile.run, device);
        let views = profile.views;
        Ok(Self { data_module, validation_images, views, pair, base_weights, lists })
    }

    /// The BLAKE3 of the file of a pretrained base of half A, if there is one.
    #[must_use]
    pub fn base_weights_digest(&self) -> Option<&str> {
        self.base_weights.as_ref().map(|(_, digest)| digest.as_str())
    }

    /// The file of a pretrained base of half A, if there is one.
    #[must_use]
    pub fn base_weight_file(&self) -> Option<&WeightFiles> {
        self.base_weights.as_ref().map(|(file, _)| file)
    }

    /// The indices of the training images that are set aside for validation, ascending.
    #[must_use]
    pub fn validation_images(&self) -> &[u32] {
        &self.validation_images
    }

    /// The split of a class list, which the profile gives by name or by the path of a file.
    #[must_use]
    pub fn listed_split(&self, name_or_file: &str) -> ClassSplit {
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
    /// The split does not fit the classes.
    pub fn halves(&self, split: &ClassSplit) -> Result<Halves> {
        let classes = &self.data().classes;
        let halves = match split {
            ClassSplit::Random(number) => Halves::random(classes.len(), u64::from(*number)),
            ClassSplit::Semantic => Halves::semantic(classes),
            ClassSplit::Listed(name) => self.lists.find(name)?.halves(classes),
            ClassSplit::Pair => return self.pair.clone().context("there is no second data set"),
            // Half A is in the file of weights. No image is of its classes.
            ClassSplit::Weights => {
                Ok(Halves { a: Vec::new(), b: (0..classes.len() as u16).collect() })
            }
        };
        halves.with_context(|| format!("split {split}"))
    }

    /// The classes of one half of the cell's split, or all classes, as labels of the data set.
    ///
    /// # Errors
    /// The split does not fit the classes.
    pub fn classes(&self, cell: &TransferCell, half: Option<Half>) -> Result<Vec<u16>> {
        Ok(match half {
            Some(half) => self.halves(&cell.split)?.classes_of(half).to_vec(),
            None => (0..self.data().classes.len() as u16).collect(),
        })
    }

    /// The normalization of a cell's images. It is that of its source, and depends only on training images of the
    /// cell or its source. Without `images_per_class`, the validation images are among them.
    ///
    /// # Errors
    /// The split does not fit the classes, or there is no image.
    pub fn normalization(&self, cell: &TransferCell) -> Result<Normalization> {
        let normalization = self.mean_and_deviation(cell)?;
        let mean_only = has_paper_inputs(cell)?;
        Ok(if mean_only { normalization.mean_only() } else { normalization })
    }

    fn mean_and_deviation(&self, cell: &TransferCell) -> Result<Normalization> {
        let treatment = cell.treatment;
        let source = self.classes(cell, treatment.source().or(treatment.target()))?;
        if source.is_empty() {
            // A file of weights does not contain the normalization of its images.
            return self.normalization_from(cell, &self.classes(cell, treatment.target())?);
        }
        if matches!(treatment, Treatment::Copied { .. }) {
            // The source of a copied network is always trained on all images of its half.
            return Ok(self.data().train.normalization_of_classes(&source)?);
        }
        self.normalization_from(cell, &source)
    }

    /// The normalization from the training images of `classes`, as many per class as the cell uses.
    fn normalization_from(&self, cell: &TransferCell, classes: &[u16]) -> Result<Normalization> {
        let train = &self.data().train;
        Ok(match cell.images_per_class {
            None => train.normalization_of_classes(classes)?,
            Some(_) => train.normalization_of_subset(&self.training_images(cell, classes))?,
        })
    }

    /// The training and validation images of a cell: those of its target, with the normalization of its
    /// source. The paper's transfer networks use the mean image of their source, too.
    ///
    /// # Errors
    /// The split does not fit the classes, or there is no image.
    pub fn batches(&self, cell: &TransferCell) -> Result<(LabeledBatches, LabeledBatches)> {
        let name = cell.treatment;
        let target = self.classes(cell, cell.treatment.target())?;
        let normalization = self.normalization(cell)?;
        let train_images = self.training_images(cell, &target);
        ensure!(
            !train_images.is_empty(),
            "{name} on {}: there is no training image of its classes",
            cell.split
        );
        let train =
            self.labeled_batches(Split::Train, &cell.views, &normalization, &target, train_images)?;
        let labels = self.data().train.labels();
        let is_target = |image: &u32| target.contains(&labels[*image as usize]);
        let validation: Vec<u32> =
            self.validation_images.iter().copied().filter(is_target).collect();
        ensure!(
            !validation.is_empty(),
            "{name} on {}: no class has a second training image, which validation needs",
            cell.split
        );
        let (split, views) = (Split::TrainCentral, &cell.views);
        let validation = self.labeled_batches(split, views, &normalization, &target, validation)?;
        Ok((train, validation))
    }

    /// The test images of a cell's target, with the normalization of its source.
    ///
    /// # Errors
    /// The split does not fit the classes, or there is no image.
    pub fn test_batches(&self, cell: &TransferCell) -> Result<LabeledBatches> {
        let (name, split) = (cell.treatment, &cell.split);
        let target = self.classes(cell, cell.treatment.target())?;
        let images = images_of_classes(&self.data().test, &target);
        ensure!(!images.is_empty(), "{name} on {split}: there is no test image of its classes");
        let normalization = self.normalization(cell)?;
        self.labeled_batches(Split::Test, &cell.views, &normalization, &target, images)
    }

    /// All test images with the labels of the data set and the normalization of the cell.
    ///
    /// # Errors
    /// The split does not fit the classes.
    pub fn all_test_batches(&self, cell: &TransferCell) -> Result<LabeledBatches> {
        let normalization = self.normalization(cell)?;
        let classes = self.classes(cell, None)?;
        let all = images_of_classes(&self.data().test, &classes);
        self.labeled_batches(Split::Test, &cell.views, &normalization, &classes, all)
    }

    /// The indices of the training images of `classes` that are not set aside for validation: all of them, or
    /// `images_per_class` of each.
    ///
    /// These are the first ones in a random order that depends on the split and the seed. So a
    /// smaller selection is always part of a larger one.
    fn training_images(&self, cell: &TransferCell, classes: &[u16]) -> Vec<u32> {
        let train = &self.data().train;
        let mut all = images_of_classes(train, classes);
        all.retain(|image| self.validation_images.binary_search(image).is_err());
        let Some(limit) = cell.images_per_class else {
            return all;
        };
        let stream_id = format!("{} {} {}", self.data().fingerprint, cell.split, cell.seed);
        let mut selected = all;
        selected.shuffle(&mut random_stream(&stream_id, "images per class"));
        let mut counts = vec![0; self.data().classes.len()];
        selected.retain(|&image| {
            let label = train.labels()[image as usize] as usize;
            counts[label] += 1;
            counts[label] <= limit
        });
        selected.sort_unstable();
        selected
    }
}

/// The indices of the training images that are set aside, ascending: a share of each class, at least one image
/// and never all. They depend on the data only, so that no network is trained on one of them. A class with a single
/// image has none.
fn validation_images(data: &DataSet, fraction: f64) -> Vec<u32> {
    let mut images: Vec<Vec<u32>> = vec![Vec::new(); data.classes.len()];
    for (image, &label) in (0..).zip(data.train.labels()) {
        images[usize::from(label)].push(image);
    }
    let mut chosen = Vec::new();
    for (class, images) in data.classes.iter().zip(&mut images) {
        let stream = format!("validation images of {}", class.name);
        images.shuffle(&mut random_stream(&data.fingerprint, &stream));
        let count = (images.len() as f64 * fraction).round() as usize;
        chosen.extend(&images[..count.max(1).min(images.len().saturating_sub(1))]);
    }
    chosen.sort_unstable();
    chosen
}

/// Whether the initialization of a cell's first layer expects inputs that are not divided by their
/// standard deviation. Divided inputs would be some 60 times too small for it.
fn has_paper_inputs(cell: &TransferCell) -> Result<bool> {
    let first_layer = match cell.treatment {
        Treatment::Random { initialization, .. } => initialization,
        _ => cell.network.initialization,
    };
    Ok(first_layer == Initialization::Paper
        && paper_inputs(&cell.network.architecture)? == PaperInputs::MeanSubtracted)
}

/// A file of weights and its BLAKE3 in hexadecimal; none for an empty path.
fn base_weights(file: &str) -> Result<Option<(WeightFiles, String)>> {
    if file.is_empty() {
        return Ok(None);
    }
    let files = WeightFiles::new(&[file.to_owned()]);
    let (_, digest) = files.digests().context("base weights")?.swap_remove(0);
    Ok(Some((files, digest)))
}

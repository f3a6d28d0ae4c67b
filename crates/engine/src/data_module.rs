//! The data set of a run, with its views on a device.
//!
//! A worker opens the data once. All cells that it trains share the views.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Result, ensure};
use assay_datasets::{
    DataSet, ImageSet, Normalization, Shape, StreamSettings, ViewSource, abbreviate_list, open,
    view_shape,
};
use assay_runs::{DatasetId, ViewConfig, random_stream};
use burn::tensor::Device;

use crate::profile::{DataSettings, RunSettings};
use crate::trainer::{LabeledBatches, Subset};

/// A split of a data set, and which views of its images are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Training images, with all their augmented views.
    Train,
    /// Training images, one central crop each.
    TrainCentral,
    /// Test images, one central crop each.
    Test,
}

/// A data set and its cached views on one device.
pub struct DataModule {
    data: DataSet,
    device: Device,
    /// Views of a split that take more bytes than this are streamed from disk.
    cache_bytes: u64,
    streaming: StreamSettings,
    /// Created on first use. Not normalized.
    banks: RefCell<Vec<(Split, ViewConfig, Rc<ViewSource>)>>,
}

impl DataModule {
    /// Opens the data set that `settings` names.
    ///
    /// # Errors
    /// Returns an error if the data set cannot be read.
    pub fn open(
        settings: &DataSettings,
        run: &RunSettings,
        data_dir: Option<&Path>,
        device: &Device,
    ) -> Result<Self> {
        let data = open(&settings.name, &settings.open_options(run, data_dir))?;
        Ok(Self::new(data, run, device))
    }

    /// Wraps a data set that is already open.
    #[must_use]
    pub fn new(data: DataSet, run: &RunSettings, device: &Device) -> Self {
        Self {
            data,
            device: device.clone(),
            cache_bytes: run.memory_bytes(),
            streaming: run.streaming(),
            banks: RefCell::default(),
        }
    }

    /// Returns the same images with other labels, one per image.
    ///
    /// # Panics
    /// Panics if the number of labels differs from the number of images.
    #[must_use]
    pub fn with_labels(&self, train: Vec<u16>, test: Vec<u16>) -> Self {
        let data = DataSet {
            train: self.data.train.with_labels(train),
            test: self.data.test.with_labels(test),
            ..self.data.clone()
        };
        let (device, banks) = (self.device.clone(), self.banks.clone());
        Self { data, device, banks, cache_bytes: self.cache_bytes, streaming: self.streaming }
    }

    /// The data set.
    #[must_use]
    pub fn data(&self) -> &DataSet {
        &self.data
    }

    /// Checks that every class has at least one training image.
    ///
    /// # Errors
    /// Returns an error that names the classes without a training image.
    pub fn require_every_class(&self) -> Result<()> {
        let (data, missing) = (&self.data, self.data.classes_without_training_images());
        ensure!(
            missing.is_empty(),
            "{}: {} of its {} classes have no training images, but this experiment needs all of them: {}",
            data.opened_as,
            missing.len(),
            data.classes.len(),
            abbreviate_list(&missing)
        );
        Ok(())
    }

    /// The name and fingerprint that cells record.
    #[must_use]
    pub fn identity(&self) -> DatasetId {
        DatasetId { name: self.data.name.clone(), fingerprint: self.data.fingerprint.clone() }
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The shape of one view: channels, height and width.
    #[must_use]
    pub fn shape(&self, views: &ViewConfig) -> Shape {
        view_shape(views, self.data.train.shape())
    }

    /// Returns the views of a split, not normalized.
    ///
    /// The random crops come from a stream that depends on the data set alone, so all cells with the same
    /// settings get the same views. Views are cached on the device if images and views fit into memory.
    /// Otherwise they are read when needed. Both give the same bits.
    ///
    /// # Errors
    /// Returns an error if the views do not fit the images.
    pub fn view_source(&self, split: Split, views: &ViewConfig) -> Result<Rc<ViewSource>> {
        let is_cached =
            |(of, with, _): &&(Split, ViewConfig, Rc<ViewSource>)| *of == split && with == views;
        if let Some((_, _, bank)) = self.banks.borrow().iter().find(is_cached) {
            return Ok(bank.clone());
        }
        let images = self.images(split);
        let layout = self.view_layout(split, views)?;
        let identity = Normalization::identity(images.shape().channels);
        let bank = match images.in_memory() {
            Some(images) if ViewSource::cached_bytes(images, &layout) <= self.cache_bytes => {
                ViewSource::cached(images, &layout, &identity, &self.device)?
            }
            _ => {
                let (images, layout) = (images.clone(), Arc::new(layout));
                ViewSource::streamed(images, layout, &identity, self.streaming, &self.device)?
            }
        };
        let bank = Rc::new(bank);
        self.banks.borrow_mut().push((split, *views, bank.clone()));
        Ok(bank)
    }

    /// Returns where each view is cropped from its image, and whether it is mirrored.
    ///
    /// # Errors
    /// Returns an error if the views do not fit the images.
    pub fn view_layout(&self, split: Split, views: &ViewConfig) -> Result<assay_datasets::Views> {
        let images = self.images(split);
        let (count, shape) = (images.len(), images.shape());
        Ok(match split {
            Split::Train => {
                let mut rng = random_stream(&self.data.fingerprint, "views");
                assay_datasets::Views::for_training(count, shape, views, &mut rng)?
            }
            Split::TrainCentral | Split::Test => {
                assay_datasets::Views::center_crop(count, shape, views)?
            }
        })
    }

    /// Returns the normalized images of a split that `chosen` lists by number.
    ///
    /// The label of an image is the position of its class in `classes`.
    ///
    /// # Errors
    /// Returns an error if the views do not fit the images.
    ///
    /// # Panics
    /// Panics if the class of an image is not in `classes`.
    pub fn labeled_batches(
        &self,
        split: Split,
        views: &ViewConfig,
        normalization: &Normalization,
        classes: &[u16],
        chosen: Vec<u32>,
    ) -> Result<LabeledBatches> {
        let bank = self.view_source(split, views)?.with_normalization(normalization)?;
        let labels = self.images(split).labels();
        let position = |&image: &u32| {
            let label = labels[image as usize];
            classes.iter().position(|&class| class == label).expect("chosen by class") as u16
        };
        Ok(LabeledBatches {
            labels: chosen.iter().map(position).collect(),
            views: bank.count() as u32,
            source: Rc::new(Subset::new(bank, chosen)),
        })
    }

    /// The images of a split, in memory or on disk.
    #[must_use]
    pub fn images(&self, split: Split) -> &ImageSet {
        match split {
            Split::Train | Split::TrainCentral => &self.data.train,
            Split::Test => &self.data.test,
        }
    }
}

/// Returns the numbers of the images whose label is in `classes`, ascending.
#[must_use]
pub fn images_of_classes(images: &ImageSet, classes: &[u16]) -> Vec<u32> {
    let labels = (0..).zip(images.labels());
    labels.filter(|(_, label)| classes.contains(label)).map(|(image, _)| image).collect()
}

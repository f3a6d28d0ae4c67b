//! The data of a run on a device: opened once, shared by every cell a worker works on.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Result, ensure};
use assay_datasets::{
    DataSet, ImageSet, Normalization, Shape, StreamSettings, StreamedViews, ViewBank, ViewSource,
    few, open,
};
use assay_runs::{Data, Views, stream};
use burn::tensor::Device;

use crate::profile::{DataSettings, RunSettings, view_settings};
use crate::trainer::{LabeledBatches, Subset};

/// Which images of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// The training images, in all their views.
    Train,
    /// The training images, each in its central view.
    TrainCentral,
    /// The test images, each in its central view.
    Test,
}

/// The data of a run on a device.
pub struct DataModule {
    data: DataSet,
    device: Device,
    /// Most bytes of the views of a part that are kept on the device.
    kept_bytes: u64,
    streaming: StreamSettings,
    /// Drawn, and put on the device, when they are first asked for; not normalized.
    banks: RefCell<Vec<(Split, Views, Rc<ViewSource>)>>,
}

impl DataModule {
    /// Opens a data set.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(
        settings: &DataSettings,
        run: &RunSettings,
        data_dir: Option<&Path>,
        device: &Device,
    ) -> Result<Self> {
        let data = open(&settings.name, &settings.open_options(run, data_dir))?;
        Ok(Self::new(data, run, device))
    }

    /// Of an opened data set.
    #[must_use]
    pub fn new(data: DataSet, run: &RunSettings, device: &Device) -> Self {
        Self {
            data,
            device: device.clone(),
            kept_bytes: run.memory_bytes(),
            streaming: run.streaming(),
            banks: RefCell::default(),
        }
    }

    /// The same images with other labels, one an image.
    ///
    /// # Panics
    /// When there is not one label an image.
    #[must_use]
    pub fn with_labels(&self, train: Vec<u16>, test: Vec<u16>) -> Self {
        let data = DataSet {
            train: self.data.train.with_labels(train),
            test: self.data.test.with_labels(test),
            ..self.data.clone()
        };
        let (device, banks) = (self.device.clone(), self.banks.clone());
        Self { data, device, banks, kept_bytes: self.kept_bytes, streaming: self.streaming }
    }

    /// The data set.
    #[must_use]
    pub fn data(&self) -> &DataSet {
        &self.data
    }

    /// Whether there is an image to train on of every class.
    ///
    /// # Errors
    /// When there is none of some, which are named.
    pub fn has_every_class(&self) -> Result<()> {
        let (data, untrained) = (&self.data, self.data.untrained());
        ensure!(
            untrained.is_empty(),
            "{}: {} of its {} classes have no image to train on, and this study needs all: {}",
            data.opened_as,
            untrained.len(),
            data.classes.len(),
            few(&untrained)
        );
        Ok(())
    }

    /// What a cell says of the data.
    #[must_use]
    pub fn identity(&self) -> Data {
        Data { name: self.data.name.clone(), fingerprint: self.data.fingerprint.clone() }
    }

    /// The device.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The shape of a view.
    #[must_use]
    pub fn shape(&self, views: &Views) -> Shape {
        view_settings(views).view_shape(self.data.train.shape())
    }

    /// The images of a part, whose views are drawn from a stream of the data set: every cell that asks
    /// for the same views has the same ones. They are kept on the device where images and views fit into
    /// memory, and otherwise cut when they are asked for; the bits are the same.
    ///
    /// # Errors
    /// When the views do not fit the images.
    pub fn bank(&self, part: Split, views: &Views) -> Result<Rc<ViewSource>> {
        let known = |(of, with, _): &&(Split, Views, Rc<ViewSource>)| *of == part && with == views;
        if let Some((_, _, bank)) = self.banks.borrow().iter().find(known) {
            return Ok(bank.clone());
        }
        let images = self.images(part);
        let drawn = self.drawn(part, views)?;
        let plain = Normalization::identity(images.shape().channels);
        let bank: ViewSource = match images.in_memory() {
            Some(images) if ViewBank::bytes(images, &drawn) <= self.kept_bytes => {
                ViewBank::from_views(images, &drawn, &plain, &self.device)?.into()
            }
            _ => {
                let (images, drawn) = (images.clone(), Arc::new(drawn));
                StreamedViews::new(images, drawn, &plain, self.streaming, &self.device)?.into()
            }
        };
        let bank = Rc::new(bank);
        self.banks.borrow_mut().push((part, *views, bank.clone()));
        Ok(bank)
    }

    /// Where the views of a part's images lie.
    ///
    /// # Errors
    /// When the views do not fit the images.
    pub fn drawn(&self, part: Split, views: &Views) -> Result<assay_datasets::Views> {
        let (images, settings) = (self.images(part), view_settings(views));
        let (count, shape) = (images.len(), images.shape());
        Ok(match part {
            Split::Train => {
                let mut rng = stream(&self.data.fingerprint, "views");
                assay_datasets::Views::of_training(count, shape, &settings, &mut rng)?
            }
            Split::TrainCentral | Split::Test => {
                assay_datasets::Views::central(count, shape, &settings)?
            }
        })
    }

    /// The images of `part` with these numbers, normalized, labeled by their class's place in
    /// `classes`.
    ///
    /// # Errors
    /// When the views do not fit the images.
    ///
    /// # Panics
    /// When an image is of none of the classes.
    pub fn labeled(
        &self,
        part: Split,
        views: &Views,
        normalization: &Normalization,
        classes: &[u16],
        chosen: Vec<u32>,
    ) -> Result<LabeledBatches> {
        let bank = self.bank(part, views)?.normalized_by(normalization)?;
        let labels = self.images(part).labels();
        let within = |&image: &u32| {
            let label = labels[image as usize];
            classes.iter().position(|&class| class == label).expect("chosen by class") as u16
        };
        Ok(LabeledBatches {
            labels: chosen.iter().map(within).collect(),
            views: bank.count() as u32,
            source: Rc::new(Subset::new(bank, chosen)),
        })
    }

    /// The images of a part, wherever they are.
    #[must_use]
    pub fn images(&self, part: Split) -> &ImageSet {
        match part {
            Split::Train | Split::TrainCentral => &self.data.train,
            Split::Test => &self.data.test,
        }
    }
}

/// The numbers of the images whose label is among `classes`.
#[must_use]
pub fn of_classes(images: &ImageSet, classes: &[u16]) -> Vec<u32> {
    let labels = (0..).zip(images.labels());
    labels.filter(|(_, label)| classes.contains(label)).map(|(image, _)| image).collect()
}

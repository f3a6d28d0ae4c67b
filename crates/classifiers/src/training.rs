//! Trains a classifier, evaluates it and publishes its record.

use assay_classifier_cells::{ClassifierCell, RejectClass, Role, SAMPLE_IMAGES_FILE};
use std::time::Instant;

use anyhow::{Context, Result};
use assay_datasets::{Images, Normalization};
use assay_models::{Network, NetworkConfig};
use assay_runs::{Cell, Latency, Outcome, Provenance, Record, digest, file};

use super::objective::{SoftTargets, loss_config};
use super::output_files::{
    class_priors, group_tensors, logits_file, measure_latency, sample_images,
};
use super::reject_images::{concat_reject_images, reject_images, rejection};
use super::{TeacherQueries, Teachers, training_images, validation_images};
use assay_engine::data_module::{DataModule, Split};
use assay_engine::network::{init_network, load_finished_network, network_config};
use assay_engine::trainer::{LabeledBatches, Training, evaluate, logits};
use assay_engine::tuning::chosen_lr_factor;
use assay_engine::worker::{CellContext, describe_record, training_record};
use burn::tensor::Tensor;

/// A training that has ended, before its network is evaluated.
struct Finished<'a> {
    training: &'a mut Training,
    outcome: Outcome,
    /// The factor on the learning rate that its trials chose.
    lr_factor: Option<f64>,
    /// When work on the cell began.
    began: Instant,
}

/// Makes files of a trained network and its batch size: names and contents.
pub type MoreFiles<'a> = dyn Fn(&Network, usize) -> Result<Vec<(&'static str, Vec<u8>)>> + 'a;

/// Trains classifiers of all classes of a data set.
pub struct Classifiers {
    data_module: DataModule,
    normalization: Normalization,
    classes: Vec<u16>,
}

impl Classifiers {
    /// Uses a data set, normalized by the statistics of all of its training images.
    ///
    /// # Errors
    /// Returns an error if there are no training images.
    pub fn new(data_module: DataModule) -> Result<Self> {
        let normalization = data_module.data().train.normalization_of_all()?;
        let classes = (0..data_module.data().classes.len() as u16).collect();
        Ok(Self { data_module, normalization, classes })
    }

    /// Returns the same images and normalization with other labels, one per image.
    ///
    /// # Panics
    /// Panics if the number of labels differs from the number of images.
    #[must_use]
    pub fn with_labels(&self, train: Vec<u16>, test: Vec<u16>) -> Self {
        Self {
            data_module: self.data_module.with_labels(train, test),
            normalization: self.normalization.clone(),
            classes: self.classes.clone(),
        }
    }

    /// The data set on its device.
    #[must_use]
    pub fn data_module(&self) -> &DataModule {
        &self.data_module
    }

    /// The normalization of the images.
    #[must_use]
    pub fn normalization(&self) -> &Normalization {
        &self.normalization
    }

    /// The network configuration of a cell.
    ///
    /// # Errors
    /// Returns an error if the architecture is unknown.
    pub fn network_config(&self, cell: &ClassifierCell) -> Result<NetworkConfig> {
        let outputs = self.classes.len() + usize::from(cell.reject.is_some());
        network_config(&cell.network, self.data_module.shape(&cell.views), outputs)
    }

    /// Loads the network of a finished cell whose weights were saved, frozen.
    ///
    /// # Errors
    /// Returns an error if the weights are missing or do not match the record.
    pub fn load_network(&self, cell: &ClassifierCell, context: &CellContext) -> Result<Network> {
        let (whole, config) = (Cell::from(cell.clone()), self.network_config(cell)?);
        let device = self.data_module.device();
        Ok(load_finished_network(&context.run, &whole, &config, device)?.frozen())
    }

    /// Trains and evaluates a classifier and publishes its record. Describes the result.
    ///
    /// Returns `None` if the training was stopped; it is then saved.
    ///
    /// # Errors
    /// Returns an error if a teacher is missing or the run cannot be written.
    pub fn train(&self, cell: &ClassifierCell, context: &CellContext) -> Result<Option<String>> {
        self.train_with_files(cell, context, &|_, _| Ok(Vec::new()))
    }

    /// Like [`train`](Self::train), and publishes the files that `more_files` makes of the network and its
    /// batch size, unless the training diverged.
    ///
    /// # Errors
    /// As for [`train`](Self::train).
    pub fn train_with_files(
        &self,
        cell: &ClassifierCell,
        context: &CellContext,
        more_files: &MoreFiles<'_>,
    ) -> Result<Option<String>> {
        let began = Instant::now();
        let lr_factor = chosen_lr_factor(cell.tuning.as_ref(), cell.trials(), &context.run)?;
        let training = self.training(cell, lr_factor, context)?;
        let config = self.network_config(cell)?;
        match context.run_training(&Cell::from(cell.clone()), &config, training, began)? {
            Some((mut training, outcome)) => {
                let training = Finished { training: &mut training, outcome, lr_factor, began };
                self.publish_training(cell, context, training, more_files).map(Some)
            }
            None => Ok(None),
        }
    }

    pub(super) fn labeled_batches(
        &self,
        split: Split,
        cell: &ClassifierCell,
        chosen: Vec<u32>,
    ) -> Result<LabeledBatches> {
        let Self { data_module, normalization, classes } = self;
        data_module.labeled_batches(split, &cell.views, normalization, classes, chosen)
    }

    /// Appends the images of the cell's reject class, if it has one.
    fn with_reject_class(
        &self,
        train: LabeledBatches,
        cell: &ClassifierCell,
        context: &CellContext,
    ) -> Result<LabeledBatches> {
        let Some(class) = &cell.reject else { return Ok(train) };
        let images = self.reject_class_images(class, cell, context)?;
        let device = self.data_module.device();
        concat_reject_images(&train, &images, cell, &self.normalization, device)
    }

    fn reject_class_images(
        &self,
        class: &RejectClass,
        cell: &ClassifierCell,
        context: &CellContext,
    ) -> Result<Images> {
        let (shape, label) = (self.data_module.shape(&cell.views), self.classes.len() as u16);
        reject_images(class, shape, label, context)
    }

    /// Prepares the training of a classifier, with its teachers if it has some.
    fn training(
        &self,
        cell: &ClassifierCell,
        lr_factor: Option<f64>,
        context: &CellContext,
    ) -> Result<Training> {
        let data = self.data_module.data();
        let images = training_images(data, &cell.examples, cell.seed)?;
        let validation = validation_images(data, cell.examples.validation_images)?;
        let train = self.labeled_batches(Split::Train, cell, images.clone())?;
        let train = self.with_reject_class(train, cell, context)?;
        let validation = self.labeled_batches(Split::TrainCentral, cell, validation)?;
        let config = self.network_config(cell)?;
        let device = self.data_module.device();
        let owner = cell.stream_owner();
        let network = match &cell.initial_network {
            Some(from) => {
                self.load_network(from, context).context("its initial network")?.unfrozen()
            }
            None => init_network(&config, cell.network.initialization, &owner, device)?,
        };
        let every = context.run_settings.evaluate_every;
        let batches = (train, validation);
        let schedule = cell.schedule.with_lr_factor(lr_factor.or(cell.trial).unwrap_or(1.0));
        let training = Training::new(network, &schedule, owner, batches, every);
        let Some(loss) = loss_config(&cell.loss) else { return Ok(training) };
        let queries = TeacherQueries {
            data_module: &self.data_module,
            views: &cell.views,
            normalization: &self.normalization,
            batch: training.batch(),
        };
        let teachers = match &cell.ensemble {
            Some(ensemble) => {
                Teachers::Cached(vec![self.ensemble_logits(ensemble, &cell.views, context)?])
            }
            None => queries.load_teachers(&cell.teachers, context)?,
        };
        let objective = SoftTargets::new(loss, teachers, images, cell.views.count);
        Ok(training.with_objective(Box::new(objective)))
    }

    /// Evaluates a network and adds the results to its record.
    ///
    /// Returns the logits of test and validation images as a file, and the latency; `None` if a logit or
    /// a loss is not finite.
    pub(super) fn evaluate_classifier(
        &self,
        cell: &ClassifierCell,
        network: &Network,
        batch: usize,
        record: &mut Record,
        context: &CellContext,
    ) -> Result<Option<(Vec<u8>, Latency)>> {
        let data = self.data_module.data();
        let all = (0..data.test.len() as u32).collect();
        let test = self.labeled_batches(Split::Test, cell, all)?;
        let validation = validation_images(data, cell.examples.validation_images)?;
        let validation = self.labeled_batches(Split::TrainCentral, cell, validation)?;
        record.test = Some(evaluate(network, 0, &test, batch)?);
        let test_logits = logits(network, &test, batch)?;
        if let Some(class) = &cell.reject {
            let images = self.reject_class_images(class, cell, context)?.len();
            record.details = Some(rejection(&test_logits, &test.labels, images).into());
        }
        let sets = [
            ("test", test_logits, &test.labels),
            ("validation_images", logits(network, &validation, batch)?, &validation.labels),
        ];
        let more = group_tensors(data, &self.class_priors(cell)?);
        let Some(bytes) = logits_file(&sets, more)? else {
            return Ok(None);
        };
        record.logits = Some(digest(&bytes));
        let latency = measure_latency(network, &test)?;
        Ok(record.is_finite().then_some((bytes, latency)))
    }

    /// The share of each class among a classifier's training labels, smoothed so that none is zero.
    ///
    /// # Errors
    /// Returns an error if no image is left to train on.
    pub fn class_priors(&self, cell: &ClassifierCell) -> Result<Vec<f64>> {
        let data = self.data_module.data();
        let images = training_images(data, &cell.examples, cell.seed)?;
        let labels: Vec<u16> =
            images.into_iter().map(|image| data.train.labels()[image as usize]).collect();
        Ok(class_priors(&labels, data.classes.len()))
    }

    /// The logits of all images of a split, `[images, classes]`, in batches of `batch`.
    ///
    /// # Errors
    /// Returns an error if an image cannot be read.
    pub fn split_logits(
        &self,
        split: Split,
        cell: &ClassifierCell,
        network: &Network,
        batch: usize,
    ) -> Result<Tensor<2>> {
        let all = (0..self.data_module.images(split).len() as u32).collect();
        Ok(logits(network, &self.labeled_batches(split, cell, all)?, batch)?)
    }

    /// Evaluates a trained network and publishes its record and files. Describes the result.
    fn publish_training(
        &self,
        cell: &ClassifierCell,
        context: &CellContext,
        finished: Finished<'_>,
        more_files: &MoreFiles<'_>,
    ) -> Result<String> {
        let Finished { training, outcome, lr_factor, began } = finished;
        let (network, batch) = (training.network().frozen(), training.batch());
        let weights = network.to_safetensors();
        let record = training_record(Cell::from(cell.clone()), training, outcome, &weights);
        let mut record = Record { lr_factor, ..record };
        let (mut files, mut latency) = (Vec::new(), None);
        let evaluation_began = Instant::now();
        let is_tested = cell.trial.is_none();
        if is_tested && !matches!(record.outcome, Outcome::Diverged { .. }) {
            let train = training_images(self.data_module.data(), &cell.examples, cell.seed)?;
            let train = self.labeled_batches(Split::TrainCentral, cell, train)?;
            record.train = Some(evaluate(&network, 0, &train, batch)?);
            match self.evaluate_classifier(cell, &network, batch, &mut record, context)? {
                Some((logits, measured)) => {
                    latency = Some(measured);
                    files.push((file::LOGITS, logits));
                    files.extend(more_files(&network, batch)?);
                }
                None => record = record.diverged(cell.schedule.epochs),
            }
        }
        if is_tested && cell.role == Role::Teacher {
            files.push((SAMPLE_IMAGES_FILE, sample_images(self.data_module.data())?));
        }
        let is_needed = is_tested && matches!(cell.role, Role::Teacher | Role::Network);
        if is_needed || context.run_settings.keep_all_weights {
            files.push((file::WEIGHTS, weights));
        }
        let seconds = &mut training.progress_mut().seconds;
        seconds.evaluate += evaluation_began.elapsed().as_secs_f64();
        seconds.total += began.elapsed().as_secs_f64();
        let provenance = Provenance { latency, ..context.training_provenance(training) };
        let files: Vec<_> = files.iter().map(|(name, bytes)| (*name, &bytes[..])).collect();
        context.publish(&record, &provenance, &files)?;
        Ok(describe_record(&record))
    }
}

#[cfg(test)]
mod tests;

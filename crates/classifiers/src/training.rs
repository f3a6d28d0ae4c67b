//! Trains a classifier, evaluates it and publishes its record.

use std::time::Instant;

use anyhow::{Context, Result, bail};
use assay_classifier_cells::{
    ALIGNMENT_FILE, ClassifierCell, RejectClass, Role, SAMPLE_IMAGES_FILE,
};
use assay_datasets::{Images, Normalization};
use assay_models::{Network, NetworkConfig};
use assay_runs::{Cell, CellSpec, Latency, Outcome, Provenance, Record, digest, file};

use super::forced_alignment::{Alignment, class_priors};
use super::objective::{SoftTargets, loss_config};
use super::output_files::{logits_file, measure_latency, sample_images, utterance_tensors};
use super::reject_images::{concat_reject_images, reject_images, rejection};
use super::{TeacherQueries, Teachers, training_images, validation_images};
use assay_engine::data_module::{DataModule, Split};
use assay_engine::network::{init_network, load_finished_network, network_config};
use assay_engine::trainer::{LabeledBatches, Training, evaluate, logits};
use assay_engine::worker::{CellContext, describe_record, training_record};

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

    /// Returns the same data with the labels of a finished forced alignment.
    ///
    /// # Errors
    /// Returns an error if the aligning network was not trained or its alignment cannot be read.
    pub fn with_alignment(&self, aligner: &ClassifierCell, context: &CellContext) -> Result<Self> {
        let cell = Cell::from(aligner.clone());
        match context.run.record(&cell)?.map(|record| record.outcome) {
            Some(Outcome::Trained) => {}
            Some(outcome) => {
                bail!("its labels are those of {}, which was not trained: {outcome:?}", cell.name())
            }
            None => bail!("its labels are those of {}, which has no record", cell.name()),
        }
        let bytes = context.run.read_published(&cell, ALIGNMENT_FILE)?;
        let Alignment { train, test } = Alignment::from_file(&bytes, self.data_module.data())
            .with_context(|| format!("the alignment of {}", cell.name()))?;
        Ok(Self {
            data_module: self.data_module.with_labels(train, test),
            normalization: self.normalization.clone(),
            classes: self.classes.clone(),
        })
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
        let began = Instant::now();
        let training = self.training(cell, context)?;
        let config = self.network_config(cell)?;
        match context.run_training(&Cell::from(cell.clone()), &config, training, began)? {
            Some((mut training, outcome)) => {
                self.publish_training(cell, context, &mut training, outcome, began).map(Some)
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
    fn training(&self, cell: &ClassifierCell, context: &CellContext) -> Result<Training> {
        let data = self.data_module.data();
        let images = training_images(data, &cell.examples, cell.seed)?;
        let validation = validation_images(data, cell.examples.validation_images)?;
        let train = self.labeled_batches(Split::Train, cell, images.clone())?;
        let train = self.with_reject_class(train, cell, context)?;
        let validation = self.labeled_batches(Split::TrainCentral, cell, validation)?;
        let config = self.network_config(cell)?;
        let device = self.data_module.device();
        let network = init_network(&config, cell.network.initialization, &cell.id(), device)?;
        let every = context.run_settings.evaluate_every;
        let batches = (train, validation);
        let training = Training::new(network, &cell.schedule, cell.id(), batches, every);
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
        let more = utterance_tensors(data, &self.training_labels(cell)?);
        let Some(bytes) = logits_file(&sets, more)? else {
            return Ok(None);
        };
        record.logits = Some(digest(&bytes));
        let latency = measure_latency(network, &test)?;
        Ok(record.is_finite().then_some((bytes, latency)))
    }

    /// The labels of a classifier's training images.
    fn training_labels(&self, cell: &ClassifierCell) -> Result<Vec<u16>> {
        let data = self.data_module.data();
        let images = training_images(data, &cell.examples, cell.seed)?;
        Ok(images.into_iter().map(|image| data.train.labels()[image as usize]).collect())
    }

    /// Aligns all frames of speech with a trained network. Returns the alignment as a file.
    fn alignment(&self, cell: &ClassifierCell, network: &Network, batch: usize) -> Result<Vec<u8>> {
        let data = self.data_module.data();
        let all_images = |split: Split| {
            let all = (0..self.data_module.images(split).len() as u32).collect();
            self.labeled_batches(split, cell, all)
        };
        let train = logits(network, &all_images(Split::TrainCentral)?, batch)?;
        let test = logits(network, &all_images(Split::Test)?, batch)?;
        let priors = class_priors(&self.training_labels(cell)?, data.classes.len());
        Alignment::from_logits(data, &priors, &train, &test).to_file(data)
    }

    /// The files that only classifiers of some roles have: sample images and an alignment.
    fn role_files(
        &self,
        cell: &ClassifierCell,
        network: &Network,
        batch: usize,
        record: &Record,
    ) -> Result<Vec<(&'static str, Vec<u8>)>> {
        Ok(match cell.role {
            Role::Teacher => vec![(SAMPLE_IMAGES_FILE, sample_images(self.data_module.data())?)],
            Role::ForcedAlignment if record.test.is_some() => {
                vec![(ALIGNMENT_FILE, self.alignment(cell, network, batch)?)]
            }
            _ => Vec::new(),
        })
    }

    /// Evaluates a trained network and publishes its record and files. Describes the result.
    fn publish_training(
        &self,
        cell: &ClassifierCell,
        context: &CellContext,
        training: &mut Training,
        outcome: Outcome,
        began: Instant,
    ) -> Result<String> {
        let (network, batch) = (training.network().frozen(), training.batch());
        let weights = network.to_safetensors();
        let mut record = training_record(Cell::from(cell.clone()), training, outcome, &weights);
        let (mut files, mut latency) = (Vec::new(), None);
        let evaluation_began = Instant::now();
        if !matches!(record.outcome, Outcome::Diverged { .. }) {
            let train = training_images(self.data_module.data(), &cell.examples, cell.seed)?;
            let train = self.labeled_batches(Split::TrainCentral, cell, train)?;
            record.train = Some(evaluate(&network, 0, &train, batch)?);
            match self.evaluate_classifier(cell, &network, batch, &mut record, context)? {
                Some((logits, measured)) => {
                    latency = Some(measured);
                    files.push((file::LOGITS, logits));
                }
                None => record = record.diverged(cell.schedule.epochs),
            }
        }
        files.extend(self.role_files(cell, &network, batch, &record)?);
        let is_needed = matches!(cell.role, Role::Teacher | Role::Network);
        if is_needed || context.run_settings.keep_all_weights {
            files.push((file::WEIGHTS, weights));
        }
        let seconds = &mut training.progress_mut().seconds;
        seconds.evaluate += evaluation_began.elapsed().as_secs_f64();
        seconds.total += began.elapsed().as_secs_f64();
        let provenance = Provenance { latency, ..context.training_provenance(training) };
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        context.publish(&record, &provenance, &files)?;
        Ok(describe_record(&record))
    }
}

#[cfg(test)]
mod tests;

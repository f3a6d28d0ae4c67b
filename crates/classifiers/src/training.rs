//! How a classifier is brought to its record.

use std::time::Instant;

use anyhow::{Context, Result, bail};
use assay_datasets::{Images, Normalization};
use assay_models::{Network, NetworkConfig};
use assay_runs::{
    Cell, ClassifierCell, Latency, Outcome, Provenance, Record, RejectClass, Role, digest, file,
};

use super::alignment::{Alignment, priors};
use super::objective::{SoftTargets, loss_config};
use super::reject_images::{beside, reject_images, rejection};
use super::results::{gallery, latency, logits_file, words};
use super::{TeacherQueries, Teachers, held_out, seen};
use assay_engine::data_module::{DataModule, Split};
use assay_engine::network::{draw, finished, network_config};
use assay_engine::trainer::{LabeledBatches, Training, evaluate, logits};
use assay_engine::worker::{CellContext, describe, record_of};

/// The data that classifiers are trained on, all classes of it.
pub struct Classifiers {
    data_module: DataModule,
    normalization: Normalization,
    classes: Vec<u16>,
}

impl Classifiers {
    /// Of a data set, normalized by all of its training images.
    ///
    /// # Errors
    /// When there is no training image.
    pub fn new(data_module: DataModule) -> Result<Self> {
        let normalization = data_module.data().train.normalization_of_all()?;
        let classes = (0..data_module.data().classes.len() as u16).collect();
        Ok(Self { data_module, normalization, classes })
    }

    /// The same on the labels that a finished aligner gave the data.
    ///
    /// # Errors
    /// When the aligner was not trained, or what it left behind cannot be read.
    pub fn aligned_by(&self, aligner: &ClassifierCell, context: &CellContext) -> Result<Self> {
        let cell = Cell::from(aligner.clone());
        match context.run.record(&cell)?.map(|record| record.outcome) {
            Some(Outcome::Trained) => {}
            Some(outcome) => {
                bail!("its labels are those of {}, which came to nothing: {outcome:?}", cell.name())
            }
            None => bail!("its labels are those of {}, which has no record", cell.name()),
        }
        let bytes = context.run.published(&cell, file::ALIGNMENT)?;
        let Alignment { train, test } = Alignment::read(&bytes, self.data_module.data())
            .with_context(|| format!("what {} left behind", cell.name()))?;
        Ok(Self {
            data_module: self.data_module.with_labels(train, test),
            normalization: self.normalization.clone(),
            classes: self.classes.clone(),
        })
    }

    /// The data.
    #[must_use]
    pub fn data_module(&self) -> &DataModule {
        &self.data_module
    }

    /// How images are normalized.
    #[must_use]
    pub fn normalization(&self) -> &Normalization {
        &self.normalization
    }

    /// The network of a cell.
    ///
    /// # Errors
    /// When the architecture is unknown.
    pub fn network_config(&self, cell: &ClassifierCell) -> Result<NetworkConfig> {
        let outputs = self.classes.len() + usize::from(cell.reject.is_some());
        network_config(&cell.network, self.data_module.shape(&cell.views), outputs)
    }

    /// The network of a finished cell whose weights were kept, frozen.
    ///
    /// # Errors
    /// When the weights are not there or not those of the record.
    pub fn finished(&self, cell: &ClassifierCell, context: &CellContext) -> Result<Network> {
        let (whole, config) = (Cell::from(cell.clone()), self.network_config(cell)?);
        Ok(finished(&context.run, &whole, &config, self.data_module.device())?.frozen())
    }

    /// Brings a classifier to its record, and says what it came to; none when it was stopped, and
    /// saved, before that.
    ///
    /// # Errors
    /// When a teacher is not there, or the run cannot be written to.
    pub fn work(&self, cell: &ClassifierCell, context: &CellContext) -> Result<Option<String>> {
        let began = Instant::now();
        let training = self.training(cell, context)?;
        let config = self.network_config(cell)?;
        match context.train(&Cell::from(cell.clone()), &config, training, began)? {
            Some((mut training, outcome)) => {
                self.finish(cell, context, &mut training, outcome, began).map(Some)
            }
            None => Ok(None),
        }
    }

    pub(super) fn labeled(
        &self,
        part: Split,
        cell: &ClassifierCell,
        chosen: Vec<u32>,
    ) -> Result<LabeledBatches> {
        self.data_module.labeled(part, &cell.views, &self.normalization, &self.classes, chosen)
    }

    /// `train`, and the images of the cell's reject class where it has one.
    fn with_rejected(
        &self,
        train: LabeledBatches,
        cell: &ClassifierCell,
        context: &CellContext,
    ) -> Result<LabeledBatches> {
        let Some(class) = &cell.reject else { return Ok(train) };
        let rejected = self.rejected(class, cell, context)?;
        beside(&train, &rejected, cell, &self.normalization, self.data_module.device())
    }

    fn rejected(
        &self,
        class: &RejectClass,
        cell: &ClassifierCell,
        context: &CellContext,
    ) -> Result<Images> {
        let (shape, label) = (self.data_module.shape(&cell.views), self.classes.len() as u16);
        reject_images(class, shape, label, context)
    }

    fn training(&self, cell: &ClassifierCell, context: &CellContext) -> Result<Training> {
        let data = self.data_module.data();
        let images = seen(data, &cell.examples, cell.seed)?;
        let held_out = held_out(data, cell.examples.held_out)?;
        let train =
            self.with_rejected(self.labeled(Split::Train, cell, images.clone())?, cell, context)?;
        let held_out = self.labeled(Split::TrainCentral, cell, held_out)?;
        let config = self.network_config(cell)?;
        let network =
            draw(&config, cell.network.initialization, &cell.id(), self.data_module.device())?;
        let every = context.settings.evaluate_every;
        let training = Training::new(network, &cell.schedule, cell.id(), (train, held_out), every);
        let Some(loss) = loss_config(&cell.loss) else { return Ok(training) };
        let questions = TeacherQueries {
            data_module: &self.data_module,
            views: &cell.views,
            normalization: &self.normalization,
            batch: training.batch(),
        };
        let teachers = match &cell.panel {
            Some(panel) => Teachers::Kept(vec![self.said_together(panel, &cell.views, context)?]),
            None => questions.asked_of(&cell.teachers, context)?,
        };
        Ok(training.towards(Box::new(SoftTargets::new(loss, teachers, images, cell.views.count))))
    }

    /// Notes how a network does on the test images; gives what it says of those and of the held-out
    /// ones, as a file, and how long a look takes; none where something of that is no finite number.
    pub(super) fn look(
        &self,
        cell: &ClassifierCell,
        network: &Network,
        batch: usize,
        record: &mut Record,
        context: &CellContext,
    ) -> Result<Option<(Vec<u8>, Latency)>> {
        let data = self.data_module.data();
        let all = (0..data.test.len() as u32).collect();
        let test = self.labeled(Split::Test, cell, all)?;
        let held_out = held_out(data, cell.examples.held_out)?;
        let held_out = self.labeled(Split::TrainCentral, cell, held_out)?;
        record.test = Some(evaluate(network, 0, &test, batch)?);
        let said = logits(network, &test, batch)?;
        if let Some(class) = &cell.reject {
            let images = self.rejected(class, cell, context)?.len();
            record.rejection = Some(rejection(&said, &test.labels, images));
        }
        let sets = [
            ("test", said, &test.labels),
            ("held_out", logits(network, &held_out, batch)?, &held_out.labels),
        ];
        let Some(bytes) = logits_file(&sets, words(data, &self.learnt(cell)?))? else {
            return Ok(None);
        };
        record.logits = Some(digest(&bytes));
        let latency = latency(network, &test)?;
        Ok(record.is_finite().then_some((bytes, latency)))
    }

    /// The labels of the training images that a classifier sees.
    fn learnt(&self, cell: &ClassifierCell) -> Result<Vec<u16>> {
        let data = self.data_module.data();
        let seen = seen(data, &cell.examples, cell.seed)?;
        Ok(seen.into_iter().map(|image| data.train.labels()[image as usize]).collect())
    }

    /// What a finished aligner says of every frame, as a file.
    fn alignment(&self, cell: &ClassifierCell, network: &Network, batch: usize) -> Result<Vec<u8>> {
        let data = self.data_module.data();
        let all_of = |part: Split| {
            let all = (0..self.data_module.images(part).len() as u32).collect();
            self.labeled(part, cell, all)
        };
        let train = logits(network, &all_of(Split::TrainCentral)?, batch)?;
        let test = logits(network, &all_of(Split::Test)?, batch)?;
        let priors = priors(&self.learnt(cell)?, data.classes.len());
        Alignment::of(data, &priors, &train, &test).to_file(data)
    }

    fn finish(
        &self,
        cell: &ClassifierCell,
        context: &CellContext,
        training: &mut Training,
        outcome: Outcome,
        began: Instant,
    ) -> Result<String> {
        let (network, batch) = (training.network().frozen(), training.batch());
        let weights = network.to_safetensors();
        let mut record = record_of(Cell::from(cell.clone()), training, outcome, &weights);
        let (mut files, mut latency) = (Vec::new(), None);
        let looked = Instant::now();
        let is_needed = matches!(cell.role, Role::Teacher | Role::Network);
        if !matches!(record.outcome, Outcome::Diverged { .. }) {
            let train = seen(self.data_module.data(), &cell.examples, cell.seed)?;
            let train = self.labeled(Split::TrainCentral, cell, train)?;
            record.train = Some(evaluate(&network, 0, &train, batch)?);
            match self.look(cell, &network, batch, &mut record, context)? {
                Some((said, timed)) => {
                    latency = Some(timed);
                    files.push((file::LOGITS, said));
                }
                None => record = record.diverged(cell.schedule.epochs),
            }
        }
        if cell.role == Role::Teacher {
            files.push((file::GALLERY, gallery(self.data_module.data())?));
        }
        if cell.role == Role::Aligner && record.test.is_some() {
            files.push((file::ALIGNMENT, self.alignment(cell, &network, batch)?));
        }
        if is_needed || context.settings.keep_all_weights {
            files.push((file::WEIGHTS, weights));
        }
        training.progress_mut().seconds.evaluate += looked.elapsed().as_secs_f64();
        training.progress_mut().seconds.total += began.elapsed().as_secs_f64();
        let provenance = Provenance { latency, ..context.provenance_of(training) };
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        context.publish(&record, &provenance, &files)?;
        Ok(describe(&record))
    }
}

#[cfg(test)]
mod tests;

//! How a classifier is brought to its record.

use std::time::Instant;

use anyhow::{Context, Result, bail};
use assay_datasets::{Images, Normalisation};
use assay_models::{Network, NetworkConfig};
use assay_runs::{
    Cell, ClassifierCell, Latency, Outcome, Provenance, Record, RejectClass, Role, digest, file,
};

use super::alignment::{Alignment, priors};
use super::objective::{SoftTargets, loss_config};
use super::reject_images::{beside, reject_images, rejection};
use super::results::{gallery, latency, logits_file, words};
use super::{Questions, Teachers, held_out, seen};
use assay_engine::material::{Material, Part};
use assay_engine::network::{draw, finished, network_config};
use assay_engine::trainer::{LabelledBatches, Training, evaluate, logits};
use assay_engine::worker::{Desk, in_words, record_of};

/// The data that classifiers are trained on, all classes of it.
pub struct Classifiers {
    material: Material,
    normalisation: Normalisation,
    classes: Vec<u16>,
}

impl Classifiers {
    /// Of a data set, normalised by all of its training images.
    ///
    /// # Errors
    /// When there is no training image.
    pub fn new(material: Material) -> Result<Self> {
        let normalisation = material.data().train.normalisation_of_all()?;
        let classes = (0..material.data().classes.len() as u16).collect();
        Ok(Self { material, normalisation, classes })
    }

    /// The same on the labels that a finished aligner gave the data.
    ///
    /// # Errors
    /// When the aligner was not trained, or what it left behind cannot be read.
    pub fn aligned_by(&self, aligner: &ClassifierCell, desk: &Desk) -> Result<Self> {
        let cell = Cell::from(aligner.clone());
        match desk.run.record(&cell)?.map(|record| record.outcome) {
            Some(Outcome::Trained) => {}
            Some(outcome) => {
                bail!("its labels are those of {}, which came to nothing: {outcome:?}", cell.name())
            }
            None => bail!("its labels are those of {}, which has no record", cell.name()),
        }
        let bytes = desk.run.published(&cell, file::ALIGNMENT)?;
        let Alignment { train, test } = Alignment::read(&bytes, self.material.data())
            .with_context(|| format!("what {} left behind", cell.name()))?;
        Ok(Self {
            material: self.material.with_labels(train, test),
            normalisation: self.normalisation.clone(),
            classes: self.classes.clone(),
        })
    }

    /// The data.
    #[must_use]
    pub fn material(&self) -> &Material {
        &self.material
    }

    /// How images are normalised.
    #[must_use]
    pub fn normalisation(&self) -> &Normalisation {
        &self.normalisation
    }

    /// The network of a cell.
    ///
    /// # Errors
    /// When the architecture is unknown.
    pub fn network_config(&self, cell: &ClassifierCell) -> Result<NetworkConfig> {
        let outputs = self.classes.len() + usize::from(cell.reject.is_some());
        network_config(&cell.network, self.material.shape(&cell.views), outputs)
    }

    /// The network of a finished cell whose weights were kept, frozen.
    ///
    /// # Errors
    /// When the weights are not there or not those of the record.
    pub fn finished(&self, cell: &ClassifierCell, desk: &Desk) -> Result<Network> {
        let (whole, config) = (Cell::from(cell.clone()), self.network_config(cell)?);
        Ok(finished(&desk.run, &whole, &config, self.material.device())?.frozen())
    }

    /// Brings a classifier to its record, and says what it came to; none when it was stopped, and
    /// saved, before that.
    ///
    /// # Errors
    /// When a teacher is not there, or the run cannot be written to.
    pub fn work(&self, cell: &ClassifierCell, desk: &Desk) -> Result<Option<String>> {
        let began = Instant::now();
        let training = self.training(cell, desk)?;
        let config = self.network_config(cell)?;
        match desk.train(&Cell::from(cell.clone()), &config, training, began)? {
            Some((mut training, outcome)) => {
                self.finish(cell, desk, &mut training, outcome, began).map(Some)
            }
            None => Ok(None),
        }
    }

    pub(super) fn labelled(
        &self,
        part: Part,
        cell: &ClassifierCell,
        chosen: Vec<u32>,
    ) -> Result<LabelledBatches> {
        self.material.labelled(part, &cell.views, &self.normalisation, &self.classes, chosen)
    }

    /// `train`, and the images of the cell's reject class where it has one.
    fn with_rejected(
        &self,
        train: LabelledBatches,
        cell: &ClassifierCell,
        desk: &Desk,
    ) -> Result<LabelledBatches> {
        let Some(class) = &cell.reject else { return Ok(train) };
        let rejected = self.rejected(class, cell, desk)?;
        beside(&train, &rejected, cell, &self.normalisation, self.material.device())
    }

    fn rejected(&self, class: &RejectClass, cell: &ClassifierCell, desk: &Desk) -> Result<Images> {
        let (shape, label) = (self.material.shape(&cell.views), self.classes.len() as u16);
        reject_images(class, shape, label, desk)
    }

    fn training(&self, cell: &ClassifierCell, desk: &Desk) -> Result<Training> {
        let data = self.material.data();
        let images = seen(data, &cell.examples, cell.seed)?;
        let held_out = held_out(data, cell.examples.held_out)?;
        let train =
            self.with_rejected(self.labelled(Part::Train, cell, images.clone())?, cell, desk)?;
        let held_out = self.labelled(Part::TrainCentral, cell, held_out)?;
        let config = self.network_config(cell)?;
        let network =
            draw(&config, cell.network.initialization, &cell.id(), self.material.device())?;
        let every = desk.settings.evaluate_every;
        let training = Training::new(network, &cell.schedule, cell.id(), (train, held_out), every);
        let Some(loss) = loss_config(&cell.loss) else { return Ok(training) };
        let questions = Questions {
            material: &self.material,
            views: &cell.views,
            normalisation: &self.normalisation,
            batch: training.batch(),
        };
        let teachers = match &cell.panel {
            Some(panel) => Teachers::Kept(vec![self.said_together(panel, &cell.views, desk)?]),
            None => questions.asked_of(&cell.teachers, desk)?,
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
        desk: &Desk,
    ) -> Result<Option<(Vec<u8>, Latency)>> {
        let data = self.material.data();
        let all = (0..data.test.len() as u32).collect();
        let test = self.labelled(Part::Test, cell, all)?;
        let held_out = held_out(data, cell.examples.held_out)?;
        let held_out = self.labelled(Part::TrainCentral, cell, held_out)?;
        record.test = Some(evaluate(network, 0, &test, batch)?);
        let said = logits(network, &test, batch)?;
        if let Some(class) = &cell.reject {
            let images = self.rejected(class, cell, desk)?.len();
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
        let data = self.material.data();
        let seen = seen(data, &cell.examples, cell.seed)?;
        Ok(seen.into_iter().map(|image| data.train.labels()[image as usize]).collect())
    }

    /// What a finished aligner says of every frame, as a file.
    fn alignment(&self, cell: &ClassifierCell, network: &Network, batch: usize) -> Result<Vec<u8>> {
        let data = self.material.data();
        let all_of = |part: Part| {
            let all = (0..self.material.images(part).len() as u32).collect();
            self.labelled(part, cell, all)
        };
        let train = logits(network, &all_of(Part::TrainCentral)?, batch)?;
        let test = logits(network, &all_of(Part::Test)?, batch)?;
        let priors = priors(&self.learnt(cell)?, data.classes.len());
        Alignment::of(data, &priors, &train, &test).to_file(data)
    }

    fn finish(
        &self,
        cell: &ClassifierCell,
        desk: &Desk,
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
            let train = seen(self.material.data(), &cell.examples, cell.seed)?;
            let train = self.labelled(Part::TrainCentral, cell, train)?;
            record.train = Some(evaluate(&network, 0, &train, batch)?);
            match self.look(cell, &network, batch, &mut record, desk)? {
                Some((said, timed)) => {
                    latency = Some(timed);
                    files.push((file::LOGITS, said));
                }
                None => record = record.diverged(cell.schedule.epochs),
            }
        }
        if cell.role == Role::Teacher {
            files.push((file::GALLERY, gallery(self.material.data())?));
        }
        if cell.role == Role::Aligner && record.test.is_some() {
            files.push((file::ALIGNMENT, self.alignment(cell, &network, batch)?));
        }
        if is_needed || desk.settings.keep_all_weights {
            files.push((file::WEIGHTS, weights));
        }
        training.progress_mut().seconds.evaluate += looked.elapsed().as_secs_f64();
        training.progress_mut().seconds.total += began.elapsed().as_secs_f64();
        let provenance = Provenance { latency, ..desk.provenance_of(training) };
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        desk.publish(&record, &provenance, &files)?;
        Ok(in_words(&record))
    }
}

#[cfg(test)]
mod tests;

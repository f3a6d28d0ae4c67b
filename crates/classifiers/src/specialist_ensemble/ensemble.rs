//! The combined predictions of a finished ensemble.

use std::rc::Rc;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use assay_classifier_cells::{SpecialistClasses, SpecialistEnsemble, SpecialistEnsembleCell};
use assay_datasets::{BatchSource, DataError};
use assay_models::Network;
use assay_runs::{Cell, CellSpec, Outcome, Parameters, Record, Seconds, ViewConfig, digest, file};
use burn::tensor::{Tensor, TensorData};

use super::combination::{SpecialistPrediction, combine, softmax};
use crate::output_files::logits_file;
use crate::teacher::{CacheKey, cached_logits};
use crate::{Classifiers, TeacherQueries, validation_images};
use assay_engine::data_module::Split;
use assay_engine::network::load_finished_network;
use assay_engine::trainer::{LabeledBatches, evaluate_logits};
use assay_engine::worker::{CellContext, describe_record};

/// The number of rows that a network processes at a time.
const BATCH: usize = 256;

/// The trained networks of an ensemble.
struct Ensemble {
    generalist: Network,
    specialists: Vec<Specialist>,
    classes: usize,
}

struct Specialist {
    network: Network,
    /// For each class, its position in the specialist's subset; `None` if it is not in there.
    positions: Rc<[Option<usize>]>,
}

impl Specialist {
    /// Evaluates the specialist on the rows whose most likely class is in its subset.
    fn evaluate(
        &self,
        source: &dyn BatchSource,
        rows: &[u32],
        most_likely: &[usize],
    ) -> Result<SpecialistLogits<'_>, DataError> {
        let is_in_subset = |(_, class): &(&u32, &usize)| self.positions[**class].is_some();
        let chosen = rows.iter().zip(most_likely).filter(is_in_subset).map(|(row, _)| *row);
        let logits = row_logits(&self.network, source, &chosen.collect::<Vec<_>>())?;
        Ok(SpecialistLogits { specialist: self, logits, used: 0 })
    }
}

/// The logits of a specialist, row after row.
struct SpecialistLogits<'a> {
    specialist: &'a Specialist,
    logits: Vec<f32>,
    /// The number of logits that were already used.
    used: usize,
}

impl SpecialistLogits<'_> {
    /// The prediction for the next row; `None` if the specialist was not evaluated on it.
    fn next_prediction(&mut self, most_likely: usize) -> Option<SpecialistPrediction> {
        let positions = &self.specialist.positions;
        positions[most_likely]?;
        // The classes of the subset and the dustbin.
        let end = self.used + positions.iter().flatten().count() + 1;
        let probabilities = softmax(&self.logits[self.used..end]);
        self.used = end;
        Some(SpecialistPrediction { positions: Rc::clone(positions), probabilities })
    }
}

impl Ensemble {
    fn open(
        ensemble: &SpecialistEnsemble,
        classifiers: &Classifiers,
        context: &CellContext,
    ) -> Result<Self> {
        let classes = classifiers.data_module().data().classes.len();
        finished_record(&ensemble.generalist.clone().into(), context)?;
        let mut specialists = Vec::new();
        for cell in ensemble.specialist_cells() {
            let whole = Cell::from(cell.clone());
            let record = finished_record(&whole, context)?;
            let subset: &SpecialistClasses =
                record.details().context("the record of a specialist has no classes")?;
            let subset = &subset.classes;
            let positions = (0..classes as u16).map(|class| subset.binary_search(&class).ok());
            let config = classifiers.specialist_config(&cell, subset.len())?;
            let device = classifiers.data_module().device();
            let network = load_finished_network(&context.run, &whole, &config, device)?.frozen();
            specialists.push(Specialist { network, positions: positions.collect() });
        }
        let generalist = classifiers.load_network(&ensemble.generalist, context)?;
        Ok(Self { generalist, specialists, classes })
    }

    /// Computes combined logits `[rows, classes]`, such that their softmax is the combined distribution.
    ///
    /// A row is evaluated by the generalist and by those specialists whose subset contains the generalist's
    /// most likely class. Every network processes all of its rows in batches, so its logits do not depend on
    /// the number of networks. Probabilities are kept for one row at a time, to save memory.
    fn logits(&self, source: &dyn BatchSource, rows: &[u32]) -> Result<Vec<f32>, DataError> {
        let mut logits = row_logits(&self.generalist, source, rows)?;
        let most_likely: Vec<usize> =
            logits.chunks_exact(self.classes).map(|row| argmax(&softmax(row))).collect();
        let outputs = self.specialists.iter().map(|one| one.evaluate(source, rows, &most_likely));
        let mut outputs = outputs.collect::<Result<Vec<_>, _>>()?;
        for (row, class) in logits.chunks_exact_mut(self.classes).zip(most_likely) {
            let predictions: Vec<SpecialistPrediction> =
                outputs.iter_mut().filter_map(|output| output.next_prediction(class)).collect();
            let combined = combine(&softmax(row), &predictions);
            for (logit, q) in row.iter_mut().zip(combined) {
                // A probability of zero has no logarithm; the smallest normal number replaces it.
                *logit = q.max(f64::MIN_POSITIVE).ln() as f32;
            }
        }
        Ok(logits)
    }

    /// Combined logits of the first view of each image, `[images, classes]`.
    fn image_logits(&self, images: &LabeledBatches) -> Result<Tensor<2>, DataError> {
        let rows = (0..images.labels.len() as u32).map(|image| image * images.views);
        let logits = self.logits(&*images.source, &rows.collect::<Vec<_>>())?;
        let device = self.generalist.layers()[0].weight().device();
        let logits = TensorData::new(logits, [images.labels.len(), self.classes]);
        Ok(Tensor::from_data(logits, &device))
    }

    /// The number of parameters of all networks.
    fn parameters(&self) -> u64 {
        let networks = self.specialists.iter().map(|specialist| &specialist.network);
        let all = networks.chain([&self.generalist]);
        all.map(|network| network.parameters().0 as u64).sum()
    }
}

/// The record of a finished network that did not diverge.
fn finished_record(cell: &Cell, context: &CellContext) -> Result<Record> {
    let record = context.run.record(cell)?;
    let record = record.with_context(|| format!("{} has no record", cell.name()))?;
    if let Outcome::Diverged { epoch } = record.outcome {
        bail!("{} diverged in epoch {epoch}: it cannot be part of an ensemble", cell.name());
    }
    Ok(record)
}

/// The logits of rows, row after row.
fn row_logits(
    network: &Network,
    source: &dyn BatchSource,
    rows: &[u32],
) -> Result<Vec<f32>, DataError> {
    source.prefetch(rows)?;
    let mut values = Vec::new();
    for rows in rows.chunks(BATCH) {
        let logits = network.forward(source.batch(rows)?).into_data().convert::<f32>();
        values.extend(logits.try_into_vec::<f32>().expect("just converted"));
    }
    Ok(values)
}

/// The index of the largest number; the first one if there are several.
fn argmax(numbers: &[f64]) -> usize {
    let larger = |best: usize, index: usize| {
        if numbers[index] > numbers[best] { index } else { best }
    };
    (0..numbers.len()).fold(0, larger)
}

impl Classifiers {
    /// Evaluates an ensemble and publishes its record. Describes the result.
    ///
    /// # Errors
    /// Returns an error if one of its networks is missing or diverged, or the run cannot be written.
    pub fn evaluate_ensemble(
        &self,
        cell: &SpecialistEnsembleCell,
        context: &CellContext,
    ) -> Result<String> {
        let began = Instant::now();
        let (data, generalist) = (self.data_module().data(), &cell.ensemble.generalist);
        let ensemble = Ensemble::open(&cell.ensemble, self, context)?;
        let all = (0..data.test.len() as u32).collect();
        let test = self.labeled_batches(Split::Test, generalist, all)?;
        let validation = validation_images(data, generalist.examples.validation_images)?;
        let validation = self.labeled_batches(Split::TrainCentral, generalist, validation)?;
        let test_logits = ensemble.image_logits(&test)?;
        let validation_logits = ensemble.image_logits(&validation)?;
        let sets = [
            ("test", test_logits.clone(), &test.labels),
            ("validation_images", validation_logits, &validation.labels),
        ];
        let logits = logits_file(&sets, Vec::new())?;
        let logits = logits.with_context(|| format!("a logit of {} is not finite", cell.name()))?;
        let total = ensemble.parameters();
        let record = Record {
            test: Some(evaluate_logits(test_logits, &test.labels)),
            logits: Some(digest(&logits)),
            parameters: Parameters { total, trained: 0, multiplications: 0 },
            ..Record::without_training(cell.clone().into())
        };
        ensure!(record.is_finite(), "the test loss of {} is not finite", cell.name());
        let total = began.elapsed().as_secs_f64();
        let seconds = Seconds { evaluate: total, total, ..Seconds::default() };
        context.publish(&record, &context.provenance(seconds), &[(file::LOGITS, &logits)])?;
        Ok(describe_record(&record))
    }

    /// The combined logits of an ensemble for all views of the training images, `[rows, classes]`, on the
    /// device. They are cached in a file of the run.
    ///
    /// # Errors
    /// Returns an error if one of its networks is missing or diverged, or if the cache file cannot be read
    /// or written.
    pub fn ensemble_logits(
        &self,
        ensemble: &SpecialistEnsemble,
        views: &ViewConfig,
        context: &CellContext,
    ) -> Result<Tensor<2>> {
        let mut networks = vec![Cell::from(ensemble.generalist.clone())];
        networks.extend(ensemble.specialist_cells().into_iter().map(Cell::from));
        let weights = networks.iter().map(|cell| Ok(finished_record(cell, context)?.weights));
        let weights = weights.collect::<Result<Vec<_>>>()?.join(" ");
        let (data_module, normalization) = (self.data_module(), self.normalization());
        let inputs =
            TeacherQueries { data_module, views, normalization, batch: BATCH }.fingerprint()?;
        let path = context.run.teacher_outputs(&ensemble.ensemble_cell().into(), &inputs[..16]);
        let key = CacheKey { teacher: digest(weights.as_bytes()), inputs };
        let bank =
            data_module.view_source(Split::Train, views)?.with_normalization(normalization)?;
        let shape = [bank.rows(), self.data_module().data().classes.len()];
        let device = self.data_module().device();
        cached_logits(&path, &key, shape, device, context, || {
            let ensemble = Ensemble::open(ensemble, self, context)?;
            let rows: Vec<u32> = (0..bank.rows() as u32).collect();
            Ok(Tensor::from_data(TensorData::new(ensemble.logits(&bank, &rows)?, shape), device))
        })
    }
}

//! What the finished networks of a panel say together.

use std::rc::Rc;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use assay_datasets::{Batches, DataError};
use assay_models::Network;
use assay_runs::{
    Cell, Outcome, Panel, PanelCell, Parameters, Record, Seconds, Views, digest, file,
};
use burn::tensor::{Tensor, TensorData};

use super::combining::{Known, combined, softmax};
use crate::results::logits_file;
use crate::teacher::{Key, kept};
use crate::{Classifiers, TeacherQueries, held_out};
use assay_engine::data_module::Split;
use assay_engine::network;
use assay_engine::trainer::{LabeledBatches, evaluation};
use assay_engine::worker::{CellContext, describe};

/// Rows run through a panel at a time.
const BATCH: usize = 256;

/// The finished networks of a panel.
struct Finished {
    generalist: Network,
    specialists: Vec<Specialist>,
    classes: usize,
}

struct Specialist {
    network: Network,
    /// Of each class, its place in the field, where it is in there.
    places: Rc<[Option<usize>]>,
}

impl Specialist {
    /// What it says of the rows whose most likely class, by `likely`, is one of its field's.
    fn heard(
        &self,
        source: &dyn Batches,
        rows: &[u32],
        likely: &[usize],
    ) -> Result<Heard<'_>, DataError> {
        let is_own = |(_, class): &(&u32, &usize)| self.places[**class].is_some();
        let own: Vec<u32> = rows.iter().zip(likely).filter(is_own).map(|(row, _)| *row).collect();
        Ok(Heard { specialist: self, said: ask(&self.network, source, &own)?, taken: 0 })
    }
}

/// Logits of a specialist, of one row after another.
struct Heard<'a> {
    specialist: &'a Specialist,
    said: Vec<f32>,
    /// Logits that were taken.
    taken: usize,
}

impl Heard<'_> {
    /// What was said of the next row, whose most likely class this is; none where nothing was.
    fn next(&mut self, likely: usize) -> Option<Known> {
        let places = &self.specialist.places;
        places[likely]?;
        // The field's classes and the dustbin.
        let end = self.taken + places.iter().flatten().count() + 1;
        let probabilities = softmax(&self.said[self.taken..end]);
        self.taken = end;
        Some(Known { places: Rc::clone(places), probabilities })
    }
}

impl Finished {
    fn open(panel: &Panel, classifiers: &Classifiers, context: &CellContext) -> Result<Self> {
        let classes = classifiers.data_module().data().classes.len();
        record(&panel.generalist.clone().into(), context)?;
        let mut specialists = Vec::new();
        for cell in panel.cells() {
            let whole = Cell::from(cell.clone());
            let field = record(&whole, context)?.classes;
            let places = (0..classes as u16).map(|class| field.binary_search(&class).ok());
            let config = classifiers.specialist_config(&cell, field.len())?;
            let device = classifiers.data_module().device();
            let network = network::finished(&context.run, &whole, &config, device)?.frozen();
            specialists.push(Specialist { network, places: places.collect() });
        }
        let generalist = classifiers.finished(&panel.generalist, context)?;
        Ok(Self { generalist, specialists, classes })
    }

    /// Logits z with softmax(z) = q for each of some rows, `[rows, classes]`. On an image speak the
    /// generalist and the specialists whose field has the class that the generalist finds most likely.
    ///
    /// Of all rows at once there are the networks' logits alone; probabilities are of a row at a time. Networks
    /// are asked in batches of all their rows, so that what they say does not depend on how many are combined.
    fn say(&self, source: &dyn Batches, rows: &[u32]) -> Result<Vec<f32>, DataError> {
        let mut said = ask(&self.generalist, source, rows)?;
        let likely: Vec<usize> =
            said.chunks_exact(self.classes).map(|general| most_likely(&softmax(general))).collect();
        let heard = self.specialists.iter().map(|one| one.heard(source, rows, &likely));
        let mut heard = heard.collect::<Result<Vec<_>, _>>()?;
        for (general, likely) in said.chunks_exact_mut(self.classes).zip(likely) {
            let known: Vec<Known> = heard.iter_mut().filter_map(|one| one.next(likely)).collect();
            let together = combined(&softmax(general), &known);
            for (said, q) in general.iter_mut().zip(together) {
                // A probability of zero has no logarithm; none of these is told from the smallest one.
                *said = q.max(f64::MIN_POSITIVE).ln() as f32;
            }
        }
        Ok(said)
    }

    fn say_of_images(&self, images: &LabeledBatches) -> Result<Tensor<2>, DataError> {
        let rows = (0..images.labels.len() as u32).map(|image| image * images.views);
        let said = self.say(&*images.source, &rows.collect::<Vec<_>>())?;
        let device = self.generalist.layers()[0].weight().device();
        let said = TensorData::new(said, [images.labels.len(), self.classes]);
        Ok(Tensor::from_data(said, &device))
    }

    fn parameters(&self) -> u64 {
        let networks = self.specialists.iter().map(|specialist| &specialist.network);
        let all = networks.chain([&self.generalist]);
        all.map(|network| network.parameters().0 as u64).sum()
    }
}

/// The record of a finished network that has something to say.
fn record(cell: &Cell, context: &CellContext) -> Result<Record> {
    let record = context.run.record(cell)?;
    let record = record.with_context(|| format!("{} has no record", cell.name()))?;
    if let Outcome::Diverged { epoch } = record.outcome {
        bail!("{} diverged in epoch {epoch}: it has nothing to say", cell.name());
    }
    Ok(record)
}

/// Logits of rows, one after another.
fn ask(network: &Network, source: &dyn Batches, rows: &[u32]) -> Result<Vec<f32>, DataError> {
    source.read_ahead(rows)?;
    let mut answers = Vec::new();
    for rows in rows.chunks(BATCH) {
        let logits = network.forward(source.batch(rows)?).into_data().convert::<f32>();
        answers.extend(logits.try_into_vec::<f32>().expect("just converted"));
    }
    Ok(answers)
}

/// The place of the largest number, the first of several.
fn most_likely(numbers: &[f64]) -> usize {
    let larger = |best: usize, at: usize| if numbers[at] > numbers[best] { at } else { best };
    (0..numbers.len()).fold(0, larger)
}

impl Classifiers {
    /// Gives what a panel says together its record, and says what it came to.
    ///
    /// # Errors
    /// When one of its networks is not there or diverged, or the run cannot be written to.
    pub fn answer_together(&self, cell: &PanelCell, context: &CellContext) -> Result<String> {
        let began = Instant::now();
        let (data, generalist) = (self.data_module().data(), &cell.panel.generalist);
        let finished = Finished::open(&cell.panel, self, context)?;
        let all = (0..data.test.len() as u32).collect();
        let test = self.labeled(Split::Test, generalist, all)?;
        let held_out = held_out(data, generalist.examples.held_out)?;
        let held_out = self.labeled(Split::TrainCentral, generalist, held_out)?;
        let of_test = finished.say_of_images(&test)?;
        let of_held_out = finished.say_of_images(&held_out)?;
        let sets =
            [("test", of_test.clone(), &test.labels), ("held_out", of_held_out, &held_out.labels)];
        let said = logits_file(&sets, Vec::new())?;
        let said =
            said.with_context(|| format!("what {} says of images is no number", cell.name()))?;
        let total = finished.parameters();
        let record = Record {
            test: Some(evaluation(of_test, &test.labels)),
            logits: Some(digest(&said)),
            parameters: Parameters { total, trained: 0, multiplications: 0 },
            ..Record::measured(cell.clone().into())
        };
        ensure!(record.is_finite(), "what {} says of test images is no number", cell.name());
        let total = began.elapsed().as_secs_f64();
        let seconds = Seconds { evaluate: total, total, ..Seconds::default() };
        context.publish(&record, &context.provenance(seconds), &[(file::LOGITS, &said)])?;
        Ok(describe(&record))
    }

    /// The logits of what a panel says together of every row of the training images in these views, `[rows,
    /// classes]`, on the device; from the run's file where there is one, which is written otherwise.
    ///
    /// # Errors
    /// When one of its networks is not there or diverged, or the file is of another panel or of other
    /// images.
    pub fn said_together(
        &self,
        panel: &Panel,
        views: &Views,
        context: &CellContext,
    ) -> Result<Tensor<2>> {
        let mut networks = vec![Cell::from(panel.generalist.clone())];
        networks.extend(panel.cells().into_iter().map(Cell::from));
        let weights = networks.iter().map(|cell| Ok(record(cell, context)?.weights));
        let weights = weights.collect::<Result<Vec<_>>>()?.join(" ");
        let (data_module, normalization) = (self.data_module(), self.normalization());
        let inputs =
            TeacherQueries { data_module, views, normalization, batch: BATCH }.identity()?;
        let path = context.run.teacher_outputs(&panel.together().into(), &inputs[..16]);
        let key = Key { teacher: digest(weights.as_bytes()), inputs };
        let bank =
            self.data_module().bank(Split::Train, views)?.normalized_by(self.normalization())?;
        let shape = [bank.rows(), self.data_module().data().classes.len()];
        let device = self.data_module().device();
        kept(&path, &key, shape, device, context, || {
            let finished = Finished::open(panel, self, context)?;
            let rows: Vec<u32> = (0..bank.rows() as u32).collect();
            Ok(Tensor::from_data(TensorData::new(finished.say(&bank, &rows)?, shape), device))
        })
    }
}

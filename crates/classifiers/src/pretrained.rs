//! Classifiers from files of weights: looked at as those that were trained here, and not trained.

use std::time::Instant;

use anyhow::{Context, Result};
use assay_engine::weight_files::{WeightFiles, network_of_file};
use assay_engine::worker::{CellContext, describe};
use assay_runs::{Cell, ClassifierCell, Parameters, Provenance, Record, Seconds, digest, file};

use super::Classifiers;
use super::results::gallery;

impl Classifiers {
    /// Gives a classifier from a file its record, and says what it came to: nothing is trained.
    ///
    /// # Errors
    /// When the file is not that of the cell or does not fit, or the run cannot be written to.
    pub fn import_pretrained(
        &self,
        cell: &ClassifierCell,
        files: &WeightFiles,
        context: &CellContext,
    ) -> Result<String> {
        let began = Instant::now();
        let wanted = cell.weights.as_deref().context("a cell whose weights are not from a file")?;
        let device = self.data_module().device();
        let given = files.find(wanted)?;
        let network = network_of_file(given, &self.network_config(cell)?, device)?;
        let network = network.frozen();
        let weights = network.to_safetensors();
        let (total, trained) = network.parameters();
        let mut record = Record {
            parameters: Parameters {
                total: total as u64,
                trained: trained as u64,
                multiplications: network.multiplications() as u64,
            },
            weights: digest(&weights),
            ..Record::measured(Cell::from(cell.clone()))
        };
        let batch = cell.schedule.batch as usize;
        let looked = self.look(cell, &network, batch, &mut record, context)?;
        let (logits, latency) = looked.with_context(|| {
            format!(
                "{}: what the network answers to test or held-out images is not finite; was it trained on images \
                 normalized as these are?",
                given.display()
            )
        })?;
        let total = began.elapsed().as_secs_f64();
        let seconds = Seconds { evaluate: total, total, ..Seconds::default() };
        let provenance = Provenance { latency: Some(latency), ..context.provenance(seconds) };
        let gallery = gallery(self.data_module().data())?;
        let files = [
            (file::LOGITS, logits.as_slice()),
            (file::GALLERY, gallery.as_slice()),
            (file::WEIGHTS, weights.as_slice()),
        ];
        context.publish(&record, &provenance, &files)?;
        Ok(describe(&record))
    }
}

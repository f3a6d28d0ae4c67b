//! Classifiers with pretrained weights: evaluated like trained ones, but not trained.

use std::time::Instant;

use anyhow::{Context, Result};
use assay_classifier_cells::{ClassifierCell, SAMPLE_IMAGES_FILE};
use assay_engine::network::parameter_counts;
use assay_engine::weight_files::{WeightFiles, network_from_file};
use assay_engine::worker::{CellContext, describe_record};
use assay_runs::{Cell, Provenance, Record, Seconds, digest, file};

use super::Classifiers;
use super::output_files::sample_images;

impl Classifiers {
    /// Imports and evaluates a pretrained classifier, and publishes its record. Describes the result.
    ///
    /// # Errors
    /// Returns an error if the file is not the planned one or does not fit, or if the run cannot be written.
    pub fn import_pretrained(
        &self,
        cell: &ClassifierCell,
        files: &WeightFiles,
        context: &CellContext,
    ) -> Result<String> {
        let began = Instant::now();
        let wanted =
            cell.weights.as_deref().context("the weights of the cell are not from a file")?;
        let device = self.data_module().device();
        let file = files.find(wanted)?;
        let network = network_from_file(file, &self.network_config(cell)?, device)?;
        let network = network.frozen();
        let weights = network.to_safetensors();
        let mut record = Record {
            parameters: parameter_counts(&network),
            weights: digest(&weights),
            ..Record::without_training(Cell::from(cell.clone()))
        };
        let batch = cell.schedule.batch as usize;
        let evaluated = self.evaluate_classifier(cell, &network, batch, &mut record, context)?;
        let (logits, latency) = evaluated.with_context(|| {
            format!(
                "{}: an output for the test or validation images is not finite; was the network trained on \
                 images normalized like these?",
                file.display()
            )
        })?;
        let total = began.elapsed().as_secs_f64();
        let seconds = Seconds { evaluate: total, total, ..Seconds::default() };
        let provenance = Provenance { latency: Some(latency), ..context.provenance(seconds) };
        let samples = sample_images(self.data_module().data())?;
        let files = [
            (file::LOGITS, logits.as_slice()),
            (SAMPLE_IMAGES_FILE, samples.as_slice()),
            (file::WEIGHTS, weights.as_slice()),
        ];
        context.publish(&record, &provenance, &files)?;
        Ok(describe_record(&record))
    }
}

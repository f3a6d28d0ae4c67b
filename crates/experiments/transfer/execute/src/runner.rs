//! How a cell of the transfer study is brought to its record.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use assay_runs::{Cell, DatasetId, Outcome, Plan, Record, Seconds, TransferCell, Treatment, file};
use burn::tensor::Device;

use super::networks::{initial_network, network_config};
use super::{HalvedDataModule, TransferProfile, layer_scores};
use assay_engine::experiment::CellRunner;
use assay_engine::trainer::Training;
use assay_engine::worker::{CellContext, describe_record, training_record};

/// The data of a transfer sweep, and what is done with it.
pub struct TransferRunner {
    data_module: HalvedDataModule,
}

impl TransferRunner {
    /// Opens the data of a planned sweep.
    ///
    /// # Errors
    /// When the plan's settings are no profile, or its data cannot be read.
    pub fn open(plan: &Plan, data_dir: Option<&Path>, device: &Device) -> Result<Self> {
        let profile: TransferProfile =
            serde_json::from_value(plan.settings.clone()).context("the settings of the plan")?;
        Ok(Self { data_module: HalvedDataModule::open(&profile, data_dir, device)? })
    }

    fn score(&self, cell: &TransferCell, context: &CellContext) -> Result<String> {
        let began = Instant::now();
        let record = Record {
            layer_scores: layer_scores(cell, &self.data_module, &context.run)?,
            ..Record::without_training(cell.clone().into())
        };
        let total = began.elapsed().as_secs_f64();
        let seconds = Seconds { evaluate: total, total, ..Seconds::default() };
        context.publish(&record, &context.provenance(seconds), &[])?;
        Ok("scored".to_owned())
    }

    fn train(&self, cell: &TransferCell, context: &CellContext) -> Result<Option<String>> {
        let began = Instant::now();
        let of_any_study = Cell::from(cell.clone());
        let config = network_config(cell, &self.data_module)?;
        let network = initial_network(cell, &self.data_module, &context.run)?;
        let training = Training::new(
            network,
            &cell.schedule,
            cell.id(),
            self.data_module.batches(cell)?,
            context.run_settings.evaluate_every,
        );
        let Some((mut training, outcome)) =
            context.run_training(&of_any_study, &config, training, began)?
        else {
            return Ok(None);
        };
        training.progress_mut().seconds.total += began.elapsed().as_secs_f64();
        let weights = training.network().to_safetensors();
        let mut record = training_record(of_any_study, &training, outcome, &weights);
        if !matches!(record.outcome, Outcome::Diverged { .. }) {
            record.test = record.curve.last().and_then(|point| point.test);
        }
        let is_kept = context.run_settings.keep_all_weights
            || matches!(cell.treatment, Treatment::Base { .. });
        let files = [(file::WEIGHTS, weights.as_slice())];
        let files = if is_kept { &files[..] } else { &[] };
        context.publish(&record, &context.training_provenance(&training), files)?;
        Ok(Some(describe_record(&record)))
    }
}

impl CellRunner for TransferRunner {
    fn data(&self) -> DatasetId {
        self.data_module.identity()
    }

    fn work(&self, cell: &Cell, context: &CellContext) -> Result<Option<String>> {
        let cell = cell.transfer().context("a cell of another study in a transfer sweep")?;
        if matches!(cell.treatment, Treatment::Scores { .. }) {
            return self.score(cell, context).map(Some);
        }
        self.train(cell, context)
    }
}

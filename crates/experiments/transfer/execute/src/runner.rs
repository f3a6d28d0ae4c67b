//! Computes the cells of the transfer experiment.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use assay_runs::{Cell, CellSpec, DatasetId, Outcome, Plan, Record, Seconds, file};
use assay_transfer::{BaseScores, TransferCell, Treatment};
use burn::tensor::Device;

use super::networks::{initial_network, network_config};
use super::{HalvedDataModule, TransferProfile, layer_scores};
use assay_engine::experiment::CellRunner;
use assay_engine::trainer::Training;
use assay_engine::worker::{CellContext, describe_record, training_record};

/// Computes the cells of a transfer sweep.
pub struct TransferRunner {
    data_module: HalvedDataModule,
}

impl TransferRunner {
    /// Opens the data of a planned sweep.
    ///
    /// # Errors
    /// The plan's settings are not a transfer profile, or the data cannot be read.
    pub fn open(plan: &Plan, data_dir: Option<&Path>, device: &Device) -> Result<Self> {
        let profile: TransferProfile =
            serde_json::from_value(plan.settings.clone()).context("the settings of the plan")?;
        Ok(Self { data_module: HalvedDataModule::open(&profile, data_dir, device)? })
    }

    /// Scores the layers of a base.
    fn score(&self, cell: &TransferCell, context: &CellContext) -> Result<String> {
        let started = Instant::now();
        let layers = layer_scores(cell, &self.data_module, &context.run)?;
        let record = Record {
            details: Some(BaseScores { layers }.into()),
            ..Record::without_training(cell.clone().into())
        };
        let total = started.elapsed().as_secs_f64();
        let seconds = Seconds { evaluate: total, total, ..Seconds::default() };
        context.publish(&record, &context.provenance(seconds), &[])?;
        Ok("scored".to_owned())
    }

    /// Trains and tests a network; none if stopped before the end. The text describes the result.
    fn train(&self, cell: &TransferCell, context: &CellContext) -> Result<Option<String>> {
        let started = Instant::now();
        let any_cell = Cell::from(cell.clone());
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
            context.run_training(&any_cell, &config, training, started)?
        else {
            return Ok(None);
        };
        training.progress_mut().seconds.total += started.elapsed().as_secs_f64();
        let weights = training.network().to_safetensors();
        let mut record = training_record(any_cell, &training, outcome, &weights);
        if !matches!(record.outcome, Outcome::Diverged { .. }) {
            record.test = record.curve.last().and_then(|point| point.evaluation);
        }
        let keeps_weights = context.run_settings.keep_all_weights
            || matches!(cell.treatment, Treatment::Base { .. });
        let files = [(file::WEIGHTS, weights.as_slice())];
        let files = if keeps_weights { &files[..] } else { &[] };
        context.publish(&record, &context.training_provenance(&training), files)?;
        Ok(Some(describe_record(&record)))
    }
}

impl CellRunner for TransferRunner {
    fn data(&self) -> DatasetId {
        self.data_module.identity()
    }

    fn work(&self, cell: &Cell, context: &CellContext) -> Result<Option<String>> {
        let cell = cell
            .downcast_ref::<TransferCell>()
            .context("the plan of a transfer sweep has a cell of another experiment")?;
        if matches!(cell.treatment, Treatment::Scores { .. }) {
            return self.score(cell, context).map(Some);
        }
        self.train(cell, context)
    }
}

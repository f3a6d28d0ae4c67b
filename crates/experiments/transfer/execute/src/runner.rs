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
use assay_engine::trainer::{Training, evaluate};
use assay_engine::tuning::chosen_lr_factor;
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
        let candidates = cell.tuning.as_ref().map(|tuning| &tuning.candidates);
        let lr_factor = chosen_lr_factor(candidates, cell.trials(), &context.run)?;
        let training = Training::new(
            network,
            &cell.schedule.with_lr_factor(lr_factor.or(cell.trial).unwrap_or(1.0)),
            cell.stream_owner(),
            self.data_module.batches(cell)?,
            context.run_settings.evaluate_every,
        );
        let Some((mut training, outcome)) =
            context.run_training(&any_cell, &config, training, started)?
        else {
            return Ok(None);
        };
        let weights = training.network().to_safetensors();
        let record = training_record(any_cell, &training, outcome, &weights);
        let mut record = Record { lr_factor, ..record };
        let evaluation_started = Instant::now();
        // The test images are read once, after everything is decided.
        if cell.is_compared() && !matches!(record.outcome, Outcome::Diverged { .. }) {
            let test = self.data_module.test_batches(cell)?;
            record.test = Some(evaluate(training.network(), 0, &test, training.batch())?);
            if !record.is_finite() {
                record = record.diverged(cell.schedule.epochs);
            }
        }
        let seconds = &mut training.progress_mut().seconds;
        seconds.evaluate += evaluation_started.elapsed().as_secs_f64();
        seconds.total += started.elapsed().as_secs_f64();
        let is_source = matches!(cell.treatment, Treatment::Base { .. }) && cell.trial.is_none();
        let keeps_weights = context.run_settings.keep_all_weights || is_source;
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

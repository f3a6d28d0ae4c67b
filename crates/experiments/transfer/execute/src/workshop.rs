//! How a cell of the transfer study is brought to its record.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use assay_runs::{Cell, Data, Outcome, Plan, Record, Seconds, TransferCell, Treatment, file};
use burn::tensor::Device;

use super::networks::{initial_network, network_config};
use super::{HalvedMaterial, TransferProfile, layer_scores};
use assay_engine::experiment::CellRunner;
use assay_engine::trainer::Training;
use assay_engine::worker::{Desk, in_words, record_of};

/// The data of a transfer sweep, and what is done with it.
pub struct TransferWorkshop {
    material: HalvedMaterial,
}

impl TransferWorkshop {
    /// Opens the data of a planned sweep.
    ///
    /// # Errors
    /// When the plan's settings are no profile, or its data cannot be read.
    pub fn open(plan: &Plan, data_dir: Option<&Path>, device: &Device) -> Result<Self> {
        let profile: TransferProfile =
            serde_json::from_value(plan.settings.clone()).context("the settings of the plan")?;
        Ok(Self { material: HalvedMaterial::open(&profile, data_dir, device)? })
    }

    fn score(&self, cell: &TransferCell, desk: &Desk) -> Result<String> {
        let began = Instant::now();
        let record = Record {
            layer_scores: layer_scores(cell, &self.material, &desk.run)?,
            ..Record::measured(cell.clone().into())
        };
        let total = began.elapsed().as_secs_f64();
        let seconds = Seconds { evaluate: total, total, ..Seconds::default() };
        desk.publish(&record, &desk.provenance(seconds), &[])?;
        Ok("scored".to_owned())
    }

    fn train(&self, cell: &TransferCell, desk: &Desk) -> Result<Option<String>> {
        let began = Instant::now();
        let of_any_study = Cell::from(cell.clone());
        let config = network_config(cell, &self.material)?;
        let network = initial_network(cell, &self.material, &desk.run)?;
        let training = Training::new(
            network,
            &cell.schedule,
            cell.id(),
            self.material.batches(cell)?,
            desk.settings.evaluate_every,
        );
        let Some((mut training, outcome)) = desk.train(&of_any_study, &config, training, began)?
        else {
            return Ok(None);
        };
        training.progress_mut().seconds.total += began.elapsed().as_secs_f64();
        let weights = training.network().to_safetensors();
        let mut record = record_of(of_any_study, &training, outcome, &weights);
        if !matches!(record.outcome, Outcome::Diverged { .. }) {
            record.test = record.curve.last().and_then(|point| point.test);
        }
        let is_kept =
            desk.settings.keep_all_weights || matches!(cell.treatment, Treatment::Base { .. });
        let files = [(file::WEIGHTS, weights.as_slice())];
        let files = if is_kept { &files[..] } else { &[] };
        desk.publish(&record, &desk.provenance_of(&training), files)?;
        Ok(Some(in_words(&record)))
    }
}

impl CellRunner for TransferWorkshop {
    fn data(&self) -> Data {
        self.material.identity()
    }

    fn work(&self, cell: &Cell, desk: &Desk) -> Result<Option<String>> {
        let cell = cell.transfer().context("a cell of another study in a transfer sweep")?;
        if matches!(cell.treatment, Treatment::Scores { .. }) {
            return self.score(cell, desk).map(Some);
        }
        self.train(cell, desk)
    }
}

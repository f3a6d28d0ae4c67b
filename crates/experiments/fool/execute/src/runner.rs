//! Computes the cells of the fooling experiment.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use assay_classifier_cells::{
    AttackCell, CellKind, ClassifierCell, CrossEvaluationCell, ExternalEvaluationCell,
};
use assay_runs::{Cell, CellSpec, DatasetId, Outcome, Plan, Record, Seconds, digest, file};
use burn::tensor::Device;

use super::artifacts::{attack_files, logits_file};
use super::ascent::mean_image;
use super::attack::attack;
use super::attack_output::AttackOutput;
use super::evaluation::{attack_elites, external_predictions, predictions};
use super::external_models::load_external_model;
use super::{Classifier, FoolProfile};
use assay_classifiers::Classifiers;
use assay_engine::data_module::DataModule;
use assay_engine::experiment::CellRunner;
use assay_engine::worker::CellContext;

/// Computes the cells of a fooling run.
pub struct FoolRunner {
    classifiers: Classifiers,
    /// The directories of other runs, whose networks evaluate the images found here.
    external_runs: Vec<String>,
}

impl FoolRunner {
    /// Opens the data of a planned run.
    ///
    /// # Errors
    /// The plan's settings are not a fooling profile, or the data cannot be read.
    pub fn open(plan: &Plan, data_dir: Option<&Path>, device: &Device) -> Result<Self> {
        let profile: FoolProfile =
            serde_json::from_value(plan.settings.clone()).context("the settings of the plan")?;
        let data_module = DataModule::open(&profile.data, &profile.run, data_dir, device)?;
        Ok(Self {
            classifiers: Classifiers::new(data_module)?,
            external_runs: profile.external_runs,
        })
    }

    fn classifier(&self, network: &ClassifierCell, context: &CellContext) -> Result<Classifier> {
        let data_module = self.classifiers.data_module();
        Ok(Classifier::new(
            self.classifiers.load_network(network, context)?,
            data_module.shape(&network.views),
            self.classifiers.normalization().clone(),
            data_module.device().clone(),
        ))
    }

    fn has_diverged(network: &ClassifierCell, context: &CellContext) -> Result<bool> {
        let record = context.run.record(&Cell::from(network.clone()))?;
        let record = record.with_context(|| format!("{} has no record", network.name()))?;
        Ok(matches!(record.outcome, Outcome::Diverged { .. }))
    }

    /// Attacks a network; none if stopped before the end. The text describes the result.
    fn attack(&self, cell: &AttackCell, context: &CellContext) -> Result<Option<String>> {
        let started = Instant::now();
        let empty = Record::without_training(cell.clone().into());
        if Self::has_diverged(&cell.network, context)? {
            context.publish(&empty, &context.provenance(seconds(started)), &[])?;
            return Ok(Some("not attacked: the network diverged".to_owned()));
        }
        let classifier = self.classifier(&cell.network, context)?;
        let data = self.classifiers.data_module().data();
        let mean = || Ok(mean_image(&data.train, &cell.network.views)?);
        let Some(output) = attack(cell, &classifier, data.classes.len(), mean, context)? else {
            return Ok(None);
        };
        let description = output.result.curve.last().map_or_else(
            || "done".to_owned(),
            |point| format!("median {:.2} %", 100.0 * point.median),
        );
        let (files, logits) = attack_files(&output, &classifier, &cell.id())?;
        let AttackOutput { result, mut resume_history, .. } = output;
        let record = Record { details: Some(result.into()), logits: Some(logits), ..empty };
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        resume_history.seconds += started.elapsed().as_secs_f64();
        let total = resume_history.seconds;
        let seconds = Seconds { evaluate: total, total, ..Seconds::default() };
        let provenance = resume_history.provenance(context.provenance(seconds));
        context.publish(&record, &provenance, &files)?;
        Ok(Some(description))
    }

    /// Evaluates an attack's images by another network of this run.
    fn cross_evaluate(&self, cell: &CrossEvaluationCell, context: &CellContext) -> Result<String> {
        let started = Instant::now();
        let empty = Record::without_training(cell.clone().into());
        let attacked_diverged = Self::has_diverged(&cell.attack.network, context)?;
        if attacked_diverged || Self::has_diverged(&cell.network, context)? {
            context.publish(&empty, &context.provenance(seconds(started)), &[])?;
            return Ok("not evaluated: a network diverged".to_owned());
        }
        let (pixels, classes) = attack_elites(&cell.attack, &context.run)?;
        let classifier = self.classifier(&cell.network, context)?;
        let (predictions, logits) = predictions(cell.network.id(), &classifier, &pixels, &classes)?;
        let logits_file = logits_file(&logits, classes.len())?;
        let logits = Some(digest(&logits_file));
        let record = Record { details: Some(predictions.into()), logits, ..empty };
        let files = [(file::LOGITS, logits_file.as_slice())];
        context.publish(&record, &context.provenance(seconds(started)), &files)?;
        Ok("evaluated".to_owned())
    }

    /// Evaluates an attack's images by a network of another run.
    fn evaluate_externally(
        &self,
        cell: &ExternalEvaluationCell,
        context: &CellContext,
    ) -> Result<String> {
        let started = Instant::now();
        let mut record = Record::without_training(cell.clone().into());
        if !Self::has_diverged(&cell.attack.network, context)? {
            let (pixels, labels) = attack_elites(&cell.attack, &context.run)?;
            let data_module = self.classifiers.data_module();
            let device = data_module.device();
            let classifier =
                load_external_model(&cell.external_model, &self.external_runs, device)?;
            let classes = &data_module.data().classes;
            let predictions = external_predictions(cell, &classifier, (&pixels, &labels), classes)?;
            record.details = Some(predictions.into());
        }
        context.publish(&record, &context.provenance(seconds(started)), &[])?;
        Ok("evaluated".to_owned())
    }
}

/// The time since `started`, all of it spent on evaluation.
fn seconds(started: Instant) -> Seconds {
    let total = started.elapsed().as_secs_f64();
    Seconds { evaluate: total, total, ..Seconds::default() }
}

impl CellRunner for FoolRunner {
    fn data(&self) -> DatasetId {
        self.classifiers.data_module().identity()
    }

    fn work(&self, cell: &Cell, context: &CellContext) -> Result<Option<String>> {
        match CellKind::from(cell) {
            CellKind::Classifier(cell) => self.classifiers.train(cell, context),
            CellKind::Attack(cell) => self.attack(cell, context),
            CellKind::CrossEvaluation(cell) => self.cross_evaluate(cell, context).map(Some),
            CellKind::ExternalEvaluation(cell) => self.evaluate_externally(cell, context).map(Some),
            _ => bail!("the plan of a fooling run has a cell of another experiment"),
        }
    }
}

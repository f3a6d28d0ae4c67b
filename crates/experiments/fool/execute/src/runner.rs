//! How a cell of the fooling study is brought to its record.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use assay_runs::{
    AttackCell, Cell, ClassifierCell, CrossEvaluationCell, DatasetId, ExternalEvaluationCell,
    Outcome, Plan, Record, Seconds, digest, file,
};
use burn::tensor::Device;

use super::artifacts::{files, logits_file};
use super::ascent::mean_image;
use super::attack::{AttackOutput, attack};
use super::guest_showing::{guest_classifier, guest_opinion};
use super::showing::{elites, opinion};
use super::{Classifier, FoolProfile};
use assay_classifiers::Classifiers;
use assay_engine::data_module::DataModule;
use assay_engine::experiment::CellRunner;
use assay_engine::profile::view_settings;
use assay_engine::worker::CellContext;

/// The data of a fooling run, and what is done with it.
pub struct FoolRunner {
    classifiers: Classifiers,
    /// Other runs, whose networks are shown what was found.
    nets: Vec<String>,
}

impl FoolRunner {
    /// Opens the data of a planned run.
    ///
    /// # Errors
    /// When the plan's settings are no profile, or its data cannot be read.
    pub fn open(plan: &Plan, data_dir: Option<&Path>, device: &Device) -> Result<Self> {
        let profile: FoolProfile =
            serde_json::from_value(plan.settings.clone()).context("the settings of the plan")?;
        let data_module = DataModule::open(&profile.data, &profile.run, data_dir, device)?;
        Ok(Self { classifiers: Classifiers::new(data_module)?, nets: profile.nets })
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

    /// Whether a finished network has weights to speak of.
    fn has_diverged(network: &ClassifierCell, context: &CellContext) -> Result<bool> {
        let record = context.run.record(&Cell::from(network.clone()))?;
        let record = record.with_context(|| format!("{} has no record", network.name()))?;
        Ok(matches!(record.outcome, Outcome::Diverged { .. }))
    }

    fn attack(&self, cell: &AttackCell, context: &CellContext) -> Result<Option<String>> {
        let began = Instant::now();
        let nothing = Record::without_training(cell.clone().into());
        if Self::has_diverged(&cell.network, context)? {
            context.publish(&nothing, &context.provenance(seconds(began)), &[])?;
            return Ok(Some("nothing to attack: the network diverged".to_owned()));
        }
        let classifier = self.classifier(&cell.network, context)?;
        let classes = self.classifiers.data_module().data().classes.len();
        let views = view_settings(&cell.network.views);
        let mean = || Ok(mean_image(&self.classifiers.data_module().data().train, &views)?);
        let Some(found) = attack(cell, &classifier, classes, mean, context)? else {
            return Ok(None);
        };
        let words = found.result.curve.last().map_or_else(
            || "done".to_owned(),
            |point| format!("median {:.2} %", 100.0 * point.median),
        );
        let (files, logits) = files(&found, &classifier, &cell.id())?;
        let AttackOutput { result, mut resume_history, .. } = found;
        let record = Record { attack: Some(result), logits: Some(logits), ..nothing };
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        resume_history.seconds += began.elapsed().as_secs_f64();
        let total = resume_history.seconds;
        let seconds = Seconds { evaluate: total, total, ..Seconds::default() };
        let provenance = resume_history.provenance(context.provenance(seconds));
        context.publish(&record, &provenance, &files)?;
        Ok(Some(words))
    }

    fn show(&self, cell: &CrossEvaluationCell, context: &CellContext) -> Result<String> {
        let began = Instant::now();
        let diverged = [&cell.shown.network, &cell.audience]
            .map(|network| Self::has_diverged(network, context));
        let [of_shown, of_audience] = diverged;
        let nothing = Record::without_training(cell.clone().into());
        if of_shown? || of_audience? {
            context.publish(&nothing, &context.provenance(seconds(began)), &[])?;
            return Ok("nothing to show: a network diverged".to_owned());
        }
        let (pixels, classes) = elites(&cell.shown, &context.run)?;
        let classifier = self.classifier(&cell.audience, context)?;
        let (opinion, logits) = opinion(cell.audience.id(), &classifier, &pixels, &classes)?;
        let said = logits_file(&logits, classes.len())?;
        let logits = Some(digest(&said));
        let record = Record { opinion: Some(opinion), logits, ..nothing };
        let files = [(file::LOGITS, said.as_slice())];
        context.publish(&record, &context.provenance(seconds(began)), &files)?;
        Ok("shown".to_owned())
    }

    fn show_to_guest(
        &self,
        cell: &ExternalEvaluationCell,
        context: &CellContext,
    ) -> Result<String> {
        let began = Instant::now();
        let mut record = Record::without_training(cell.clone().into());
        if !Self::has_diverged(&cell.shown.network, context)? {
            let (pixels, labels) = elites(&cell.shown, &context.run)?;
            let data_module = self.classifiers.data_module();
            let classifier = guest_classifier(&cell.guest, &self.nets, data_module.device())?;
            let classes = &data_module.data().classes;
            record.guest_opinion =
                Some(guest_opinion(cell, &classifier, (&pixels, &labels), classes)?);
        }
        context.publish(&record, &context.provenance(seconds(began)), &[])?;
        Ok("shown".to_owned())
    }
}

fn seconds(began: Instant) -> Seconds {
    let total = began.elapsed().as_secs_f64();
    Seconds { evaluate: total, total, ..Seconds::default() }
}

impl CellRunner for FoolRunner {
    fn data(&self) -> DatasetId {
        self.classifiers.data_module().identity()
    }

    fn work(&self, cell: &Cell, context: &CellContext) -> Result<Option<String>> {
        match cell {
            Cell::Classifier(cell) => self.classifiers.train(cell, context),
            Cell::Attack(cell) => self.attack(cell, context),
            Cell::CrossEvaluation(cell) => self.show(cell, context).map(Some),
            Cell::ExternalEvaluation(cell) => self.show_to_guest(cell, context).map(Some),
            _ => bail!("a cell of another study in a fooling run"),
        }
    }
}

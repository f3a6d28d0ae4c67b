//! How a cell of the fooling study is brought to its record.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use assay_runs::{
    AttackCell, Cell, ClassifierCell, Data, GuestShowingCell, Outcome, Plan, Record, Seconds,
    ShowingCell, digest, file,
};
use burn::tensor::Device;

use super::ascent::mean_image;
use super::attack::{Found, attack};
use super::guest_showing::{guest_mind, guest_opinion};
use super::leavings::{files, logits_file};
use super::showing::{elites, opinion};
use super::{FoolProfile, Mind};
use assay_classifiers::Classifiers;
use assay_engine::experiment::CellRunner;
use assay_engine::material::Material;
use assay_engine::profile::view_settings;
use assay_engine::worker::Desk;

/// The data of a fooling run, and what is done with it.
pub struct FoolWorkshop {
    classifiers: Classifiers,
    /// Other runs, whose networks are shown what was found.
    nets: Vec<String>,
}

impl FoolWorkshop {
    /// Opens the data of a planned run.
    ///
    /// # Errors
    /// When the plan's settings are no profile, or its data cannot be read.
    pub fn open(plan: &Plan, data_dir: Option<&Path>, device: &Device) -> Result<Self> {
        let profile: FoolProfile =
            serde_json::from_value(plan.settings.clone()).context("the settings of the plan")?;
        let material = Material::open(&profile.data, &profile.run, data_dir, device)?;
        Ok(Self { classifiers: Classifiers::new(material)?, nets: profile.nets })
    }

    fn mind(&self, network: &ClassifierCell, desk: &Desk) -> Result<Mind> {
        let material = self.classifiers.material();
        Ok(Mind::new(
            self.classifiers.finished(network, desk)?,
            material.shape(&network.views),
            self.classifiers.normalisation().clone(),
            material.device().clone(),
        ))
    }

    /// Whether a finished network has weights to speak of.
    fn has_diverged(network: &ClassifierCell, desk: &Desk) -> Result<bool> {
        let record = desk.run.record(&Cell::from(network.clone()))?;
        let record = record.with_context(|| format!("{} has no record", network.name()))?;
        Ok(matches!(record.outcome, Outcome::Diverged { .. }))
    }

    fn attack(&self, cell: &AttackCell, desk: &Desk) -> Result<Option<String>> {
        let began = Instant::now();
        let nothing = Record::measured(cell.clone().into());
        if Self::has_diverged(&cell.network, desk)? {
            desk.publish(&nothing, &desk.provenance(seconds(began)), &[])?;
            return Ok(Some("nothing to attack: the network diverged".to_owned()));
        }
        let mind = self.mind(&cell.network, desk)?;
        let classes = self.classifiers.material().data().classes.len();
        let views = view_settings(&cell.network.views);
        let mean = || Ok(mean_image(&self.classifiers.material().data().train, &views)?);
        let Some(found) = attack(cell, &mind, classes, mean, desk)? else {
            return Ok(None);
        };
        let words = found.result.curve.last().map_or_else(
            || "done".to_owned(),
            |point| format!("median {:.2} %", 100.0 * point.median),
        );
        let (files, logits) = files(&found, &mind, &cell.id())?;
        let Found { result, mut sessions, .. } = found;
        let record = Record { attack: Some(result), logits: Some(logits), ..nothing };
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        sessions.seconds += began.elapsed().as_secs_f64();
        let total = sessions.seconds;
        let seconds = Seconds { evaluate: total, total, ..Seconds::default() };
        let provenance = sessions.provenance(desk.provenance(seconds));
        desk.publish(&record, &provenance, &files)?;
        Ok(Some(words))
    }

    fn show(&self, cell: &ShowingCell, desk: &Desk) -> Result<String> {
        let began = Instant::now();
        let diverged =
            [&cell.shown.network, &cell.audience].map(|network| Self::has_diverged(network, desk));
        let [of_shown, of_audience] = diverged;
        let nothing = Record::measured(cell.clone().into());
        if of_shown? || of_audience? {
            desk.publish(&nothing, &desk.provenance(seconds(began)), &[])?;
            return Ok("nothing to show: a network diverged".to_owned());
        }
        let (pixels, classes) = elites(&cell.shown, &desk.run)?;
        let mind = self.mind(&cell.audience, desk)?;
        let (opinion, logits) = opinion(cell.audience.id(), &mind, &pixels, &classes)?;
        let said = logits_file(&logits, classes.len())?;
        let logits = Some(digest(&said));
        let record = Record { opinion: Some(opinion), logits, ..nothing };
        let files = [(file::LOGITS, said.as_slice())];
        desk.publish(&record, &desk.provenance(seconds(began)), &files)?;
        Ok("shown".to_owned())
    }

    fn show_to_guest(&self, cell: &GuestShowingCell, desk: &Desk) -> Result<String> {
        let began = Instant::now();
        let mut record = Record::measured(cell.clone().into());
        if !Self::has_diverged(&cell.shown.network, desk)? {
            let (pixels, labels) = elites(&cell.shown, &desk.run)?;
            let material = self.classifiers.material();
            let mind = guest_mind(&cell.guest, &self.nets, material.device())?;
            let classes = &material.data().classes;
            record.guest_opinion = Some(guest_opinion(cell, &mind, (&pixels, &labels), classes)?);
        }
        desk.publish(&record, &desk.provenance(seconds(began)), &[])?;
        Ok("shown".to_owned())
    }
}

fn seconds(began: Instant) -> Seconds {
    let total = began.elapsed().as_secs_f64();
    Seconds { evaluate: total, total, ..Seconds::default() }
}

impl CellRunner for FoolWorkshop {
    fn data(&self) -> Data {
        self.classifiers.material().identity()
    }

    fn work(&self, cell: &Cell, desk: &Desk) -> Result<Option<String>> {
        match cell {
            Cell::Classifier(cell) => self.classifiers.work(cell, desk),
            Cell::Attack(cell) => self.attack(cell, desk),
            Cell::Showing(cell) => self.show(cell, desk).map(Some),
            Cell::GuestShowing(cell) => self.show_to_guest(cell, desk).map(Some),
            _ => bail!("a cell of another study in a fooling run"),
        }
    }
}

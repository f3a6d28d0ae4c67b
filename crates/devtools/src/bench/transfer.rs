//! `assay bench transfer`: whole sweeps, with and without the kept output of frozen layers and, where
//! there is a Python with PyTorch, the same sweep trained the ordinary way there.

mod export;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use assay_runs::{Cell, Fate, Plan, Study, Treatment};
use serde_json::Value;
use tempfile::TempDir;

use self::export::export;
use super::case::{Case, Column, Contender, Entry, Said, Turn};
use super::peer::{Peer, said_by_peer};
use super::result::{BenchResult, Ratio};
use super::study::{StudyRun, said_by_run};
use assay_engine::device::{self, DeviceSpec};
use assay_transfer_execute::{CellKind, HalvedDataModule, TransferProfile, plan};

/// What to time.
#[derive(Debug, Clone)]
pub struct TransferSettings {
    /// The profile's name, for the result.
    pub name: String,
    /// The profile, overrides applied.
    pub profile: TransferProfile,
    /// Where every contender computes.
    pub place: DeviceSpec,
    /// Where the data is, when it was said.
    pub data_dir: Option<PathBuf>,
    /// Our worker processes; the peer's threads.
    pub jobs: usize,
    /// A Python with PyTorch, and its script.
    pub peer: Option<Peer>,
}

/// A sweep, ready to be timed.
pub struct TransferCase {
    settings: TransferSettings,
    plan: Plan,
    run: StudyRun,
    folder: TempDir,
}

impl TransferCase {
    /// Plans the sweep, and spells it out for the peer.
    ///
    /// # Errors
    /// When the data cannot be opened, or a cell is none that a peer trains.
    pub fn new(settings: TransferSettings) -> Result<Self> {
        let mut profile = settings.profile.clone();
        // Nothing is trained in them, so there is nothing to compare.
        profile.cells.retain(|kind| *kind != CellKind::Scores);
        let folder = tempfile::tempdir().context("a temporary folder")?;
        let data_dir = settings.data_dir.as_deref();
        let data_module = HalvedDataModule::open(&profile, data_dir, &device::for_planning())?;
        let plan = plan(&settings.name, &profile, &data_module)?;
        let file = folder.path().join("profile.toml");
        std::fs::write(&file, toml::to_string(&profile)?)?;
        if settings.peer.is_some() {
            export(folder.path(), &profile, &plan, &data_module)?;
        }
        let run = StudyRun {
            study: Study::Transfer,
            profile: file,
            place: settings.place,
            jobs: settings.jobs,
            data_dir: settings.data_dir.clone(),
        };
        Ok(Self { settings, plan, run, folder })
    }
}

impl Case for TransferCase {
    fn name(&self) -> &'static str {
        "transfer"
    }

    fn title(&self) -> String {
        format!(
            "{}, {} cells, {} epochs, {} jobs",
            self.settings.name,
            self.plan.cells.len(),
            self.settings.profile.schedule.epochs,
            self.settings.jobs
        )
    }

    fn settings(&self) -> Result<Value> {
        Ok(serde_json::to_value(&self.settings.profile)?)
    }

    fn entries(&self) -> Vec<Entry> {
        let jobs = self.settings.jobs;
        let mut entries = vec![
            Entry::new(Contender::Ours, "assay", jobs),
            Entry::new(Contender::Uncached, "no cache", jobs),
        ];
        if self.settings.peer.is_some() {
            entries.push(Entry::new(Contender::Peer, "PyTorch", 1));
        }
        entries
    }

    fn command(&self, contender: Contender, folder: &Path) -> Result<Command> {
        match &self.settings.peer {
            Some(peer) if contender == Contender::Peer => {
                peer.command(self.folder.path(), self.settings.place.device, self.settings.jobs)
            }
            _ => self.run.command(&folder.join("run"), contender),
        }
    }

    fn said(&self, contender: Contender, folder: &Path) -> Result<Said> {
        let said = if contender == Contender::Peer {
            said_by_peer(&folder.join("stdout"))?
        } else {
            let kind = |cell: &Cell| Some(kind(cell.transfer()?.treatment));
            said_by_run(&folder.join("run"), &kind, |_| None)?
        };
        said.is_of(self.plan.cells.iter().map(|cell| cell.id().to_string()))?;
        Ok(said)
    }

    fn ratios(&self, turns: &[Turn]) -> Vec<Ratio> {
        use Contender::{Ours, Peer, Uncached};
        let whole = |turn: &Turn| Some(turn.watched.seconds);
        let ratios = [
            ("no cache / assay", [Uncached, Ours]),
            ("PyTorch / assay", [Peer, Ours]),
            ("PyTorch / no cache", [Peer, Uncached]),
        ];
        ratios.into_iter().filter_map(|(name, who)| Ratio::of(name, turns, who, whole)).collect()
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::new("images/s", 0, |_, row| Some(row.per_second)),
            Column::new("seconds", 2, |_, row| Some(row.seconds)),
            Column::new("accuracy %", 1, |_, row| Some(100.0 * row.score?)),
        ]
    }

    fn remarks(&self, _result: &BenchResult) -> Vec<String> {
        Vec::new()
    }

    fn legend(&self) -> String {
        format!(
            "seconds: of a cell, from start to finish. images/s: training images of a cell over its\n\
             seconds, times the cells trained at once ({} here, 1 in PyTorch).\n",
            self.settings.jobs
        )
    }
}

/// The name of a cell's kind: its treatment, whatever its halves.
fn kind(treatment: Treatment) -> String {
    match treatment {
        Treatment::Base { .. } => "base".to_owned(),
        Treatment::BaseLong { .. } => "base, long".to_owned(),
        Treatment::Copied { source, layers, target, fate } => {
            let name = if source == target { "selffer" } else { "transfer" };
            let plus = if fate == Fate::FineTuned { "+" } else { "" };
            format!("{name}{plus} {layers}")
        }
        Treatment::Random { layers, initialization, .. } => {
            format!("random {layers} ({initialization})")
        }
        Treatment::All => "all".to_owned(),
        Treatment::Scores { .. } => "scores".to_owned(),
    }
}

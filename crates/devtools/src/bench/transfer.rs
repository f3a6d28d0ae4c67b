//! `assay-dev bench transfer`: whole sweeps, with and without cached frozen features, compared with PyTorch.

mod export;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use assay_runs::{Cell, LayerMode, Plan, Study, Treatment};
use serde_json::Value;
use tempfile::TempDir;

use self::export::export;
use super::case::{Case, Column, Measurement};
use super::peer::{Peer, read_peer_output};
use super::result::{BenchResult, Ratio};
use super::run::{Competitor, CompetitorInfo, Run};
use super::study::{StudyRun, measure_run};
use assay_engine::device::{self, DeviceSpec};
use assay_transfer_execute::{CellKind, HalvedDataModule, TransferProfile, plan};

/// Settings of the benchmark.
#[derive(Debug, Clone)]
pub struct TransferSettings {
    /// The name of the profile.
    pub name: String,
    /// The profile with overrides applied.
    pub profile: TransferProfile,
    /// The device of every competitor.
    pub device_spec: DeviceSpec,
    /// The folder of downloaded data sets; `None` for the default.
    pub data_dir: Option<PathBuf>,
    /// The number of worker processes, and of the peer's threads.
    pub jobs: usize,
    /// A Python with PyTorch and the peer's script.
    pub peer: Option<Peer>,
}

/// The prepared benchmark.
pub struct TransferCase {
    settings: TransferSettings,
    plan: Plan,
    run: StudyRun,
    folder: TempDir,
}

impl TransferCase {
    /// Plans the sweep and exports it for the peer.
    ///
    /// # Errors
    /// Returns an error if the data cannot be opened or the peer does not support a cell.
    pub fn new(settings: TransferSettings) -> Result<Self> {
        let mut profile = settings.profile.clone();
        // Scores train nothing, so there is nothing to compare.
        profile.cells.retain(|kind| *kind != CellKind::Scores);
        let folder = tempfile::tempdir().context("creating a temporary folder")?;
        let data_dir = settings.data_dir.as_deref();
        let data_module = HalvedDataModule::open(&profile, data_dir, &device::planning_device())?;
        let plan = plan(&settings.name, &profile, &data_module)?;
        let file = folder.path().join("profile.toml");
        std::fs::write(&file, toml::to_string(&profile)?)?;
        if settings.peer.is_some() {
            export(folder.path(), &profile, &plan, &data_module)?;
        }
        let run = StudyRun {
            study: Study::Transfer,
            profile: file,
            device_spec: settings.device_spec,
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

    fn competitors(&self) -> Vec<CompetitorInfo> {
        let jobs = self.settings.jobs;
        let mut competitors = vec![
            CompetitorInfo::new(Competitor::Ours, "assay", jobs),
            CompetitorInfo::new(Competitor::Uncached, "no cache", jobs),
        ];
        if self.settings.peer.is_some() {
            competitors.push(CompetitorInfo::new(Competitor::Peer, "PyTorch", 1));
        }
        competitors
    }

    fn command(&self, competitor: Competitor, folder: &Path) -> Result<Command> {
        match &self.settings.peer {
            Some(peer) if competitor == Competitor::Peer => peer.command(
                self.folder.path(),
                self.settings.device_spec.device,
                self.settings.jobs,
            ),
            _ => self.run.command(&folder.join("run"), competitor),
        }
    }

    fn measurement(&self, competitor: Competitor, folder: &Path) -> Result<Measurement> {
        let measurement = if competitor == Competitor::Peer {
            read_peer_output(&folder.join("stdout"))?
        } else {
            let kind = |cell: &Cell| Some(kind(cell.transfer()?.treatment));
            measure_run(&folder.join("run"), &kind, |_| None)?
        };
        measurement.check_ids(self.plan.cells.iter().map(|cell| cell.id().to_string()))?;
        Ok(measurement)
    }

    fn ratios(&self, runs: &[Run]) -> Vec<Ratio> {
        use Competitor::{Ours, Peer, Uncached};
        let whole = |run: &Run| Some(run.usage.seconds);
        let ratios = [
            ("no cache / assay", [Uncached, Ours]),
            ("PyTorch / assay", [Peer, Ours]),
            ("PyTorch / no cache", [Peer, Uncached]),
        ];
        ratios
            .into_iter()
            .filter_map(|(name, who)| Ratio::over_repeats(name, runs, who, whole))
            .collect()
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
            "seconds: of a cell, from start to end. images/s: training images of a cell divided by its seconds,\n\
             times the cells trained in parallel ({} here, 1 in PyTorch).\n",
            self.settings.jobs
        )
    }
}

/// The name of a cell's kind: its treatment without its halves.
fn kind(treatment: Treatment) -> String {
    match treatment {
        Treatment::Base { .. } => "base".to_owned(),
        Treatment::BaseLong { .. } => "base, long".to_owned(),
        Treatment::Copied { source, layers, target, layer_mode } => {
            let name = if source == target { "selffer" } else { "transfer" };
            let plus = if layer_mode == LayerMode::FineTuned { "+" } else { "" };
            format!("{name}{plus} {layers}")
        }
        Treatment::Random { layers, initialization, .. } => {
            format!("random {layers} ({initialization})")
        }
        Treatment::All => "all".to_owned(),
        Treatment::Scores { .. } => "scores".to_owned(),
    }
}

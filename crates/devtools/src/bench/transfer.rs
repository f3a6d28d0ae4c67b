//! `assay-dev bench transfer`: whole sweeps, with and without cached frozen features, compared with PyTorch.

mod export;

use std::process::ExitCode;

use anyhow::{Context, Result};
use assay_engine::device;
use assay_runs::Cell;
use assay_transfer::{LayerMode, TransferCell, Treatment};
use assay_transfer_execute::{CellKind, HalvedDataModule, TransferProfile, plan};
use clap::Args;

use self::export::export;
use super::case::{Case, RatioRule};
use super::entry::ExperimentOutput;
use super::experiment::{ExperimentFlags, ExperimentWork, columns};
use super::flags::BenchFlags;
use super::peer::Resources;
use super::run::Competitor::{Ours, Peer, PeerCached, PeerProcesses, Uncached};

/// Times a whole transfer sweep with and without cached frozen features, and compares with PyTorch if a
/// Python is named.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev bench transfer --repeats 1 --set schedule.epochs=4
  assay-dev bench transfer --peer .venv/bin/python --json bench.json
Prints a table on standard output, progress on standard error.")]
pub struct Transfer {
    #[command(flatten)]
    experiment: ExperimentFlags,
    /// Seeds within the sweep, each with its own random split
    #[arg(long, value_name = "N", default_value_t = 1)]
    seeds: u32,
    #[command(flatten)]
    bench: BenchFlags,
}

impl Transfer {
    pub fn run(self) -> Result<ExitCode> {
        let resources = self.bench.resources("bench/peers/torch_transfer.py")?;
        let case = prepare(&self.experiment, self.experiment.read(self.seeds)?, &resources)?;
        self.bench.run_case(&case, resources.device_spec)
    }
}

/// Plans the sweep and exports it for the peer.
fn prepare(
    experiment: &ExperimentFlags,
    profile: TransferProfile,
    resources: &Resources,
) -> Result<Case> {
    let (settings, epochs) = (serde_json::to_value(&profile)?, profile.schedule.epochs);
    let mut profile = profile;
    // Scores train nothing, so there is nothing to compare.
    profile.cells.retain(|kind| *kind != CellKind::Scores);
    // The peer trains at the schedule's learning rate.
    profile.tuning.lr_factors.clear();
    let folder = tempfile::tempdir().context("creating a temporary folder")?;
    let data_dir = experiment.data_dir.as_deref();
    let data_module = HalvedDataModule::open(&profile, data_dir, &device::planning_device())?;
    let plan = plan(&experiment.profile, &profile, &data_module)?;
    std::fs::write(folder.path().join("profile.toml"), toml::to_string(&profile)?)?;
    if resources.peer.is_some() {
        export(folder.path(), &profile, &plan, &data_module)?;
    }
    let work = ExperimentWork {
        command: "transfer-sweep",
        folder: folder.path(),
        plan: &plan,
        output: ExperimentOutput { prepared: None, kind, busy: |_| None },
        resources,
        data_dir,
    };
    let ratios = [
        ("no cache / assay", [Uncached, Ours]),
        ("PyTorch / assay", [Peer, Ours]),
        ("PyTorch, processes / assay", [PeerProcesses, Ours]),
        ("PyTorch, cached / assay", [PeerCached, Ours]),
    ];
    let (cells, jobs) = (plan.cells.len(), resources.jobs);
    Ok(Case {
        name: "transfer",
        title: format!("{}, {cells} cells, {epochs} epochs, {jobs} jobs", experiment.profile),
        settings,
        entries: work.entries()?,
        ratios: ratios.map(|(name, competitors)| RatioRule::whole(name, competitors)).into(),
        columns: columns(1),
        legend: format!(
            "seconds: of a cell, from start to end. images/s: training images of a cell divided by its seconds,\n\
             times the cells trained in parallel ({jobs} here, 1 in one process of PyTorch).\n"
        ),
        remarks: Box::new(|_| Vec::new()),
        folder,
    })
}

/// The name of a cell's kind: its treatment without its halves.
fn kind(cell: &Cell) -> Option<String> {
    Some(match cell.downcast_ref::<TransferCell>()?.treatment {
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
    })
}

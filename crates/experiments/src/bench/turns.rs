//! The contenders, turn by turn.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use assay_runs::{Cell, CellId, Fate, Plan, RunDirectory, TransferCell, Treatment};
use serde::{Deserialize, Serialize};

use super::export::export;
use super::process::{Watched, watch};
use crate::device::DeviceName;
use crate::transfer::{CellKind, HalvedMaterial, TransferProfile, plan};

/// Who trains the sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contender {
    /// Ours as it is.
    Cached,
    /// Ours with no output of frozen layers kept.
    Uncached,
    /// The same sweep in PyTorch.
    Peer,
}

/// What to time.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The profile's name, for the result.
    pub name: String,
    /// The profile, overrides applied.
    pub profile: TransferProfile,
    /// The device of every contender.
    pub device: DeviceName,
    /// Where the data is, when it was said.
    pub data_dir: Option<PathBuf>,
    /// Our worker processes; the peer's threads.
    pub jobs: usize,
    /// Turns of each contender.
    pub repeats: usize,
    /// A Python with PyTorch, and the script.
    pub peer: Option<(PathBuf, PathBuf)>,
}

/// How long a cell took, and what it came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellTime {
    /// Which cell.
    pub id: CellId,
    /// `base`, `selffer 3`, ...
    pub kind: String,
    /// From start to finish: building, training and evaluating.
    pub seconds: f64,
    /// Training images that went through it.
    pub images: f64,
    /// Share of test images classified correctly, in [0, 1]; none where it diverged.
    pub accuracy: Option<f64>,
}

/// One contender's sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The repeat, from 0.
    pub repeat: usize,
    /// Whose turn it was.
    pub contender: Contender,
    /// The process from outside.
    pub watched: Watched,
    /// Every cell, in the plan's order.
    pub cells: Vec<CellTime>,
    /// What the peer says of itself.
    pub peer: Option<serde_json::Value>,
}

/// What every turn needs.
struct Stage<'a> {
    settings: &'a Settings,
    plan: Plan,
    folder: &'a Path,
}

/// Takes every contender through the sweep `repeats` times; who begins changes from repeat to
/// repeat. Gives the turns in the order they were taken. `say` hears of each before it begins.
///
/// # Errors
/// When the data cannot be opened or a sweep does not end well.
pub fn bench(settings: &Settings, say: &dyn Fn(&str)) -> Result<Vec<Turn>> {
    let mut profile = settings.profile.clone();
    // Nothing is trained in them, so there is nothing to compare.
    profile.cells.retain(|kind| *kind != CellKind::Scores);
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let material =
        HalvedMaterial::open(&profile, settings.data_dir.as_deref(), &settings.device.open()?)?;
    let plan = plan(&settings.name, &profile, &material)?;
    std::fs::write(folder.path().join("profile.toml"), toml::to_string(&profile)?)?;
    if settings.peer.is_some() {
        export(folder.path(), &profile, &plan, &material)?;
    }
    drop(material);
    let stage = Stage { settings, plan, folder: folder.path() };
    let mut order = vec![Contender::Cached, Contender::Uncached];
    order.extend(settings.peer.is_some().then_some(Contender::Peer));
    let mut turns = Vec::new();
    for repeat in 0..settings.repeats {
        for &contender in &order {
            say(&format!("repeat {} of {}: {contender:?}", repeat + 1, settings.repeats));
            let turn = stage.turn(repeat, contender)?;
            say(&format!("  {:.1} s", turn.watched.seconds));
            turns.push(turn);
        }
        order.rotate_left(1);
    }
    Ok(turns)
}

impl Stage<'_> {
    fn cells(&self) -> impl Iterator<Item = &TransferCell> {
        self.plan.cells.iter().filter_map(Cell::transfer)
    }

    fn turn(&self, repeat: usize, contender: Contender) -> Result<Turn> {
        // Every turn has a folder of its own, and leaves nothing behind.
        let folder = tempfile::tempdir_in(self.folder)?;
        let peer = self.settings.peer.as_ref().filter(|_| contender == Contender::Peer);
        let (watched, cells, peer) = if let Some((python, script)) = peer {
            let watched = run(&mut self.peer(python, script)?, folder.path())?;
            let (peer, cells) = self.cells_of_peer(&folder.path().join("stdout"))?;
            (watched, cells, Some(peer))
        } else {
            let out = folder.path().join("run");
            let watched = run(&mut self.sweep(&out, contender)?, folder.path())?;
            (watched, cells_of_run(&out)?, None)
        };
        Ok(Turn { repeat, contender, watched, cells, peer })
    }

    fn sweep(&self, out: &Path, contender: Contender) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe().context("the program itself")?);
        command.arg("transfer-sweep").arg("--profile").arg(self.folder.join("profile.toml"));
        command.arg("--out").arg(out).args(["--device", &self.settings.device.to_string()]);
        command.args(["--jobs", &self.settings.jobs.to_string()]);
        if let Some(dir) = &self.settings.data_dir {
            command.arg("--data-dir").arg(dir);
        }
        if contender == Contender::Uncached {
            command.args(["--set", "run.cache_mebibytes=0"]);
        }
        Ok(command)
    }

    fn peer(&self, python: &Path, script: &Path) -> Result<Command> {
        let device = self.settings.device.to_string();
        ensure!(
            self.settings.device.is_cpu() || device.starts_with("cuda"),
            "the peer trains on cpu or cuda, not {device}"
        );
        let mut command = Command::new(python);
        command.arg(script).arg(self.folder).args(["--device", &device]);
        command.args(["--threads", &self.settings.jobs.to_string()]);
        Ok(command)
    }

    fn cells_of_peer(&self, output: &Path) -> Result<(serde_json::Value, Vec<CellTime>)> {
        #[derive(Deserialize)]
        struct Line {
            id: CellId,
            seconds: f64,
            images: f64,
            accuracy: Option<f64>,
        }
        let output = std::fs::read_to_string(output)?;
        let mut lines = output.lines();
        let first = serde_json::from_str(lines.next().context("the peer said nothing")?)?;
        let kinds: HashMap<CellId, String> =
            self.cells().map(|cell| (cell.id(), kind(cell.treatment))).collect();
        let cell = |line: &str| -> Result<CellTime> {
            let Line { id, seconds, images, accuracy } =
                serde_json::from_str(line).with_context(|| format!("the peer said {line:?}"))?;
            let kind = kinds.get(&id).context("the peer trained another cell")?.clone();
            Ok(CellTime { id, kind, seconds, images, accuracy })
        };
        let cells: Vec<CellTime> = lines.map(cell).collect::<Result<_>>()?;
        ensure!(cells.len() == kinds.len(), "the peer trained {} of {}", cells.len(), kinds.len());
        Ok((first, cells))
    }
}

/// Runs a command to a good end, its output in files of `folder`.
fn run(command: &mut Command, folder: &Path) -> Result<Watched> {
    let errors = folder.join("stderr");
    command.stdin(Stdio::null());
    command.stdout(File::create(folder.join("stdout"))?).stderr(File::create(&errors)?);
    let (status, watched) = watch(command)?;
    let said = || std::fs::read_to_string(&errors).unwrap_or_default();
    ensure!(status.success(), "{command:?} ended with {status}:\n{}", said());
    Ok(watched)
}

fn cells_of_run(out: &Path) -> Result<Vec<CellTime>> {
    let run = RunDirectory::open(out)?;
    let cell = |cell: &Cell| -> Result<CellTime> {
        let (record, provenance) = (run.record(cell)?, run.provenance(cell)?);
        let (record, provenance) =
            record.zip(provenance).with_context(|| format!("{} has no record", cell.name()))?;
        let of_study = cell.transfer().context("a cell of another study")?;
        Ok(CellTime {
            id: cell.id(),
            kind: kind(of_study.treatment),
            seconds: provenance.seconds.total,
            images: provenance.images_per_second * provenance.seconds.train,
            accuracy: record.test.map(|test| test.accuracy()),
        })
    };
    run.plan().cells.iter().map(cell).collect()
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

impl Turn {
    /// Processor time of the parent process over the whole seconds, in [0, 1] while it keeps no
    /// more than one core busy.
    #[must_use]
    pub fn scheduler_share(&self) -> f64 {
        self.watched.parent.cpu_seconds / self.watched.seconds
    }

    /// Share of `jobs` workers' time that went to no cell.
    #[must_use]
    pub fn outside_cells(&self, jobs: usize) -> f64 {
        let within: f64 = self.cells.iter().map(|cell| cell.seconds).sum();
        1.0 - within / (jobs as f64 * self.watched.seconds)
    }
}

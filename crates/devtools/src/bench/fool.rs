//! `assay bench fool`: a search for images that fool a network, split into its parts and, where there is a
//! Python with pyribs and PyTorch, a search of pyribs on the same network.

mod search;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use assay_datasets::Normalization;
use assay_models::Initialization;
use assay_runs::stream;
use serde_json::Value;
use tempfile::TempDir;

use self::search::Work;
pub use self::search::search;
use super::case::{Case, Column, Contender, Entry, Said, Turn};
use super::export::{layers, write};
use super::peer::{Peer, said_by_peer};
use super::result::{BenchResult, KindRow, Ratio};
use assay_engine::device::{self, DeviceSpec};
use assay_engine::network::image_network;

/// What to time.
#[derive(Debug, Clone)]
pub struct FoolSettings {
    /// The network's table, by its name.
    pub architecture: String,
    /// A file with its weights; without one they are drawn.
    pub weights: Option<PathBuf>,
    /// Images a generation, even.
    pub batch: u32,
    /// Generations of each search.
    pub generations: u32,
    /// Where both contenders compute.
    pub place: DeviceSpec,
    /// Threads of both contenders.
    pub jobs: usize,
    /// A Python with pyribs and PyTorch, and its script.
    pub peer: Option<Peer>,
}

/// Searches, ready to be timed.
pub struct FoolCase {
    settings: FoolSettings,
    work: Work,
    folder: TempDir,
}

// The searches: each an encoding and how it varies.
const PAPER: &str = "direct";
const ISO_LINE: &str = "direct, iso+line";
const CPPN: &str = "cppn";
/// Only the peer's: the emitter of pyribs' own tutorial on fooling MNIST, from where that starts.
const GAUSSIAN: &str = "direct, gaussian";

// The parts of a search.
const VARY: &str = "vary";
const RENDER: &str = "render";
const NETWORK: &str = "network";
const INSERT: &str = "insert";
const ALL: &str = "all";

impl FoolCase {
    /// Draws or reads the network, for gray images of 28x28 and ten classes, and spells the work out.
    ///
    /// # Errors
    /// When there is no such network, or its weights do not fit.
    pub fn new(settings: FoolSettings) -> Result<Self> {
        let shape = [1, 28, 28];
        let config = image_network(&settings.architecture, shape, 10)?;
        let device = device::for_planning();
        let network = if let Some(path) = &settings.weights {
            config.load(path, &device)?
        } else {
            let streams = |layer: &str| stream(&"bench fool", &format!("weights of {layer}"));
            config.init(Initialization::He, streams, &device)?
        };
        let work = Work {
            architecture: settings.architecture.clone(),
            layers: layers(&config.layers()?),
            weights: "weights.safetensors".to_owned(),
            shape,
            classes: config.classes,
            // Those of MNIST's training images.
            normalization: Normalization { mean: vec![33.318], deviation: vec![78.567] },
            batch: settings.batch,
            generations: settings.generations,
            seed: 0,
            iso_sigma: 0.01,
            line_sigma: 0.2,
            gaussian_sigma: 0.5,
            gaussian_start: 0.5,
        };
        let folder = tempfile::tempdir().context("a temporary folder")?;
        write(&folder.path().join(&work.weights), &network.to_safetensors())?;
        write(&folder.path().join("work.json"), &serde_json::to_vec(&work)?)?;
        Ok(Self { settings, work, folder })
    }

    /// Seconds of some parts of a search, whose name may differ between us and the peer.
    fn ratio(
        turns: &[Turn],
        name: &str,
        [theirs, ours]: [&str; 2],
        parts: &[&str],
    ) -> Option<Ratio> {
        let measure = |turn: &Turn| {
            let search = if turn.contender == Contender::Peer { theirs } else { ours };
            let kinds: Vec<String> = parts.iter().map(|part| format!("{search}: {part}")).collect();
            turn.seconds_of(|kind| kinds.iter().any(|other| other == kind))
        };
        let name = format!("{name}: pyribs {theirs} / assay {ours}");
        Ratio::of(name, turns, [Contender::Peer, Contender::Ours], measure)
    }
}

/// The share of a whole search that a part of it takes, in percent.
fn share(result: &BenchResult, row: &KindRow) -> Option<f64> {
    let (search, _) = row.kind.rsplit_once(": ")?;
    let all = result.row(&format!("{search}: {ALL}"), row.contender)?;
    Some(100.0 * row.seconds / all.seconds)
}

impl Case for FoolCase {
    fn name(&self) -> &'static str {
        "fool"
    }

    fn title(&self) -> String {
        let Work { architecture, batch, generations, .. } = &self.work;
        let weights = if self.settings.weights.is_some() { "given" } else { "drawn" };
        let jobs = self.settings.jobs;
        format!(
            "{architecture} with {weights} weights, 28x28, {generations} generations of {batch}, {jobs} threads"
        )
    }

    fn settings(&self) -> Result<Value> {
        Ok(serde_json::to_value(&self.work)?)
    }

    fn entries(&self) -> Vec<Entry> {
        let mut entries = vec![Entry::new(Contender::Ours, "assay", 1)];
        if self.settings.peer.is_some() {
            entries.push(Entry::new(Contender::Peer, "pyribs", 1));
        }
        entries
    }

    fn command(&self, contender: Contender, _folder: &Path) -> Result<Command> {
        let FoolSettings { place, jobs, peer, .. } = &self.settings;
        match peer {
            Some(peer) if contender == Contender::Peer => {
                peer.command(self.folder.path(), place.device, *jobs)
            }
            _ => {
                let program = std::env::current_exe().context("the program itself")?;
                let mut command = Command::new(program);
                command.arg("search").arg(self.folder.path());
                command.args(["--threads", &jobs.to_string()]).args(place.arguments());
                Ok(command)
            }
        }
    }

    fn said(&self, contender: Contender, folder: &Path) -> Result<Said> {
        let said = said_by_peer(&folder.join("stdout"))?;
        let searches: &[&str] = match contender {
            Contender::Peer => &[GAUSSIAN, ISO_LINE],
            _ => &[PAPER, ISO_LINE, CPPN],
        };
        let parts = [VARY, RENDER, NETWORK, INSERT, ALL];
        let kinds = searches
            .iter()
            .flat_map(|search| parts.iter().map(move |part| format!("{search}: {part}")));
        said.is_of(kinds)?;
        Ok(said)
    }

    fn ratios(&self, turns: &[Turn]) -> Vec<Ratio> {
        let pairs = [[ISO_LINE, PAPER], [GAUSSIAN, PAPER], [ISO_LINE, ISO_LINE]];
        let own = pairs.map(|pair| Self::ratio(turns, "own work", pair, &[VARY, RENDER, INSERT]));
        let network = Self::ratio(turns, "network", [ISO_LINE, PAPER], &[NETWORK]);
        let all = pairs.map(|pair| Self::ratio(turns, "end to end", pair, &[ALL]));
        own.into_iter().chain([network]).chain(all).flatten().collect()
    }

    fn columns(&self) -> Vec<Column> {
        vec![
            Column::new("ns/evaluation", 0, |_, row| Some(1e9 / row.per_second)),
            Column::new("share %", 1, share),
            Column::new("evaluations/s", 0, |_, row| Some(row.per_second)),
            Column::new("confidence %", 2, |_, row| Some(100.0 * row.score?)),
        ]
    }

    fn remarks(&self, _result: &BenchResult) -> Vec<String> {
        Vec::new()
    }

    fn legend(&self) -> String {
        let jobs = match self.settings.jobs {
            1 => "one thread".to_owned(),
            jobs => format!("{jobs} threads"),
        };
        format!(
            "own work: vary, render and insert; pyribs' is numpy's, on one thread, ours is on {jobs} (--jobs), and so is\n\
             the network of both. direct: crossover and mutation of the paper; iso+line: the operator of that name, in\n\
             both with the same spreads; gaussian: start and deviation of pyribs' own tutorial on fooling MNIST. An\n\
             image competes for the cell of the class the network is surest of, in pyribs and in our iso+line; in our\n\
             direct and cppn for every class's. share: of the whole search. confidence: mean over the classes at the\n\
             end, 0 where a class has no elite. pyribs has no cppn. Starting the processes is in no row but in their\n\
             seconds.\n"
        )
    }
}

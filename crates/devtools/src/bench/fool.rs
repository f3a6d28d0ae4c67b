//! `assay-dev bench fool`: a search for fooling images, split into its parts, compared with pyribs on the same
//! network.

mod search;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use assay_datasets::Normalization;
use assay_models::Initialization;
use assay_runs::random_stream;
use serde_json::Value;
use tempfile::TempDir;

use self::search::Work;
pub use self::search::search;
use super::case::{Case, Column, Measurement};
use super::export::{layers, write};
use super::peer::{Peer, read_peer_output};
use super::result::{BenchResult, KindRow, Ratio};
use super::run::{Competitor, CompetitorInfo, Run};
use assay_engine::device::{self, DeviceSpec};
use assay_engine::network::image_network_config;

/// Settings of the benchmark.
#[derive(Debug, Clone)]
pub struct FoolSettings {
    /// The architecture of the network.
    pub architecture: String,
    /// A file with its weights; `None` for random ones.
    pub weights: Option<PathBuf>,
    /// Images per generation; even.
    pub batch: u32,
    /// Generations per search.
    pub generations: u32,
    /// The device of both competitors.
    pub device_spec: DeviceSpec,
    /// The number of threads of both competitors.
    pub jobs: usize,
    /// A Python with pyribs and PyTorch, and the peer's script.
    pub peer: Option<Peer>,
}

/// The prepared benchmark.
pub struct FoolCase {
    settings: FoolSettings,
    work: Work,
    folder: TempDir,
}

// The searches: an encoding and its variation operator.
const PAPER: &str = "direct";
const ISO_LINE: &str = "direct, iso+line";
const CPPN: &str = "cppn";
/// The peer only: the emitter of pyribs' tutorial on fooling MNIST, from the tutorial's starting point.
const GAUSSIAN: &str = "direct, gaussian";

// The parts of a search.
const VARY: &str = "vary";
const RENDER: &str = "render";
const NETWORK: &str = "network";
const INSERT: &str = "insert";
const ALL: &str = "all";

impl FoolCase {
    /// Creates or loads the network, for gray 28 x 28 images of ten classes, and exports the work.
    ///
    /// # Errors
    /// Returns an error if there is no such architecture or the weights do not fit.
    pub fn new(settings: FoolSettings) -> Result<Self> {
        let shape = [1, 28, 28];
        let config = image_network_config(&settings.architecture, shape, 10)?;
        let device = device::planning_device();
        let network = if let Some(path) = &settings.weights {
            config.load(path, &device)?
        } else {
            let streams =
                |layer: &str| random_stream(&"bench fool", &format!("weights of {layer}"));
            config.init(Initialization::He, streams, &device)?
        };
        let work = Work {
            architecture: settings.architecture.clone(),
            layers: layers(&config.layers()?),
            weights: "weights.safetensors".to_owned(),
            shape,
            classes: config.classes,
            // The statistics of MNIST's training images.
            normalization: Normalization { mean: vec![33.318], deviation: vec![78.567] },
            batch: settings.batch,
            generations: settings.generations,
            seed: 0,
            iso_sigma: 0.01,
            line_sigma: 0.2,
            gaussian_sigma: 0.5,
            gaussian_start: 0.5,
        };
        let folder = tempfile::tempdir().context("creating a temporary folder")?;
        write(&folder.path().join(&work.weights), &network.to_safetensors())?;
        write(&folder.path().join("work.json"), &serde_json::to_vec(&work)?)?;
        Ok(Self { settings, work, folder })
    }

    /// The ratio of the seconds of some parts of a search. The peer's search may have another name.
    fn ratio(runs: &[Run], name: &str, [theirs, ours]: [&str; 2], parts: &[&str]) -> Option<Ratio> {
        let measure = |run: &Run| {
            let search = if run.competitor == Competitor::Peer { theirs } else { ours };
            let kinds: Vec<String> = parts.iter().map(|part| format!("{search}: {part}")).collect();
            run.seconds_of(|kind| kinds.iter().any(|other| other == kind))
        };
        let name = format!("{name}: pyribs {theirs} / assay {ours}");
        Ratio::over_repeats(name, runs, [Competitor::Peer, Competitor::Ours], measure)
    }
}

/// The share of a part in its whole search, in percent.
fn share(result: &BenchResult, row: &KindRow) -> Option<f64> {
    let (search, _) = row.kind.rsplit_once(": ")?;
    let all = result.row(&format!("{search}: {ALL}"), row.competitor)?;
    Some(100.0 * row.seconds / all.seconds)
}

impl Case for FoolCase {
    fn name(&self) -> &'static str {
        "fool"
    }

    fn title(&self) -> String {
        let Work { architecture, batch, generations, .. } = &self.work;
        let weights = if self.settings.weights.is_some() { "given" } else { "random" };
        let jobs = self.settings.jobs;
        format!(
            "{architecture} with {weights} weights, 28x28, {generations} generations of {batch}, {jobs} threads"
        )
    }

    fn settings(&self) -> Result<Value> {
        Ok(serde_json::to_value(&self.work)?)
    }

    fn competitors(&self) -> Vec<CompetitorInfo> {
        let mut competitors = vec![CompetitorInfo::new(Competitor::Ours, "assay", 1)];
        if self.settings.peer.is_some() {
            competitors.push(CompetitorInfo::new(Competitor::Peer, "pyribs", 1));
        }
        competitors
    }

    fn command(&self, competitor: Competitor, _folder: &Path) -> Result<Command> {
        let FoolSettings { device_spec, jobs, peer, .. } = &self.settings;
        match peer {
            Some(peer) if competitor == Competitor::Peer => {
                peer.command(self.folder.path(), device_spec.device, *jobs)
            }
            _ => {
                let program = std::env::current_exe().context("finding this program")?;
                let mut command = Command::new(program);
                command.arg("search").arg(self.folder.path());
                command.args(["--threads", &jobs.to_string()]).args(device_spec.arguments());
                Ok(command)
            }
        }
    }

    fn measurement(&self, competitor: Competitor, folder: &Path) -> Result<Measurement> {
        let measurement = read_peer_output(&folder.join("stdout"))?;
        let searches: &[&str] = match competitor {
            Competitor::Peer => &[GAUSSIAN, ISO_LINE],
            _ => &[PAPER, ISO_LINE, CPPN],
        };
        let parts = [VARY, RENDER, NETWORK, INSERT, ALL];
        let kinds = searches
            .iter()
            .flat_map(|search| parts.iter().map(move |part| format!("{search}: {part}")));
        measurement.check_ids(kinds)?;
        Ok(measurement)
    }

    fn ratios(&self, runs: &[Run]) -> Vec<Ratio> {
        let pairs = [[ISO_LINE, PAPER], [GAUSSIAN, PAPER], [ISO_LINE, ISO_LINE]];
        let own = pairs.map(|pair| Self::ratio(runs, "own work", pair, &[VARY, RENDER, INSERT]));
        let network = Self::ratio(runs, "network", [ISO_LINE, PAPER], &[NETWORK]);
        let all = pairs.map(|pair| Self::ratio(runs, "end to end", pair, &[ALL]));
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
            "own work: vary, render and insert. pyribs' runs in numpy on one thread, ours on {jobs} (--jobs); both\n\
             networks use as many. direct: crossover and mutation of the paper. iso+line: the operator of that name,\n\
             with the same parameters in both. gaussian: start and deviation of pyribs' tutorial on fooling MNIST.\n\
             In pyribs and in our iso+line, an image competes for the cell of its most likely class only; in our\n\
             direct and cppn for the cells of all classes. share: of the whole search. confidence: mean over the\n\
             classes at the end, 0 for a class without an elite. pyribs has no cppn. Starting the processes counts\n\
             in their seconds only.\n"
        )
    }
}

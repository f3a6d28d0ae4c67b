//! `assay-dev bench fool`: a search for fooling images, split into its parts, compared with pyribs on the same
//! network.

mod search;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use assay_datasets::Normalization;
use assay_engine::device;
use assay_engine::network::image_network_config;
use assay_models::Initialization;
use assay_runs::random_stream;
use clap::Args;

use self::search::Work;
pub use self::search::search;
use super::case::{Case, RatioRule};
use super::entry::{Column, Entry, Output};
use super::export::{layers, write};
use super::flags::BenchFlags;
use super::peer::Resources;
use super::result::{BenchResult, KindRow};
use super::run::{Competitor, CompetitorInfo, Run};

/// Times searches for fooling images, split into variation, rendering, network and insertion, and compares
/// with pyribs if a Python is named.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev bench fool --generations 50
  assay-dev bench fool --peer .venv/bin/python --json bench.json
  assay-dev bench fool --weights runs/fool-mnist/cells/CELL/weights.safetensors --peer .venv/bin/python

The network is for gray 28 x 28 images of ten classes. No data is needed, and the speed does not depend
on the weights; confidences are meaningful with --weights only.
assay varies, renders and inserts on --jobs threads, pyribs does so in numpy on one thread.
Both networks use --jobs threads.
Prints a table on standard output, progress on standard error.")]
pub struct Fool {
    /// The architecture: lenet, mlp-300-300, ...
    #[arg(long, value_name = "NET", default_value = "lenet")]
    network: String,
    /// Its weights, a file that a run saved [default: random]
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Images per generation; even
    #[arg(long, value_name = "N", default_value_t = 200)]
    batch: u32,
    /// Generations per search
    #[arg(long, value_name = "N", default_value_t = 200)]
    generations: u32,
    #[command(flatten)]
    bench: BenchFlags,
}

impl Fool {
    pub fn run(self) -> Result<ExitCode> {
        let resources = self.bench.resources("bench/peers/pyribs_fool.py")?;
        ensure!(
            self.batch >= 2 && self.batch.is_multiple_of(2),
            "--batch {}: two parents have two children, so it must be even and at least 2",
            self.batch
        );
        ensure!(self.generations > 0, "--generations 0: it must be at least 1");
        self.bench.run_case(&self.prepare(&resources)?, resources.device_spec)
    }

    /// Creates or loads the network, and exports the work.
    fn prepare(&self, resources: &Resources) -> Result<Case> {
        let folder = tempfile::tempdir().context("creating a temporary folder")?;
        let work = self.export(folder.path())?;
        let jobs = resources.jobs;
        let mut arguments: Vec<OsString> = vec!["search".into(), folder.path().into()];
        arguments.extend(["--threads".into(), jobs.to_string().into()]);
        arguments.extend(resources.device_spec.arguments().into_iter().map(OsString::from));
        let mut entries = vec![Entry {
            info: CompetitorInfo::new(Competitor::Ours, "assay", 1),
            sample_ids: sample_ids(&[PAPER, ISO_LINE, CPPN]),
            program: std::env::current_exe().context("finding this program")?,
            arguments,
            output: Output::Printed,
        }];
        if let Some(peer) = &resources.peer {
            for (competitor, name, flags) in PEERS {
                let info = CompetitorInfo::new(competitor, name, 1);
                let ids = sample_ids(&[GAUSSIAN, ISO_LINE]);
                entries.push(peer.entry(info, ids, folder.path(), resources, flags)?);
            }
        }
        let weights = if self.weights.is_some() { "given" } else { "random" };
        let Self { network, batch, generations, .. } = self;
        Ok(Case {
            name: "fool",
            title: format!(
                "{network} with {weights} weights, 28x28, {generations} generations of {batch}, {jobs} threads"
            ),
            settings: serde_json::to_value(&work)?,
            entries,
            ratios: ratios(),
            columns: vec![
                Column::new("ns/evaluation", 0, |_, row| Some(1e9 / row.per_second)),
                Column::new("share %", 1, share),
                Column::new("evaluations/s", 0, |_, row| Some(row.per_second)),
                Column::new("confidence %", 2, |_, row| Some(100.0 * row.score?)),
            ],
            legend: legend(jobs),
            remarks: Box::new(|_| Vec::new()),
            folder,
        })
    }

    /// Writes the network, for gray 28 x 28 images of ten classes, and `work.json` into `folder`.
    fn export(&self, folder: &Path) -> Result<Work> {
        let shape = [1, 28, 28];
        let config = image_network_config(&self.network, shape, 10)?;
        let device = device::planning_device();
        let network = if let Some(path) = &self.weights {
            config.load(path, &device)?
        } else {
            let streams =
                |layer: &str| random_stream(&"bench fool", &format!("weights of {layer}"));
            config.init(Initialization::He, streams, &device)?
        };
        let work = Work {
            architecture: self.network.clone(),
            layers: layers(&config.layers()?),
            weights: "weights.safetensors".to_owned(),
            shape,
            classes: config.classes,
            // The statistics of MNIST's training images.
            normalization: Normalization { mean: vec![33.318], deviation: vec![78.567] },
            batch: self.batch,
            generations: self.generations,
            seed: 0,
            iso_sigma: 0.01,
            line_sigma: 0.2,
            gaussian_sigma: 0.5,
            gaussian_start: 0.5,
        };
        write(&folder.join(&work.weights), &network.to_safetensors())?;
        write(&folder.join("work.json"), &serde_json::to_vec(&work)?)?;
        Ok(work)
    }
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

/// The peers: each with its name and flags.
const PEERS: [(Competitor, &str, &[&str]); 2] = [
    (Competitor::Peer, "pyribs", &[]),
    (Competitor::PeerCompiled, "pyribs, compiled", &["--compile"]),
];

/// The samples of some searches: each search and part.
fn sample_ids(searches: &[&str]) -> BTreeSet<String> {
    let parts = [VARY, RENDER, NETWORK, INSERT, ALL];
    let ids = searches.iter().flat_map(|search| parts.map(|part| format!("{search}: {part}")));
    ids.collect()
}

/// The ratios of the seconds of some parts of two searches. The peer's search may have another name.
fn ratios() -> Vec<RatioRule> {
    let pairs = [[ISO_LINE, PAPER], [GAUSSIAN, PAPER], [ISO_LINE, ISO_LINE]];
    let rule =
        |name, (peer, peer_name, _): (Competitor, &str, _), [theirs, ours]: [&'static str; 2]| {
            let parts: &[&str] = match name {
                "own work" => &[VARY, RENDER, INSERT],
                "network" => &[NETWORK],
                _ => &[ALL],
            };
            let seconds = move |run: &Run| {
                let search = if run.competitor == Competitor::Ours { ours } else { theirs };
                run.seconds_of(|kind| parts.iter().any(|part| format!("{search}: {part}") == kind))
            };
            RatioRule {
                name: format!("{name}: {peer_name} {theirs} / assay {ours}"),
                competitors: [peer, Competitor::Ours],
                seconds: Box::new(seconds),
            }
        };
    let own = pairs.map(|pair| rule("own work", PEERS[0], pair));
    let network = PEERS.map(|peer| rule("network", peer, [ISO_LINE, PAPER]));
    let all = PEERS.into_iter().flat_map(|peer| pairs.map(|pair| rule("end to end", peer, pair)));
    own.into_iter().chain(network).chain(all).collect()
}

/// The share of a part in its whole search, in percent.
fn share(result: &BenchResult, row: &KindRow) -> Option<f64> {
    let (search, _) = row.kind.rsplit_once(": ")?;
    let all = result.row(&format!("{search}: {ALL}"), row.competitor)?;
    Some(100.0 * row.seconds / all.seconds)
}

fn legend(jobs: usize) -> String {
    let jobs = if jobs == 1 { "one thread".to_owned() } else { format!("{jobs} threads") };
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

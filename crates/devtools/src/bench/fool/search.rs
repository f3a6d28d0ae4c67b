//! The searches of `assay-dev bench fool` in assay, reported in the format of a peer.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use assay_datasets::{Normalization, Shape};
use assay_map_elites::{
    Color, Direct, Emitter, ImageSpec, IsoLine, LineageRetention, MapElites, Population, Preset,
    Render, ReplacementRule, Settings, Variation, seeded_streams,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ALL, CPPN, INSERT, ISO_LINE, NETWORK, PAPER, RENDER, VARY};
use crate::bench::run::Sample;
use assay_engine::device::{self, DeviceSpec};
use assay_engine::network::image_network_config;
use assay_fool_execute::{Classifier, GenerationTimings, run_generation};

/// The work: the content of `work.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// The architecture of the network.
    pub architecture: String,
    /// The layers, for the peer.
    pub layers: Value,
    /// The file of weights, in the same folder.
    pub weights: String,
    /// `[channels, height, width]`; one channel.
    pub shape: [usize; 3],
    /// The number of classes. Each has a cell in the archive.
    pub classes: usize,
    /// How images are normalized.
    pub normalization: Normalization,
    /// Images per generation, also in the first.
    pub batch: u32,
    /// Generations per search.
    pub generations: u32,
    /// The seed of the random streams.
    pub seed: u64,
    /// Standard deviation of the Gaussian steps, as a share of the genes' range; also for the peer.
    pub iso_sigma: f32,
    /// Standard deviation of the step along the line between two parents; also for the peer.
    pub line_sigma: f32,
    /// Standard deviation of the peer's Gaussian emitter, as a share of the genes' range.
    pub gaussian_sigma: f32,
    /// The value of every gene at the start of the peer's Gaussian emitter, in [0, 1].
    pub gaussian_start: f32,
}

/// Runs the searches in `folder` with `threads` threads. Prints the time of each part, as a peer does.
///
/// # Errors
/// Returns an error if the folder does not contain the work.
pub fn search(folder: &Path, device_spec: DeviceSpec, threads: usize) -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread();
    pool.build_global().context("configuring rayon's thread pool")?;
    let file = std::fs::read(folder.join("work.json")).context("work.json")?;
    let work: Work = serde_json::from_slice(&file).context("work.json")?;
    let device = device::open(device_spec)?.device;
    let [channels, height, width] = work.shape;
    let config = image_network_config(&work.architecture, work.shape, work.classes)?;
    let network = config.load(&folder.join(&work.weights), &device)?.frozen();
    let shape = Shape { channels, height, width };
    let classifier = Classifier::new(network, shape, work.normalization.clone(), device);
    print_json(&json!({ "assay": assay_version::version(), "threads": threads }))?;
    // The first pass may compile kernels or allocate memory. The peer has three generations for that.
    classifier.confidences(vec![0; work.batch as usize * shape.len()])?;
    let picture = ImageSpec { height: height as u32, width: width as u32, color: Color::Gray };
    let operator = IsoLine { iso_sigma: work.iso_sigma, line_sigma: work.line_sigma };
    let iso_line = Direct { picture, variation: Variation::IsoLine(operator) };
    let (direct, cppn) = (Preset::Paper.direct(picture), Preset::Paper.cppn(picture));
    time_search(PAPER, direct, ReplacementRule::EveryCell, &work, &classifier)?;
    // The same operator and rule as in the peer's search.
    time_search(ISO_LINE, iso_line, ReplacementRule::PredictedCell, &work, &classifier)?;
    time_search(CPPN, cppn, ReplacementRule::EveryCell, &work, &classifier)
}

fn time_search<E: Render>(
    name: &str,
    encoding: E,
    rule: ReplacementRule,
    work: &Work,
    classifier: &Classifier,
) -> Result<()> {
    let (initial, children, emitter) = (work.batch, work.batch, Emitter::Evolution);
    let settings = Settings {
        owner: name.to_owned(),
        classes: work.classes as u32,
        others: 0,
        encoding,
        population: Population { initial, children, emitter },
        rule,
        keep: LineageRetention::Genomes,
    };
    let mut search = MapElites::new(settings)?;
    let streams = seeded_streams(work.seed);
    let began = std::time::Instant::now();
    let mut all = GenerationTimings::default();
    while search.generation() < work.generations {
        let (_, timings) = run_generation(&mut search, classifier, &streams)?;
        all.vary += timings.vary;
        all.render += timings.render;
        all.network += timings.network;
        all.insert += timings.insert;
    }
    let seconds = began.elapsed().as_secs_f64();
    let metrics = search.archive().metrics().context("no generation")?;
    let parts = [(VARY, all.vary), (RENDER, all.render), (NETWORK, all.network)];
    let parts = parts.into_iter().chain([(INSERT, all.insert), (ALL, seconds)]);
    let confidence = metrics.qd_score / work.classes as f64;
    for (part, seconds) in parts {
        let kind = format!("{name}: {part}");
        let count = metrics.evaluations as f64;
        let score = (part == ALL).then_some(confidence);
        print_json(&Sample { id: kind.clone(), kind, seconds, busy: None, count, score })?;
    }
    Ok(())
}

fn print_json(value: &impl Serialize) -> Result<()> {
    let mut output = std::io::stdout().lock();
    serde_json::to_writer(&mut output, value)?;
    writeln!(output)?;
    output.flush().context("standard output")
}

//! Our own side of `assay bench fool`: the searches of a folder, told as a peer tells them.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use assay_datasets::{Normalization, Shape};
use assay_map_elites::{
    Color, Direct, Emitter, IsoLine, Keep, MapElites, Picture, Population, Preset, Render,
    ReplacementRule, Settings, Variation, seeded,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ALL, CPPN, INSERT, ISO_LINE, NETWORK, PAPER, RENDER, VARY};
use crate::bench::case::Piece;
use assay_engine::device::{self, DeviceSpec};
use assay_engine::network::image_network;
use assay_fool_execute::{Classifier, Spent, generation};

/// What there is to search, as `work.json` has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// The network's table, by its name.
    pub architecture: String,
    /// Its layers, for the peer.
    pub layers: Value,
    /// A file beside this one.
    pub weights: String,
    /// `[channels, height, width]`; gray.
    pub shape: [usize; 3],
    /// Classes, each with a cell of the archive.
    pub classes: usize,
    /// How images are normalized.
    pub normalization: Normalization,
    /// Images a generation, the first included.
    pub batch: u32,
    /// Generations.
    pub generations: u32,
    /// Of the streams.
    pub seed: u64,
    /// Standard deviation of the normal steps, as a share of the genes' range; the peer's too.
    pub iso_sigma: f32,
    /// Standard deviation of the step along the line of two parents; the peer's too.
    pub line_sigma: f32,
    /// Standard deviation of the peer's Gaussian steps, as a share of the genes' range.
    pub gaussian_sigma: f32,
    /// Every gene of the image from which the peer's first Gaussian steps are taken, in 0 to 1.
    pub gaussian_start: f32,
}

/// Works through the searches of `folder` with so many threads, and says on standard output, as a peer
/// does, how long each part of them took.
///
/// # Errors
/// When the folder does not hold what it should.
pub fn search(folder: &Path, place: DeviceSpec, threads: usize) -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).use_current_thread();
    pool.build_global().context("setting up the threads")?;
    let file = std::fs::read(folder.join("work.json")).context("work.json")?;
    let work: Work = serde_json::from_slice(&file).context("work.json")?;
    let device = device::open(place)?.device;
    let [channels, height, width] = work.shape;
    let config = image_network(&work.architecture, work.shape, work.classes)?;
    let network = config.load(&folder.join(&work.weights), &device)?.frozen();
    let shape = Shape { channels, height, width };
    let classifier = Classifier::new(network, shape, work.normalization.clone(), device);
    say(&json!({ "assay": assay_version::version(), "threads": threads }))?;
    // The first pass may compile or allocate. The peer has three generations for that.
    classifier.confidences(vec![0; work.batch as usize * shape.len()])?;
    let picture = Picture { height: height as u32, width: width as u32, color: Color::Gray };
    let operator = IsoLine { iso_sigma: work.iso_sigma, line_sigma: work.line_sigma };
    let iso_line = Direct { picture, variation: Variation::IsoLine(operator) };
    timed(PAPER, Preset::Paper.direct(picture), ReplacementRule::EveryCell, &work, &classifier)?;
    // What the peer's search by the same operator does.
    timed(ISO_LINE, iso_line, ReplacementRule::PredictedCell, &work, &classifier)?;
    timed(CPPN, Preset::Paper.cppn(picture), ReplacementRule::EveryCell, &work, &classifier)
}

fn timed<E: Render>(
    name: &str,
    encoding: E,
    rule: ReplacementRule,
    work: &Work,
    classifier: &Classifier,
) -> Result<()> {
    let settings = Settings {
        owner: name.to_owned(),
        classes: work.classes as u32,
        others: 0,
        encoding,
        population: Population {
            initial: work.batch,
            children: work.batch,
            emitter: Emitter::Evolution,
        },
        rule,
        keep: Keep::Genomes,
    };
    let mut search = MapElites::new(settings)?;
    let streams = seeded(work.seed);
    let began = std::time::Instant::now();
    let mut all = Spent::default();
    while search.generation() < work.generations {
        let (_, spent) = generation(&mut search, classifier, &streams)?;
        all.vary += spent.vary;
        all.render += spent.render;
        all.network += spent.network;
        all.insert += spent.insert;
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
        say(&Piece { id: kind.clone(), kind, seconds, busy: None, count, score })?;
    }
    Ok(())
}

fn say(what: &impl Serialize) -> Result<()> {
    let mut output = std::io::stdout().lock();
    serde_json::to_writer(&mut output, what)?;
    writeln!(output)?;
    output.flush().context("standard output")
}

//! One generation of a search, with the time of each part.

use std::time::Instant;

use anyhow::Result;
use assay_map_elites::{Batch, Insertion, MapElites, Render};
use rand_chacha::ChaCha8Rng;

use super::Classifier;

/// Seconds spent in each part of one or more generations.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct GenerationTimings {
    /// Variation: making the children.
    pub vary: f64,
    /// Rendering their images.
    pub render: f64,
    /// The network's forward pass, including normalization and softmax.
    pub network: f64,
    /// Insertion into the archive.
    pub insert: f64,
}

/// Runs the next generation of `search`.
///
/// # Errors
/// A confidence is not finite: the network is broken.
pub fn run_generation<E: Render>(
    search: &mut MapElites<E>,
    classifier: &Classifier,
    streams: &(impl Fn(&str) -> ChaCha8Rng + Sync),
) -> Result<(Insertion, GenerationTimings)> {
    let (batch, confidences, timings) = ask_and_evaluate(search, classifier, streams)?;
    let evaluated = Instant::now();
    let insertion = search.tell(batch, &confidences)?;
    Ok((insertion, GenerationTimings { insert: evaluated.elapsed().as_secs_f64(), ..timings }))
}

/// Asks `search` for its next generation, and evaluates it. Returns the batch and its confidences,
/// `[images, outputs]`.
///
/// # Errors
/// The network does not accept the images.
pub fn ask_and_evaluate<E: Render>(
    search: &MapElites<E>,
    classifier: &Classifier,
    streams: &(impl Fn(&str) -> ChaCha8Rng + Sync),
) -> Result<(Batch<E::Genome>, Vec<f32>, GenerationTimings)> {
    let started = Instant::now();
    let batch = search.ask(streams);
    let varied = Instant::now();
    let images = search.settings().encoding.render(batch.genomes());
    let rendered = Instant::now();
    let confidences = classifier.confidences(images.pixels)?;
    let timings = GenerationTimings {
        vary: (varied - started).as_secs_f64(),
        render: (rendered - varied).as_secs_f64(),
        network: rendered.elapsed().as_secs_f64(),
        insert: 0.0,
    };
    Ok((batch, confidences, timings))
}

//! One generation of a search, and where its time goes.

use std::time::Instant;

use anyhow::Result;
use assay_map_elites::{Batch, Insertion, MapElites, Render};
use rand_chacha::ChaCha8Rng;

use super::Classifier;

/// Seconds of the four parts of one or more generations.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Spent {
    /// Making children.
    pub vary: f64,
    /// DifferentiableRenderer their images.
    pub render: f64,
    /// Asking the network, normalizing the images and the softmax included.
    pub network: f64,
    /// Letting them compete for cells.
    pub insert: f64,
}

/// Takes `search` through its next generation, and says how long each part took.
///
/// # Errors
/// When a confidence is not finite: the network is broken.
pub fn generation<E: Render>(
    search: &mut MapElites<E>,
    classifier: &Classifier,
    streams: &(impl Fn(&str) -> ChaCha8Rng + Sync),
) -> Result<(Insertion, Spent)> {
    let (batch, confidences, spent) = asked(search, classifier, streams)?;
    let answered = Instant::now();
    let insertion = search.tell(batch, &confidences)?;
    Ok((insertion, Spent { insert: answered.elapsed().as_secs_f64(), ..spent }))
}

/// The next generation of `search`, what the network says of it, and how long each part took.
///
/// # Errors
/// When the network cannot be shown the images.
pub fn asked<E: Render>(
    search: &MapElites<E>,
    classifier: &Classifier,
    streams: &(impl Fn(&str) -> ChaCha8Rng + Sync),
) -> Result<(Batch<E::Genome>, Vec<f32>, Spent)> {
    let began = Instant::now();
    let batch = search.ask(streams);
    let varied = Instant::now();
    let images = search.settings().encoding.render(batch.genomes());
    let rendered = Instant::now();
    let confidences = classifier.confidences(images.pixels)?;
    let spent = Spent {
        vary: (varied - began).as_secs_f64(),
        render: (rendered - varied).as_secs_f64(),
        network: rendered.elapsed().as_secs_f64(),
        insert: 0.0,
    };
    Ok((batch, confidences, spent))
}

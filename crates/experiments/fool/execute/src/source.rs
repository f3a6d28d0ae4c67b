//! Where the images of an attack come from.

use anyhow::{Result, ensure};
use assay_map_elites::{Batch, Encoding, MapElites, Render};
use rand_chacha::ChaCha8Rng;

use super::classifier::Classifier;
use super::generation::asked;

/// The random streams of an attack, by name.
pub type Streams = dyn Fn(&str) -> ChaCha8Rng + Sync;

/// Where the images of each generation come from, and what the network says of them.
pub trait Source<E: Encoding> {
    /// The next generation of a search, and the network's confidences in it, `[images, classes]`.
    ///
    /// # Errors
    /// When the network cannot be shown the images.
    fn next(
        &mut self,
        search: &MapElites<E>,
        classifier: &Classifier,
        streams: &Streams,
    ) -> Result<(Batch<E::Genome>, Vec<f32>)>;

    /// What it needs to go on, between two generations.
    ///
    /// # Errors
    /// When it cannot be written down.
    fn save(&self) -> Result<Vec<u8>>;

    /// Goes on from what was saved.
    ///
    /// # Errors
    /// When the bytes are not what was saved.
    fn resume(&mut self, saved: &[u8]) -> Result<()>;
}

/// From the search itself: children of its elites, or random.
pub struct Asked;

impl<E: Render> Source<E> for Asked {
    fn next(
        &mut self,
        search: &MapElites<E>,
        classifier: &Classifier,
        streams: &Streams,
    ) -> Result<(Batch<E::Genome>, Vec<f32>)> {
        let (batch, confidences, _) = asked(search, classifier, &streams)?;
        Ok((batch, confidences))
    }

    fn save(&self) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn resume(&mut self, saved: &[u8]) -> Result<()> {
        ensure!(saved.is_empty(), "it is of an attack by gradient ascent");
        Ok(())
    }
}

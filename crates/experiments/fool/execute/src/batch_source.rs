//! Sources of an attack's images: the search's own emitter, or gradient ascent.

use anyhow::{Result, ensure};
use assay_map_elites::{Batch, Encoding, MapElites, Render};
use rand_chacha::ChaCha8Rng;

use super::classifier::Classifier;
use super::generation::ask_and_evaluate;

/// The random streams of an attack, by name.
pub type Streams = dyn Fn(&str) -> ChaCha8Rng + Sync;

/// Generates and evaluates the images of each generation.
pub trait BatchSource<E: Encoding> {
    /// The next generation of `search` and its confidences, `[images, outputs]`.
    ///
    /// # Errors
    /// The network does not accept the images.
    fn ask(
        &mut self,
        search: &MapElites<E>,
        classifier: &Classifier,
        streams: &Streams,
    ) -> Result<(Batch<E::Genome>, Vec<f32>)>;

    /// Serializes the state between two generations.
    ///
    /// # Errors
    /// The state cannot be serialized.
    fn save(&self) -> Result<Vec<u8>>;

    /// Restores a saved state.
    ///
    /// # Errors
    /// The bytes are not a saved state of this source.
    fn resume(&mut self, saved: &[u8]) -> Result<()>;
}

/// The emitter of the search itself: evolution, or random search. It has no state of its own.
pub struct SearchEmitter;

impl<E: Render> BatchSource<E> for SearchEmitter {
    fn ask(
        &mut self,
        search: &MapElites<E>,
        classifier: &Classifier,
        streams: &Streams,
    ) -> Result<(Batch<E::Genome>, Vec<f32>)> {
        let (batch, confidences, _) = ask_and_evaluate(search, classifier, &streams)?;
        Ok((batch, confidences))
    }

    fn save(&self) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn resume(&mut self, saved: &[u8]) -> Result<()> {
        ensure!(saved.is_empty(), "it belongs to an attack by gradient ascent");
        Ok(())
    }
}

//! The loop: ask for genomes, evaluate them, tell their confidences.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::ancestry::Keep;
use crate::archive::{Archive, Insertion, ReplacementRule};
use crate::emitter::{self, Batch, Emitter, Population};
use crate::encoding::Encoding;
use crate::error::{MapElitesError, require};

/// Everything a search depends on besides the network and the streams.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings<E> {
    /// What the search belongs to, in any words: the identity of the network and of the run. A
    /// saved search goes on only under the same.
    pub owner: String,
    /// How many classes the network tells apart: a cell for each.
    pub classes: u32,
    /// Outputs of the network after those of the classes, such as one for images of no class: they
    /// have no cell, but a genome may be predicted to be of one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub others: u32,
    /// What a genome is, and how it varies.
    pub encoding: E,
    /// How many genomes a generation has, and where they come from.
    pub population: Population,
    /// Which cells an evaluation competes for.
    pub rule: ReplacementRule,
    /// What is kept of ancestors.
    pub keep: Keep,
}

/// A search for the elites of every class.
///
/// It holds no generator's state: the draws of a generation come from streams that carry its
/// number, so that asking twice gives the same, and a search that was saved and loaded goes on as
/// if it had not been.
#[derive(Debug, Clone, PartialEq)]
pub struct MapElites<E: Encoding> {
    pub(crate) settings: Settings<E>,
    pub(crate) archive: Archive<E::Genome>,
    pub(crate) generation: u32,
}

impl<E: Encoding> MapElites<E> {
    /// A search at its beginning.
    ///
    /// # Errors
    /// If a setting is out of its range.
    pub fn new(settings: Settings<E>) -> Result<Self, MapElitesError> {
        settings.check()?;
        let archive = Archive::new(settings.classes as usize, settings.rule, settings.keep)
            .beside(settings.others as usize);
        Ok(Self { settings, archive, generation: 0 })
    }

    /// What it was begun with.
    pub fn settings(&self) -> &Settings<E> {
        &self.settings
    }

    /// The elites found so far.
    pub fn archive(&self) -> &Archive<E::Genome> {
        &self.archive
    }

    /// The generation to be asked for next, which is also how many have been told.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The genomes of the next generation: random ones, then children of the elites.
    ///
    /// `stream` gives the random stream of a name (`generation 3 pair 14`), always the same for the
    /// same; see [`crate::seeded`]. The work is spread over rayon's threads; the result does not
    /// depend on their number.
    ///
    /// # Panics
    /// If the genomes come from outside.
    pub fn ask(&self, stream: &(impl Fn(&str) -> ChaCha8Rng + Sync)) -> Batch<E::Genome> {
        let Population { initial, children, emitter } = self.settings.population;
        let encoding = &self.settings.encoding;
        match (self.generation, emitter) {
            (generation, Emitter::Outside) => {
                panic!("generation {generation} comes from outside; it can only be told")
            }
            (0, _) => emitter::random(encoding, 0, initial, stream),
            (generation, Emitter::RandomSearch) => {
                emitter::random(encoding, generation, children, stream)
            }
            (generation, Emitter::Evolution) => {
                emitter::children(encoding, &self.archive, generation, children, stream)
            }
        }
    }

    /// Takes what a network said of `batch` into the archive, and goes on to the next generation.
    ///
    /// - confidences: `[batch, classes + others]`, finite; with a softmax in 0..=1.
    ///
    /// # Errors
    /// If a confidence is not finite. The search is then as it was, and may ask again.
    ///
    /// # Panics
    /// If the batch is of another generation, or there are not as many confidences as genomes times
    /// outputs.
    pub fn tell(
        &mut self,
        batch: Batch<E::Genome>,
        confidences: &[f32],
    ) -> Result<Insertion, MapElitesError> {
        assert!(
            batch.generation() == self.generation,
            "a batch of generation {} was told to a search at generation {}",
            batch.generation(),
            self.generation
        );
        let insertion = self.archive.insert(batch, confidences)?;
        self.generation += 1;
        Ok(insertion)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl<E: Encoding> Settings<E> {
    /// An error if a setting is out of its range.
    pub(crate) fn check(&self) -> Result<(), MapElitesError> {
        require(self.classes > 0, "classes", &self.classes, "at least 1")?;
        self.population.check()?;
        self.encoding.check()
    }
}

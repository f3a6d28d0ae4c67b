//! The search loop: ask for genomes, evaluate them, tell their confidences.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::ancestry::LineageRetention;
use crate::archive::{Archive, Insertion, ReplacementRule};
use crate::batch::Batch;
use crate::emitter::{self, Emitter, Population};
use crate::encoding::Encoding;
use crate::error::{MapElitesError, require};

/// Everything a search depends on, except the network and the random streams.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings<E> {
    /// Identifies the network and the run, in any words. A saved search resumes only under the same
    /// text.
    pub owner: String,
    /// Number of classes, each of which has a cell in the archive.
    pub classes: u32,
    /// Number of network outputs after those of the classes, such as a reject class. They have no
    /// cell, but a genome may be predicted as one of them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub others: u32,
    /// The genome representation and its operators.
    pub encoding: E,
    /// The size of a generation, and where its genomes come from.
    pub population: Population,
    /// Which cells an evaluation competes for.
    pub rule: ReplacementRule,
    /// How much of the elites' lineages to keep.
    pub keep: LineageRetention,
}

/// A MAP-Elites search for an elite of every class.
///
/// It holds no random state. The draws of a generation come from streams whose names contain the
/// generation's number. So asking twice gives the same batch, and a saved search resumes exactly.
#[derive(Debug, Clone, PartialEq)]
pub struct MapElites<E: Encoding> {
    pub(crate) settings: Settings<E>,
    pub(crate) archive: Archive<E::Genome>,
    pub(crate) generation: u32,
}

impl<E: Encoding> MapElites<E> {
    /// Starts a search with an empty archive.
    ///
    /// # Errors
    /// A setting is out of its range.
    pub fn new(settings: Settings<E>) -> Result<Self, MapElitesError> {
        settings.check()?;
        let archive = Archive::new(settings.classes as usize, settings.rule, settings.keep)
            .with_extra_outputs(settings.others as usize);
        Ok(Self { settings, archive, generation: 0 })
    }

    /// The settings it was started with.
    pub fn settings(&self) -> &Settings<E> {
        &self.settings
    }

    /// The elites found so far.
    pub fn archive(&self) -> &Archive<E::Genome> {
        &self.archive
    }

    /// The number of generations told so far, which is also the number of the next one to ask for.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The genomes of the next generation: random ones first, then what the emitter generates.
    ///
    /// `stream` maps a name (`generation 3 pair 14`) to a random generator, always the same one for
    /// the same name; see [`seeded_streams`](crate::seeded_streams). The work runs on rayon's
    /// threads, whose number does not change the result.
    ///
    /// # Panics
    /// If the emitter is [`Emitter::Outside`].
    pub fn ask(&self, stream: &(impl Fn(&str) -> ChaCha8Rng + Sync)) -> Batch<E::Genome> {
        let Population { initial, children, emitter } = self.settings.population;
        let encoding = &self.settings.encoding;
        match (self.generation, emitter) {
            (generation, Emitter::Outside) => {
                panic!("generation {generation} comes from outside: call tell without ask")
            }
            (0, _) => emitter::emit_random(encoding, 0, initial, stream),
            (generation, Emitter::RandomSearch) => {
                emitter::emit_random(encoding, generation, children, stream)
            }
            (generation, Emitter::Evolution) => {
                emitter::emit_children(encoding, &self.archive, generation, children, stream)
            }
        }
    }

    /// Adds an evaluated `batch` to the archive, and advances to the next generation.
    ///
    /// - confidences: `[batch, classes + others]`, finite; the softmax outputs in 0..=1
    ///
    /// # Errors
    /// A confidence is not finite. The search is unchanged, and may be asked again.
    ///
    /// # Panics
    /// If the batch belongs to another generation, or the number of confidences is not genomes
    /// times outputs.
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl<E: Encoding> Settings<E> {
    /// Fails if a setting is out of its range.
    pub(crate) fn check(&self) -> Result<(), MapElitesError> {
        require(self.classes > 0, "classes", &self.classes, "at least 1")?;
        self.population.check()?;
        self.encoding.check()
    }
}

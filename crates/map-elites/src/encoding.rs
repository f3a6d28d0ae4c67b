//! Encodings: the genome, its variation, and its rendering to an image.

mod cppn;
mod direct;

use std::borrow::Borrow;
use std::fmt::Debug;

use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::MapElitesError;
use crate::images::Images;

pub use cppn::{Activation, Connection, Coordinates, Cppn, CppnGenome};
pub use direct::{Direct, DirectGenome, Genetic, Variation};

/// A genome representation together with the settings of its operators.
pub trait Encoding: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Sync {
    /// The genome: one solution of the search.
    type Genome: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync;

    /// Checks the settings.
    ///
    /// # Errors
    /// A setting is out of its range. The error names the setting, its value and the allowed range.
    fn check(&self) -> Result<(), MapElitesError>;

    /// Checks a genome, for example one that was read from a file.
    ///
    /// # Errors
    /// The genome does not fit this encoding. The text says why.
    fn check_genome(&self, genome: &Self::Genome) -> Result<(), String>;

    /// A random genome, as in generation 0.
    fn random(&self, rng: &mut ChaCha8Rng) -> Self::Genome;

    /// Two children of two parents for `generation`. Child i inherits mainly from parent i.
    fn vary(
        &self,
        parents: [&Self::Genome; 2],
        generation: u32,
        rng: &mut ChaCha8Rng,
    ) -> Children<Self::Genome>;
}

/// The two children of a pair of parents.
#[derive(Debug, Clone, PartialEq)]
pub struct Children<G> {
    /// Child i inherits mainly from parent i.
    pub genomes: [G; 2],
    /// Whether each child has genes of both parents.
    pub crossed: bool,
}

/// An encoding whose genomes are images.
pub trait Render: Encoding {
    /// Renders `genomes` at the size they evolve at: `[genomes, channels, height, width]`.
    ///
    /// Runs on rayon's threads. The pixels depend neither on the number of threads nor on the
    /// machine.
    ///
    /// # Panics
    /// If a genome does not fit this encoding; see [`Encoding::check_genome`].
    fn render<G: Borrow<Self::Genome> + Sync>(&self, genomes: &[G]) -> Images;
}

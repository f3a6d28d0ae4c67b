//! Encodings: what a genome is, how it varies, and what it looks like.

mod cppn;
mod direct;

use std::borrow::Borrow;
use std::fmt::Debug;

use rand_chacha::ChaCha8Rng;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::color::Color;
use crate::error::{MapElitesError, require};
use crate::images::Images;

pub use cppn::{Activation, Connection, Coordinates, Cppn, CppnGenome};
pub use direct::{Direct, DirectGenome, Genetic, Variation};

/// A kind of genome. The value holds the settings of its operators.
pub trait Encoding: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Sync {
    /// What is evolved.
    type Genome: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync;

    /// An error if a setting is out of its range.
    ///
    /// # Errors
    /// Names the setting, its value and what is allowed.
    fn check(&self) -> Result<(), MapElitesError>;

    /// What is wrong with a genome that came from outside, where something is.
    ///
    /// # Errors
    /// Says what is wrong.
    fn check_genome(&self, genome: &Self::Genome) -> Result<(), String>;

    /// A genome of the first generation.
    fn random(&self, rng: &mut ChaCha8Rng) -> Self::Genome;

    /// Two children of two parents, the first mainly of the first parent, made for `generation`.
    fn vary(
        &self,
        parents: [&Self::Genome; 2],
        generation: u32,
        rng: &mut ChaCha8Rng,
    ) -> Children<Self::Genome>;
}

/// Two children of two parents.
#[derive(Debug, Clone, PartialEq)]
pub struct Children<G> {
    /// The first child comes mainly from the first parent, the second from the second.
    pub genomes: [G; 2],
    /// Whether each child has something of both parents.
    pub crossed: bool,
}

/// An encoding of images.
pub trait Render: Encoding {
    /// The images of `genomes` at the size they are evolved at, `[genomes, channels, height,
    /// width]`.
    ///
    /// The work is spread over rayon's threads; the pixels are the same whatever their number, and
    /// on every machine.
    ///
    /// # Panics
    /// If a genome is none of this encoding: [`Encoding::check_genome`] tells.
    fn render<G: Borrow<Self::Genome> + Sync>(&self, genomes: &[G]) -> Images;
}

/// The size and the colors of the images evolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Picture {
    /// In pixels, at least 1.
    pub height: u32,
    /// In pixels, at least 1.
    pub width: u32,
    /// What the channels of a genome mean.
    pub color: Color,
}

impl Picture {
    /// How many pixels an image has.
    #[must_use]
    pub fn pixels(self) -> usize {
        self.height as usize * self.width as usize
    }

    /// How many values an image has: pixels times channels.
    #[must_use]
    pub fn values(self) -> usize {
        self.pixels() * self.color.channels()
    }

    pub(crate) fn check(self) -> Result<(), MapElitesError> {
        /// 2^13: larger, a side is a mistake, and the number of values may not fit.
        const LARGEST: u32 = 8192;
        let fine = |side| (1..=LARGEST).contains(&side);
        require(fine(self.height), "picture.height", &self.height, "in 1..=8192")?;
        require(fine(self.width), "picture.width", &self.width, "in 1..=8192")
    }
}

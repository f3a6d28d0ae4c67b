//! The CPPN encoding: a growing graph of functions from a pixel's coordinates to its color.

mod activation;
mod coordinates;
mod genome;
mod mutation;
mod program;
mod render;

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::encoding::{Children, Encoding};
use crate::error::{MapElitesError, require};
use crate::image_spec::ImageSpec;
use crate::operators::Polynomial;

use coordinates::CoordinateGrid;

pub use activation::Activation;
pub use coordinates::Coordinates;
pub use genome::{Connection, CppnGenome};

/// The CPPN encoding of Nguyen et al. 2015 (compositional pattern-producing networks, Stanley
/// 2007).
///
/// A genome is an acyclic graph with four inputs (x, y, distance from the center, and a constant 1)
/// and one output per channel. It starts with every input connected to every output, and grows by
/// mutation. There is no crossover: each child of a pair is a mutated copy of one parent. This is
/// not NEAT: there are no innovation numbers and no species.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cppn {
    /// The images, at the size they evolve at.
    pub picture: ImageSpec,
    /// What the inputs x and y are.
    pub coordinates: Coordinates,
    /// The mutation of weights.
    pub weights: Polynomial,
    /// Weights are in -limit..=limit; new ones are uniform over that range.
    pub weight_limit: f32,
    /// Probability, for each neuron, to draw a new activation, in 0..=1.
    pub activation_rate: f32,
    /// Probability that a child gets a new connection, in 0..=1.
    pub add_connection_rate: f32,
    /// Probability that a child loses a connection, in 0..=1.
    pub delete_connection_rate: f32,
    /// Probability that a new neuron splits one of a child's connections, in 0..=1.
    pub add_neuron_rate: f32,
    /// Probability that a child loses a neuron, in 0..=1.
    pub delete_neuron_rate: f32,
}

impl Cppn {
    /// The inputs x, y and distance of every pixel at the size evolved at, each `[height * width]`
    /// in row-major order. The fourth input, the bias, is 1 everywhere.
    #[must_use]
    pub fn inputs(&self) -> [Vec<f32>; 3] {
        let size = [self.picture.height as usize, self.picture.width as usize];
        let CoordinateGrid { x, y, distance } = self.coordinates.grid(size, size);
        [x, y, distance]
    }

    /// Number of outputs of a genome: one per channel.
    pub(crate) fn outputs(&self) -> u32 {
        self.picture.color.channels() as u32
    }
}

impl Encoding for Cppn {
    type Genome = CppnGenome;

    fn check(&self) -> Result<(), MapElitesError> {
        self.picture.check()?;
        self.weights.check()?;
        let is_valid = self.weight_limit > 0.0 && self.weight_limit.is_finite();
        require(is_valid, "weight_limit", &self.weight_limit, "above 0")?;
        for (setting, rate) in [
            ("activation_rate", self.activation_rate),
            ("add_connection_rate", self.add_connection_rate),
            ("delete_connection_rate", self.delete_connection_rate),
            ("add_neuron_rate", self.add_neuron_rate),
            ("delete_neuron_rate", self.delete_neuron_rate),
        ] {
            require((0.0..=1.0).contains(&rate), setting, &rate, "in 0..=1")?;
        }
        Ok(())
    }

    fn check_genome(&self, genome: &CppnGenome) -> Result<(), String> {
        genome.check(self.outputs())?;
        let limit = self.weight_limit;
        match genome.connections.iter().find(|c| !(-limit..=limit).contains(&c.weight)) {
            Some(c) => Err(format!("a weight is {}; weights are in -{limit}..={limit}", c.weight)),
            None => Ok(()),
        }
    }

    fn random(&self, rng: &mut ChaCha8Rng) -> CppnGenome {
        let activations = (0..self.outputs()).map(|_| Activation::random(rng)).collect();
        let mut connections = Vec::new();
        for from in 0..CppnGenome::INPUTS {
            for output in 0..self.outputs() {
                let to = CppnGenome::INPUTS + output;
                connections.push(Connection { from, to, weight: self.random_weight(rng) });
            }
        }
        CppnGenome { activations, connections }
    }

    fn vary(
        &self,
        [first, second]: [&CppnGenome; 2],
        generation: u32,
        rng: &mut ChaCha8Rng,
    ) -> Children<CppnGenome> {
        let mut genomes = [first.clone(), second.clone()];
        for genome in &mut genomes {
            self.mutate(genome, generation, rng);
        }
        Children { genomes, crossed: false }
    }
}

//! Gradient ascent on the weights of a CPPN whose graph stays as it was drawn.

use assay_map_elites::{Cppn, CppnGenome, Encoding};
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::Terrain;
use super::drawing::Drawing;
use super::rule::Rule;

/// Mutations of a random genome before its weights are climbed: as drawn it has no hidden neurons. Each
/// adds 0.3 neurons and 0.2 connections on average.
const MUTATIONS: u32 = 30;

/// The weights of CPPNs.
///
/// The network is shown the image of bytes that the encoding renders; the way from its slope in these
/// bytes back to the weights is that of [`Drawing`], which rounds nothing.
pub struct Weights {
    encoding: Cppn,
    drawing: Drawing,
    device: Device,
}

impl Weights {
    /// Of CPPNs of an encoding, with slopes computed on `device`.
    #[must_use]
    pub fn new(encoding: Cppn, device: &Device) -> Self {
        let drawing = Drawing::new(&encoding, device);
        Self { encoding, drawing, device: device.clone() }
    }
}

impl Terrain for Weights {
    type Encoding = Cppn;

    fn encoding(&self) -> &Cppn {
        &self.encoding
    }

    fn rule(&self) -> &Rule {
        &Rule::WEIGHTS
    }

    /// A random genome, mutated as evolution does.
    fn start(&self, rng: &mut ChaCha8Rng) -> CppnGenome {
        let random = self.encoding.random(rng);
        (0..MUTATIONS).fold(random, |genome, _| {
            let [child, _] = self.encoding.vary([&genome, &genome], 0, rng).genomes;
            child
        })
    }

    fn slopes(&self, places: &[&CppnGenome], of_pixels: &[f32]) -> Vec<Vec<f32>> {
        let values = self.encoding.picture.values();
        let channels = self.encoding.picture.colour.channels();
        assert_eq!(of_pixels.len(), places.len() * values, "a slope for every pixel");
        let leaf = |genome: &&CppnGenome| {
            let weights: Vec<f32> = genome.connections.iter().map(|one| one.weight).collect();
            let shape = [weights.len()];
            let weights = Tensor::<1>::from_data(TensorData::new(weights, shape), &self.device);
            weights.autodiff().require_grad()
        };
        // A genome may have lost all its connections; a tensor needs a value.
        let climbed: Vec<(&CppnGenome, &[f32], Tensor<1>)> = places
            .iter()
            .zip(of_pixels.chunks_exact(values))
            .filter(|(genome, _)| !genome.connections.is_empty())
            .map(|(genome, slope)| (*genome, slope, leaf(genome)))
            .collect();
        let along = |(genome, slope, weights): &(&CppnGenome, &[f32], Tensor<1>)| {
            let slope = TensorData::new(slope.to_vec(), [channels, values / channels]);
            let slope = Tensor::<2>::from_data(slope, &self.device);
            (self.drawing.draw(genome, weights) * slope).sum()
        };
        let sum = climbed.iter().map(along).reduce(|sum, one| sum + one);
        let gradients = sum.filter(Tensor::is_tracked).map(|sum| sum.backward());
        let mut leaves = climbed.into_iter().map(|(_, _, weights)| weights);
        let slope_of = |genome: &&CppnGenome| {
            if genome.connections.is_empty() {
                return Vec::new();
            }
            let weights = leaves.next().expect("one for each genome with connections");
            let slope = gradients.as_ref().and_then(|found| weights.grad(found));
            // No output depends on any of them.
            let nothing = || vec![0.0; genome.connections.len()];
            slope.map_or_else(nothing, |slope| {
                slope.into_data().convert::<f32>().try_into_vec::<f32>().expect("just converted")
            })
        };
        places.iter().map(slope_of).collect()
    }

    fn step(&self, place: &mut CppnGenome, slope: &[f32], length: f64, _done: u32) {
        let limit = self.encoding.weight_limit;
        for (connection, slope) in place.connections.iter_mut().zip(slope) {
            let moved = f64::from(connection.weight) + length * f64::from(*slope);
            connection.weight = (moved as f32).clamp(-limit, limit);
        }
    }
}

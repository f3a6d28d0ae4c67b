//! Gradient ascent on the weights of a CPPN whose graph stays as it was drawn.

use assay_map_elites::{Cppn, CppnGenome, Encoding};
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::Parameterization;
use super::ascent_config::AscentConfig;
use super::drawing::DifferentiableRenderer;

/// Mutations of a random genome before its weights are climbed: as drawn it has no hidden neurons. Each
/// adds 0.3 neurons and 0.2 connections on average.
const MUTATIONS: u32 = 30;

/// The weights of CPPNs.
///
/// The network is shown the image of bytes that the encoding renders; the way from its slope in these
/// bytes back to the weights is that of [`DifferentiableRenderer`], which rounds nothing.
pub struct Weights {
    encoding: Cppn,
    drawing: DifferentiableRenderer,
    device: Device,
}

impl Weights {
    /// Of CPPNs of an encoding, with slopes computed on `device`.
    #[must_use]
    pub fn new(encoding: Cppn, device: &Device) -> Self {
        let drawing = DifferentiableRenderer::new(&encoding, device);
        Self { encoding, drawing, device: device.clone() }
    }
}

impl Parameterization for Weights {
    type Encoding = Cppn;

    fn encoding(&self) -> &Cppn {
        &self.encoding
    }

    fn ascent_config(&self) -> &AscentConfig {
        &AscentConfig::WEIGHTS
    }

    fn numbers(&self, place: &CppnGenome) -> usize {
        place.connections.len()
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
        let channels = self.encoding.picture.color.channels();
        let shape = [places.len(), channels, self.encoding.picture.pixels()];
        let counts: Vec<usize> = places.iter().map(|genome| genome.connections.len()).collect();
        let connections = places.iter().flat_map(|genome| &genome.connections);
        let weights: Vec<f32> = connections.map(|one| one.weight).collect();
        let nothing = vec![0.0; weights.len()];
        let slopes = if weights.is_empty() {
            // Genomes may have lost all their connections; a tensor needs a value.
            nothing
        } else {
            let weights = Tensor::<1>::from_data(&*weights, &self.device).autodiff().require_grad();
            let of_pixels = TensorData::new(of_pixels.to_vec(), shape);
            let of_pixels = Tensor::<3>::from_data(of_pixels, &self.device);
            let along = (self.drawing.draw(places, &weights) * of_pixels).sum();
            // None where no output depends on any weight.
            let gradients = along.is_tracked().then(|| along.backward());
            let slopes = gradients.and_then(|found| weights.grad(&found));
            slopes.map_or(nothing, |slopes| {
                slopes.into_data().convert::<f32>().try_into_vec::<f32>().expect("just converted")
            })
        };
        let mut rest = slopes.as_slice();
        let mut take = |count: usize| {
            let (these, others) = rest.split_at(count);
            rest = others;
            these.to_vec()
        };
        counts.into_iter().map(&mut take).collect()
    }

    fn step(&self, place: &mut CppnGenome, slope: &[f32], length: f64, _done: u32) {
        let limit = self.encoding.weight_limit;
        for (connection, slope) in place.connections.iter_mut().zip(slope) {
            let moved = f64::from(connection.weight) + length * f64::from(*slope);
            connection.weight = (moved as f32).clamp(-limit, limit);
        }
    }
}

//! Gradient ascent on the weights of a CPPN. Its graph stays fixed.

use assay_map_elites::{Cppn, CppnGenome, Encoding};
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use super::Parameterization;
use super::ascent_config::AscentConfig;
use super::differentiable_renderer::DifferentiableRenderer;

/// Mutations of a random genome before gradient ascent, since a new genome has no hidden neurons.
/// Each adds 0.3 neurons and 0.2 connections on average.
const MUTATIONS: u32 = 30;

/// The weights of CPPNs as parameters.
///
/// The network evaluates the image of bytes that the encoding renders. The gradient in these bytes
/// is propagated to the weights through [`DifferentiableRenderer`], which rounds nothing.
pub struct CppnWeights {
    encoding: Cppn,
    renderer: DifferentiableRenderer,
    device: Device,
}

impl CppnWeights {
    /// The weights of CPPNs of `encoding`. Gradients are computed on `device`.
    #[must_use]
    pub fn new(encoding: Cppn, device: &Device) -> Self {
        let renderer = DifferentiableRenderer::new(&encoding, device);
        Self { encoding, renderer, device: device.clone() }
    }
}

impl Parameterization for CppnWeights {
    type Encoding = Cppn;

    fn encoding(&self) -> &Cppn {
        &self.encoding
    }

    fn ascent_config(&self) -> &AscentConfig {
        &AscentConfig::CPPN_WEIGHTS
    }

    fn parameter_count(&self, point: &CppnGenome) -> usize {
        point.connections.len()
    }

    /// A random genome after the mutations of evolution.
    fn starting_point(&self, rng: &mut ChaCha8Rng) -> CppnGenome {
        let random = self.encoding.random(rng);
        (0..MUTATIONS).fold(random, |genome, _| {
            let [child, _] = self.encoding.vary([&genome, &genome], 0, rng).genomes;
            child
        })
    }

    fn gradients(&self, points: &[&CppnGenome], pixel_gradients: &[f32]) -> Vec<Vec<f32>> {
        let channels = self.encoding.picture.color.channels();
        let shape = [points.len(), channels, self.encoding.picture.pixels()];
        let connections = points.iter().flat_map(|genome| &genome.connections);
        let weights: Vec<f32> = connections.map(|connection| connection.weight).collect();
        let zeros = vec![0.0; weights.len()];
        let gradients = if weights.is_empty() {
            // Genomes may have lost all their connections, and a tensor needs a value.
            zeros
        } else {
            let weights = Tensor::<1>::from_data(&*weights, &self.device).autodiff().require_grad();
            let pixel_gradients = TensorData::new(pixel_gradients.to_vec(), shape);
            let pixel_gradients = Tensor::<3>::from_data(pixel_gradients, &self.device);
            // The gradient of this sum in the weights is the vector-Jacobian product.
            let sum = (self.renderer.render(points, &weights) * pixel_gradients).sum();
            // None if no output depends on any weight.
            let gradients = sum.is_tracked().then(|| sum.backward());
            let gradient = gradients.and_then(|gradients| weights.grad(&gradients));
            gradient.map_or(zeros, |gradient| {
                let data = gradient.into_data().convert::<f32>();
                data.try_into_vec::<f32>().expect("converted to f32")
            })
        };
        let mut rest = gradients.as_slice();
        let mut take = |point: &&CppnGenome| {
            let (gradient, others) = rest.split_at(point.connections.len());
            rest = others;
            gradient.to_vec()
        };
        points.iter().map(&mut take).collect()
    }

    fn step(&self, point: &mut CppnGenome, gradient: &[f32], rate: f64, _steps_done: u32) {
        let limit = self.encoding.weight_limit;
        for (connection, gradient) in point.connections.iter_mut().zip(gradient) {
            let moved = f64::from(connection.weight) + rate * f64::from(*gradient);
            connection.weight = (moved as f32).clamp(-limit, limit);
        }
    }
}

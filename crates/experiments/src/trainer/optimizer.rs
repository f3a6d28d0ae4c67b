//! Stochastic gradient descent.

use assay_models::{Layer, Network};
use assay_runs::Schedule;
use burn::tensor::{Gradients, Tensor};

/// Stochastic gradient descent with momentum: v <- m v + g + d w; w <- w - r v, with weight decay d
/// on weights only and the learning rate r of biases multiplied by a factor of its own.
///
/// Written out here, not burn's, because a checkpoint must hold the velocities under the names of
/// the layers, and because burn keeps its state under identifiers drawn anew in each process.
#[derive(Debug)]
pub struct Sgd {
    momentum: f64,
    weight_decay: f64,
    bias_factor: f64,
    /// One a layer; none before the first step and for frozen layers.
    velocities: Vec<Option<Velocity>>,
}

#[derive(Debug, Clone)]
struct Velocity {
    weight: Tensor<4>,
    bias: Tensor<1>,
}

impl Sgd {
    /// At rest.
    #[must_use]
    pub fn new(schedule: &Schedule, layers: usize) -> Self {
        Self {
            momentum: schedule.momentum,
            weight_decay: schedule.weight_decay,
            bias_factor: schedule.bias_learning_rate_factor,
            velocities: vec![None; layers],
        }
    }

    /// With the velocities of a checkpoint.
    #[must_use]
    pub fn with_velocities(mut self, velocities: &Network) -> Self {
        let velocity = |layer: &Layer| {
            Some(Velocity { weight: layer.weight().inner(), bias: layer.bias().inner() })
        };
        self.velocities = velocities.layers().iter().map(velocity).collect();
        self
    }

    /// The velocities in the form of a network, zero where there is none yet.
    #[must_use]
    pub fn velocities(&self, network: &Network) -> Network {
        let layers = network.layers().iter().zip(&self.velocities).map(|(layer, velocity)| {
            let (weight, bias) = match velocity {
                Some(Velocity { weight, bias }) => (weight.clone(), bias.clone()),
                None => (layer.weight().inner().zeros_like(), layer.bias().inner().zeros_like()),
            };
            layer.config().with_weights(weight, bias).freeze()
        });
        Network::from_layers(layers.collect())
    }

    /// One step of every trained layer that has a gradient.
    pub fn step(&mut self, network: &mut Network, gradients: &mut Gradients, rate: f64) {
        for (layer, velocity) in network.layers_mut().iter_mut().zip(&mut self.velocities) {
            let (weight, bias) = (layer.weight(), layer.bias());
            let (Some(of_weight), Some(of_bias)) =
                (weight.grad_remove(gradients), bias.grad_remove(gradients))
            else {
                continue;
            };
            let (weight, bias) = (weight.inner(), bias.inner());
            let of_weight = match self.weight_decay {
                0.0 => of_weight,
                decay => of_weight + weight.clone().mul_scalar(decay),
            };
            let (of_weight, of_bias) = match velocity.take() {
                Some(before) => (
                    before.weight.mul_scalar(self.momentum) + of_weight,
                    before.bias.mul_scalar(self.momentum) + of_bias,
                ),
                None => (of_weight, of_bias),
            };
            layer.set(
                weight - of_weight.clone().mul_scalar(rate),
                bias - of_bias.clone().mul_scalar(rate * self.bias_factor),
            );
            *velocity = Some(Velocity { weight: of_weight, bias: of_bias });
        }
    }
}

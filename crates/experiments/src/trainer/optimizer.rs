//! Stochastic gradient descent.

use assay_models::{Layer, Network};
use assay_runs::Schedule;
use burn::tensor::{Gradients, Tensor};

/// What a schedule asks for at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Learning rate of the weights.
    pub learning: f64,
    /// Momentum.
    pub momentum: f64,
}

impl Rates {
    /// After this share of all steps, in [0, 1), and so many whole epochs.
    ///
    /// # Panics
    /// When a schedule has more than 2^31 drops or epochs.
    #[must_use]
    pub fn at(schedule: &Schedule, share: f64, epoch: u64) -> Self {
        let drops = schedule.drops.iter().filter(|&&drop| share >= drop).count();
        let power = |factor: f64, times: i32| factor.powi(times);
        let drops = i32::try_from(drops).expect("a handful of drops");
        let epochs = i32::try_from(epoch).expect("fewer than 2^31 epochs");
        let momentum = match schedule.momentum_growth {
            Some(growth) => {
                let grown = (epoch as f64 / f64::from(growth.epochs)).min(1.0);
                growth.from + grown * (schedule.momentum - growth.from)
            }
            None => schedule.momentum,
        };
        Self {
            learning: schedule.learning_rate
                * power(schedule.drop_factor, drops)
                * power(schedule.epoch_factor, epochs),
            momentum,
        }
    }
}

/// Stochastic gradient descent with momentum: v <- m v + g + d w; w <- w - r v, with weight decay d
/// on weights only and the learning rate r of biases multiplied by a factor of its own.
///
/// Written out here, not burn's, because a checkpoint must hold the velocities under the names of
/// the layers, and because burn keeps its state under identifiers drawn anew in each process.
#[derive(Debug)]
pub struct Sgd {
    weight_decay: f64,
    bias_factor: f64,
    max_norm: f64,
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
            weight_decay: schedule.weight_decay,
            bias_factor: schedule.bias_learning_rate_factor,
            max_norm: schedule.max_norm,
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

    /// One step of every trained layer that has a gradient; where there is a limit, each unit's incoming
    /// weights are then scaled down to it.
    pub fn step(&mut self, network: &mut Network, gradients: &mut Gradients, rates: Rates) {
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
                    before.weight.mul_scalar(rates.momentum) + of_weight,
                    before.bias.mul_scalar(rates.momentum) + of_bias,
                ),
                None => (of_weight, of_bias),
            };
            layer.set(
                weight - of_weight.clone().mul_scalar(rates.learning),
                bias - of_bias.clone().mul_scalar(rates.learning * self.bias_factor),
            );
            *velocity = Some(Velocity { weight: of_weight, bias: of_bias });
        }
        if self.max_norm > 0.0 {
            network.limit_squared_norms(self.max_norm);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_runs::MomentumGrowth;

    #[test]
    fn rates_fall_at_drops_and_after_epochs_and_momentum_grows_in_a_straight_line() {
        let schedule = Schedule {
            epochs: 10,
            batch: 1,
            learning_rate: 0.8,
            bias_learning_rate_factor: 1.0,
            drops: vec![0.5, 0.75],
            drop_factor: 0.1,
            momentum: 0.9,
            weight_decay: 0.0,
            epoch_factor: 0.5,
            max_norm: 0.0,
            momentum_growth: Some(MomentumGrowth { from: 0.5, epochs: 4 }),
        };
        // (share, epoch), then 0.8 times 0.1 a drop times 0.5 an epoch, then 0.5 + 0.4 epoch / 4.
        let expected = [
            ((0.0, 0), (0.8, 0.5)),
            ((0.1, 1), (0.4, 0.6)),
            ((0.5, 5), (0.8 * 0.1 / 32.0, 0.9)),
            ((0.8, 8), (0.8 * 0.01 / 256.0, 0.9)),
        ];
        for ((share, epoch), (learning, momentum)) in expected {
            let rates = Rates::at(&schedule, share, epoch);
            assert!((rates.learning / learning - 1.0).abs() < 1e-12, "{rates:?}, epoch {epoch}");
            assert!((rates.momentum - momentum).abs() < 1e-12, "{rates:?}, epoch {epoch}");
        }
    }
}

//! Stochastic gradient descent.

use assay_models::{Layer, Network};
use assay_runs::Schedule;
use burn::tensor::{FloatDType, Gradients, Tensor};

/// What a schedule asks for at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LrStep {
    /// Learning rate of the weights.
    pub learning: f64,
    /// Momentum.
    pub momentum: f64,
}

impl LrStep {
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
/// on weights only and the learning rate r of biases multiplied by a factor of its own. Where the
/// schedule limits the norm of gradients, g is scaled down to it first.
///
/// Written out here, not burn's, because a checkpoint must hold the velocities under the names of
/// the layers, and because burn keeps its state under identifiers drawn anew in each process.
#[derive(Debug)]
pub struct Sgd {
    weight_decay: f64,
    bias_factor: f64,
    max_norm: f64,
    max_gradient_norm: f64,
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
            max_gradient_norm: schedule.max_gradient_norm,
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

    /// One step of every trained layer that has a gradient, which is scaled down first where the schedule limits
    /// its norm; where it limits that of weights, each unit's incoming ones are scaled down after it.
    pub fn step(&mut self, network: &mut Network, gradients: &mut Gradients, rates: LrStep) {
        let mut taken: Vec<_> =
            network.layers().iter().map(|layer| Gradient::of(layer, gradients)).collect();
        if self.max_gradient_norm > 0.0 {
            limit_norm(&mut taken, self.max_gradient_norm);
        }
        let layers = network.layers_mut().iter_mut().zip(&mut self.velocities);
        for ((layer, velocity), gradient) in layers.zip(taken) {
            let Some(Gradient { weight: of_weight, bias: of_bias }) = gradient else { continue };
            let (weight, bias) = (layer.weight().inner(), layer.bias().inner());
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

/// That of one layer.
struct Gradient {
    weight: Tensor<4>,
    bias: Tensor<1>,
}

impl Gradient {
    /// Taken out of all; none of a layer that is not trained.
    fn of(layer: &Layer, gradients: &mut Gradients) -> Option<Self> {
        let weight = layer.weight().grad_remove(gradients)?;
        Some(Self { weight, bias: layer.bias().grad_remove(gradients)? })
    }
}

/// Scales all down together where they are longer than the limit, and leaves every bit where not. A norm
/// that is not finite in single precision makes them all NaN: such a training has diverged.
fn limit_norm(gradients: &mut [Option<Gradient>], limit: f64) {
    // In single precision: squares leave the range of half precision soon.
    let squared = |gradient: &Gradient| {
        let weight = gradient.weight.clone().cast(FloatDType::F32).square().sum();
        weight + gradient.bias.clone().cast(FloatDType::F32).square().sum()
    };
    let mut there = gradients.iter().flatten();
    let Some(first) = there.next().map(squared) else { return };
    // Nothing is read: the norm stays on the device.
    let norm = there.fold(first, |sum, gradient| sum + squared(gradient)).sqrt();
    // 1 exactly where the limit holds; 0 or NaN is added.
    let excess = norm.clone().clamp_min(limit).div_scalar(limit) + (norm.clone() - norm);
    for Gradient { weight, bias } in gradients.iter_mut().flatten() {
        let (of_weight, of_bias) = (weight.dtype().into(), bias.dtype().into());
        let excess_of_weight = excess.clone().reshape([1, 1, 1, 1]);
        *weight =
            (weight.clone().cast(FloatDType::F32) / excess_of_weight).cast::<FloatDType>(of_weight);
        *bias = (bias.clone().cast(FloatDType::F32) / excess.clone()).cast::<FloatDType>(of_bias);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_models::{Architecture, Initialization, NetworkConfig};
    use assay_runs::MomentumGrowth;
    use burn::tensor::Device;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    /// What one step at a rate of 1 takes from all weights and biases of a perceptron, its first layer
    /// frozen, and what they are before it.
    fn taken_by_a_step(max_gradient_norm: f64, weight_decay: f64) -> (Vec<f32>, Vec<f32>) {
        let schedule = Schedule { weight_decay, max_gradient_norm, ..Schedule::of_no_training(2) };
        let config = NetworkConfig {
            architecture: "mlp-6-5".parse::<Architecture>().unwrap(),
            input: [1, 2, 2],
            classes: 3,
            width: 1.0,
            groups: false,
            normalization: false,
            input_dropout: 0.0,
            dropout: 0.0,
        };
        let device = Device::flex();
        let streams = |_: &str| ChaCha8Rng::seed_from_u64(1);
        let mut network = config.init(Initialization::He, streams, &device).unwrap().freeze(1);
        let images = Tensor::<4>::from_data([[[[3.0, -1.0], [2.0, 5.0]]]], &device);
        let values = |network: &Network| -> Vec<f32> {
            let of_layer = |layer: &Layer| {
                let weight = layer.weight().inner().into_data().try_to_vec::<f32>().unwrap();
                let bias = layer.bias().inner().into_data().try_to_vec::<f32>().unwrap();
                [weight, bias].concat()
            };
            network.layers().iter().flat_map(of_layer).collect()
        };
        let before = values(&network);
        let mut gradients = network.forward(images).square().sum().backward();
        let rates = LrStep { learning: 1.0, momentum: 0.0 };
        Sgd::new(&schedule, 3).step(&mut network, &mut gradients, rates);
        let after = values(&network);
        (before.iter().zip(after).map(|(before, after)| before - after).collect(), before)
    }

    fn norm(values: &[f32]) -> f64 {
        values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt()
    }

    #[test]
    fn a_long_gradient_is_scaled_to_the_limit_as_a_whole_and_a_short_one_left_as_it_is() {
        let (free, _) = taken_by_a_step(0.0, 0.0);
        let length = norm(&free);
        assert!(length > 1.0, "{length}: nothing to limit");
        let (limited, _) = taken_by_a_step(0.5, 0.0);
        assert!((norm(&limited) - 0.5).abs() < 1e-5, "{}", norm(&limited));
        for (free, limited) in free.iter().zip(&limited) {
            let expected = f64::from(*free) * 0.5 / length;
            assert!((f64::from(*limited) - expected).abs() < 1e-6, "{limited}, not {expected}");
        }
        assert_eq!(taken_by_a_step(2.0 * length, 0.0).0, free);
    }

    #[test]
    fn weight_decay_comes_after_the_limit() {
        let (limited, before) = taken_by_a_step(0.5, 0.0);
        let (decayed, _) = taken_by_a_step(0.5, 0.25);
        let pairs = limited.iter().zip(&decayed).zip(&before);
        let mut decays = 0;
        for (place, ((limited, decayed), before)) in pairs.enumerate() {
            let more = decayed - limited;
            let of_decay = 0.25 * before;
            // The first layer is frozen, and biases begin at 0.
            let frozen = place < 4 * 6 + 6;
            assert!((more - if frozen { 0.0 } else { of_decay }).abs() < 1e-5, "{more}");
            decays += usize::from(!frozen && of_decay != 0.0);
        }
        assert_eq!(decays, 6 * 5 + 5 * 3);
    }

    #[test]
    fn a_gradient_without_an_end_does_not_pass_for_none() {
        let device = Device::flex();
        let with = |value: f32| Gradient {
            weight: Tensor::from_data([[[[value, 1.0]]]], &device),
            bias: Tensor::from_data([1.0], &device),
        };
        let mut gradients = [None, Some(with(f32::INFINITY)), Some(with(1.0))];
        limit_norm(&mut gradients, 1.0);
        let last = gradients[2].as_ref().unwrap();
        assert!(last.bias.clone().into_scalar::<f32>().is_nan());
    }

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
            max_gradient_norm: 0.0,
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
            let rates = LrStep::at(&schedule, share, epoch);
            assert!((rates.learning / learning - 1.0).abs() < 1e-12, "{rates:?}, epoch {epoch}");
            assert!((rates.momentum - momentum).abs() < 1e-12, "{rates:?}, epoch {epoch}");
        }
    }
}

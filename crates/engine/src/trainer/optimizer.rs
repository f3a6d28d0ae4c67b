//! Stochastic gradient descent with momentum, and its learning rate schedule.

use assay_models::{Layer, Network};
use assay_runs::TrainingConfig;
use burn::tensor::{FloatDType, Gradients, Tensor};

/// Learning rate and momentum of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LrStep {
    /// Learning rate of the weights. That of the biases is multiplied by a factor of its own.
    pub learning_rate: f64,
    /// Momentum.
    pub momentum: f64,
}

impl LrStep {
    /// Evaluates the schedule after `share` of all steps, in [0, 1), and `epoch` whole epochs.
    ///
    /// # Panics
    /// Panics if the schedule has 2^31 or more drops or epochs.
    #[must_use]
    pub fn from_schedule(schedule: &TrainingConfig, share: f64, epoch: u64) -> Self {
        let drops = schedule.drops.iter().filter(|&&drop| share >= drop).count();
        let power = |factor: f64, times: i32| factor.powi(times);
        let drops = i32::try_from(drops).expect("fewer than 2^31 drops");
        let epochs = i32::try_from(epoch).expect("fewer than 2^31 epochs");
        let momentum = match schedule.momentum_growth {
            Some(growth) => {
                let grown = (epoch as f64 / f64::from(growth.epochs)).min(1.0);
                growth.from + grown * (schedule.momentum - growth.from)
            }
            None => schedule.momentum,
        };
        Self {
            learning_rate: schedule.learning_rate
                * power(schedule.drop_factor, drops)
                * power(schedule.epoch_factor, epochs),
            momentum,
        }
    }
}

/// Stochastic gradient descent with momentum: `v <- m v + g + d w; w <- w - r v`.
///
/// The weight decay `d` applies to weights only. The learning rate `r` of biases has a factor of its own.
/// If the schedule limits the norm of the gradient, `g` is scaled down first.
///
/// burn's optimizer is not used for two reasons. A checkpoint must store the velocities under the names of
/// the layers, and burn keys its state by identifiers that change from process to process.
#[derive(Debug)]
pub struct Sgd {
    weight_decay: f64,
    bias_factor: f64,
    max_norm: f64,
    max_gradient_norm: f64,
    /// One per layer; `None` before the first step and for frozen layers.
    velocities: Vec<Option<Velocity>>,
}

#[derive(Debug, Clone)]
struct Velocity {
    weight: Tensor<4>,
    bias: Tensor<1>,
}

impl Sgd {
    /// Creates an optimizer without velocities.
    #[must_use]
    pub fn new(schedule: &TrainingConfig, layers: usize) -> Self {
        Self {
            weight_decay: schedule.weight_decay,
            bias_factor: schedule.bias_learning_rate_factor,
            max_norm: schedule.max_norm,
            max_gradient_norm: schedule.max_gradient_norm,
            velocities: vec![None; layers],
        }
    }

    /// Sets the velocities, for example those of a checkpoint.
    #[must_use]
    pub fn with_velocities(mut self, velocities: &Network) -> Self {
        let velocity = |layer: &Layer| {
            Some(Velocity { weight: layer.weight().inner(), bias: layer.bias().inner() })
        };
        self.velocities = velocities.layers().iter().map(velocity).collect();
        self
    }

    /// The velocities in the form of a network; zeros where there are none yet.
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

    /// Updates every layer that has a gradient.
    ///
    /// Gradients are first scaled down to the schedule's norm limit, if there is one. If the schedule limits
    /// the norm of the weights, the incoming weights of each unit are scaled down afterwards.
    pub fn step(&mut self, network: &mut Network, gradients: &mut Gradients, rates: LrStep) {
        let mut layer_gradients: Vec<_> =
            network.layers().iter().map(|layer| LayerGradient::remove(layer, gradients)).collect();
        if self.max_gradient_norm > 0.0 {
            clip_norm(&mut layer_gradients, self.max_gradient_norm);
        }
        let layers = network.layers_mut().iter_mut().zip(&mut self.velocities);
        for ((layer, velocity), gradient) in layers.zip(layer_gradients) {
            let Some(LayerGradient { weight: weight_gradient, bias: bias_gradient }) = gradient
            else {
                continue;
            };
            let (weight, bias) = (layer.weight().inner(), layer.bias().inner());
            let weight_gradient = match self.weight_decay {
                0.0 => weight_gradient,
                decay => weight_gradient + weight.clone().mul_scalar(decay),
            };
            let (weight_step, bias_step) = match velocity.take() {
                Some(before) => (
                    before.weight.mul_scalar(rates.momentum) + weight_gradient,
                    before.bias.mul_scalar(rates.momentum) + bias_gradient,
                ),
                None => (weight_gradient, bias_gradient),
            };
            layer.set(
                weight - weight_step.clone().mul_scalar(rates.learning_rate),
                bias - bias_step.clone().mul_scalar(rates.learning_rate * self.bias_factor),
            );
            *velocity = Some(Velocity { weight: weight_step, bias: bias_step });
        }
        if self.max_norm > 0.0 {
            network.limit_squared_norms(self.max_norm);
        }
    }
}

/// The gradient of one layer's parameters.
struct LayerGradient {
    weight: Tensor<4>,
    bias: Tensor<1>,
}

impl LayerGradient {
    /// Removes a layer's gradient from `gradients`; `None` if the layer is frozen.
    fn remove(layer: &Layer, gradients: &mut Gradients) -> Option<Self> {
        let weight = layer.weight().grad_remove(gradients)?;
        Some(Self { weight, bias: layer.bias().grad_remove(gradients)? })
    }
}

/// Scales all gradients so that their joint norm is at most `limit`; leaves smaller ones unchanged.
///
/// If the norm is not finite in f32, all gradients become NaN: the training has diverged.
fn clip_norm(gradients: &mut [Option<LayerGradient>], limit: f64) {
    // In f32, since squares soon leave the range of half precision.
    let squared = |gradient: &LayerGradient| {
        let weight = gradient.weight.clone().cast(FloatDType::F32).square().sum();
        weight + gradient.bias.clone().cast(FloatDType::F32).square().sum()
    };
    let mut present = gradients.iter().flatten();
    let Some(first) = present.next().map(squared) else { return };
    // The norm stays on the device: nothing waits for it.
    let norm = present.fold(first, |sum, gradient| sum + squared(gradient)).sqrt();
    // Exactly 1 below the limit. The last term is 0, or NaN if the norm is not finite.
    let excess = norm.clone().clamp_min(limit).div_scalar(limit) + (norm.clone() - norm);
    for LayerGradient { weight, bias } in gradients.iter_mut().flatten() {
        let (weight_type, bias_type) = (weight.dtype().into(), bias.dtype().into());
        let weight_excess = excess.clone().reshape([1, 1, 1, 1]);
        *weight =
            (weight.clone().cast(FloatDType::F32) / weight_excess).cast::<FloatDType>(weight_type);
        *bias = (bias.clone().cast(FloatDType::F32) / excess.clone()).cast::<FloatDType>(bias_type);
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

    /// Takes one step at a learning rate of 1 on a perceptron whose first layer is frozen. Returns by how much
    /// each parameter decreased, and the parameters before the step.
    fn step_difference(max_gradient_norm: f64, weight_decay: f64) -> (Vec<f32>, Vec<f32>) {
        let schedule = TrainingConfig {
            weight_decay,
            max_gradient_norm,
            ..TrainingConfig::evaluation_only(2)
        };
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
            let layer_values = |layer: &Layer| {
                let weight = layer.weight().inner().into_data().try_to_vec::<f32>().unwrap();
                let bias = layer.bias().inner().into_data().try_to_vec::<f32>().unwrap();
                [weight, bias].concat()
            };
            network.layers().iter().flat_map(layer_values).collect()
        };
        let before = values(&network);
        let mut gradients = network.forward(images).square().sum().backward();
        let rates = LrStep { learning_rate: 1.0, momentum: 0.0 };
        Sgd::new(&schedule, 3).step(&mut network, &mut gradients, rates);
        let after = values(&network);
        (before.iter().zip(after).map(|(before, after)| before - after).collect(), before)
    }

    fn norm(values: &[f32]) -> f64 {
        values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt()
    }

    #[test]
    fn a_long_gradient_is_scaled_to_the_limit_and_a_short_one_is_unchanged() {
        let (free, _) = step_difference(0.0, 0.0);
        let length = norm(&free);
        assert!(length > 1.0, "{length}: nothing to clip");
        let (limited, _) = step_difference(0.5, 0.0);
        assert!((norm(&limited) - 0.5).abs() < 1e-5, "{}", norm(&limited));
        for (free, limited) in free.iter().zip(&limited) {
            let expected = f64::from(*free) * 0.5 / length;
            assert!((f64::from(*limited) - expected).abs() < 1e-6, "{limited}, not {expected}");
        }
        assert_eq!(step_difference(2.0 * length, 0.0).0, free);
    }

    #[test]
    fn weight_decay_is_not_clipped() {
        let (limited, before) = step_difference(0.5, 0.0);
        let (decayed, _) = step_difference(0.5, 0.25);
        let pairs = limited.iter().zip(&decayed).zip(&before);
        let mut decays = 0;
        for (index, ((limited, decayed), before)) in pairs.enumerate() {
            let difference = decayed - limited;
            let decay = 0.25 * before;
            // The first layer is frozen, and biases start at 0.
            let frozen = index < 4 * 6 + 6;
            assert!((difference - if frozen { 0.0 } else { decay }).abs() < 1e-5, "{difference}");
            decays += usize::from(!frozen && decay != 0.0);
        }
        assert_eq!(decays, 6 * 5 + 5 * 3);
    }

    #[test]
    fn an_infinite_gradient_becomes_nan() {
        let device = Device::flex();
        let with = |value: f32| LayerGradient {
            weight: Tensor::from_data([[[[value, 1.0]]]], &device),
            bias: Tensor::from_data([1.0], &device),
        };
        let mut gradients = [None, Some(with(f32::INFINITY)), Some(with(1.0))];
        clip_norm(&mut gradients, 1.0);
        let last = gradients[2].as_ref().unwrap();
        assert!(last.bias.clone().into_scalar::<f32>().is_nan());
    }

    #[test]
    fn the_learning_rate_falls_at_drops_and_per_epoch_and_momentum_grows_linearly() {
        let schedule = TrainingConfig {
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
        // (share, epoch), then 0.8 * 0.1 per drop * 0.5 per epoch, then 0.5 + 0.4 * epoch / 4.
        let expected = [
            ((0.0, 0), (0.8, 0.5)),
            ((0.1, 1), (0.4, 0.6)),
            ((0.5, 5), (0.8 * 0.1 / 32.0, 0.9)),
            ((0.8, 8), (0.8 * 0.01 / 256.0, 0.9)),
        ];
        for ((share, epoch), (learning_rate, momentum)) in expected {
            let rates = LrStep::from_schedule(&schedule, share, epoch);
            let ratio = rates.learning_rate / learning_rate;
            assert!((ratio - 1.0).abs() < 1e-12, "{rates:?}, epoch {epoch}");
            assert!((rates.momentum - momentum).abs() < 1e-12, "{rates:?}, epoch {epoch}");
        }
    }
}

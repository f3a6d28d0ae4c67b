//! Stochastic gradient descent with momentum, and its learning rate schedule.

use assay_kernels::SgdStep;
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
    /// Panics if the schedule has 2^31 or more milestones or epochs.
    #[must_use]
    pub fn from_schedule(schedule: &TrainingConfig, share: f64, epoch: u64) -> Self {
        let passed = schedule.lr_milestones.iter().filter(|&&at| share >= at).count();
        let power = |factor: f64, times: i32| factor.powi(times);
        let passed = i32::try_from(passed).expect("fewer than 2^31 milestones");
        let epochs = i32::try_from(epoch).expect("fewer than 2^31 epochs");
        let momentum = match schedule.momentum_warmup {
            Some(growth) => {
                let grown = (epoch as f64 / f64::from(growth.epochs)).min(1.0);
                growth.from + grown * (schedule.momentum - growth.from)
            }
            None => schedule.momentum,
        };
        Self {
            learning_rate: schedule.learning_rate
                * power(schedule.lr_gamma, passed)
                * power(schedule.lr_epoch_gamma, epochs),
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
    max_weight_norm: f64,
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
            bias_factor: schedule.bias_lr_factor,
            max_weight_norm: schedule.max_weight_norm,
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
        let update = |factor: f64, weight_decay: f64| SgdStep {
            learning_rate: (rates.learning_rate * factor) as f32,
            momentum: rates.momentum as f32,
            weight_decay: weight_decay as f32,
        };
        let of_weights = update(1.0, self.weight_decay);
        let of_biases = update(self.bias_factor, 0.0);
        let layers = network.layers_mut().iter_mut().zip(&mut self.velocities);
        for ((layer, velocity), gradient) in layers.zip(layer_gradients) {
            let Some(LayerGradient { weight: weight_gradient, bias: bias_gradient }) = gradient
            else {
                continue;
            };
            let (old_weight, old_bias) = match velocity.take() {
                Some(Velocity { weight, bias }) => (Some(weight), Some(bias)),
                None => (None, None),
            };
            let (weight, weight_velocity) =
                of_weights.apply(layer.weight().inner(), old_weight, weight_gradient);
            let (bias, bias_velocity) =
                of_biases.apply(layer.bias().inner(), old_bias, bias_gradient);
            layer.set(weight, bias);
            *velocity = Some(Velocity { weight: weight_velocity, bias: bias_velocity });
        }
        if self.max_weight_norm > 0.0 {
            network.limit_squared_norms(self.max_weight_norm);
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
mod tests;

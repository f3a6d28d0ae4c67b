//! One layer: dropout, a kernel, `ReLU`, pooling and normalization, in this order.

use burn::module::{Module, Param, ParamId};
use burn::nn::{LocalResponseNorm, LocalResponseNormConfig};
use burn::tensor::activation::relu;
use burn::tensor::module::{conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;

use crate::pooled_convolution::pooled_convolution;
use crate::{DropoutMasks, Initialization, is_processor};

/// Up to so many channels, gathering a convolution's input takes longer than multiplying: those of an image.
const FEW_CHANNELS: usize = 3;

/// The weighted part of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// A convolution with square filters.
    Convolution {
        /// Filters.
        out: usize,
        /// Height and width of a filter.
        size: usize,
        /// Step between places of a filter.
        stride: usize,
        /// Zeros added on each side.
        padding: usize,
        /// Groups of channels that do not see one another.
        groups: usize,
    },
    /// Every output sees every input.
    FullyConnected {
        /// Outputs.
        out: usize,
    },
}

/// Max pooling over squares, without padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// Height and width of a square.
    pub size: usize,
    /// Step between squares.
    pub stride: usize,
}

/// A layer with all its shapes, as plain data.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerConfig {
    /// The name of the cut point after it: `conv1` .. `fc8`.
    pub name: String,
    /// Its name in a file of weights.
    pub stored_as: String,
    /// Shape of its input: `[channels, height, width]`.
    pub input: [usize; 3],
    /// Its weighted part.
    pub kernel: Kernel,
    /// The share of its inputs dropped in training. Dropout belongs to the layer it feeds, so that
    /// the output of a frozen layer never changes.
    pub dropout: f64,
    /// Whether a `ReLU` follows.
    pub relu: bool,
    /// The pooling that follows.
    pub pool: Option<Pool>,
    /// Whether local response normalization (5 channels, alpha 1e-4, beta 0.75, k 1) follows.
    pub normalization: bool,
    /// Standard deviation of the weights in the paper.
    pub paper_deviation: f64,
    /// Value of the biases in the paper.
    pub paper_bias: f64,
}

impl LayerConfig {
    /// Shape of the weights: `[out, in, height, width]`; a fully connected layer is stored as
    /// `[out, in, 1, 1]`, so that there is one kind of weights.
    #[must_use]
    pub fn weight_shape(&self) -> [usize; 4] {
        let [channels, height, width] = self.input;
        match self.kernel {
            Kernel::Convolution { out, size, groups, .. } => [out, channels / groups, size, size],
            Kernel::FullyConnected { out } => [out, channels * height * width, 1, 1],
        }
    }

    /// How many inputs each output is a weighted sum of.
    #[must_use]
    pub fn fan_in(&self) -> usize {
        self.weight_shape()[1..].iter().product()
    }

    /// Weights and biases.
    #[must_use]
    pub fn parameters(&self) -> usize {
        let shape = self.weight_shape();
        shape.iter().product::<usize>() + shape[0]
    }

    /// Shape of the output, `[channels, height, width]`; none where the input is too small.
    #[must_use]
    pub fn output(&self) -> Option<[usize; 3]> {
        let [channels, height, width] = self.kernel_output()?;
        let Some(Pool { size, stride }) = self.pool else {
            return Some([channels, height, width]);
        };
        let pooled = |side: usize| Some(side.checked_sub(size)? / stride + 1);
        Some([channels, pooled(height)?, pooled(width)?])
    }

    fn kernel_output(&self) -> Option<[usize; 3]> {
        let [_, height, width] = self.input;
        match self.kernel {
            Kernel::Convolution { out, size, stride, padding, .. } => {
                let slid = |side: usize| Some((side + 2 * padding).checked_sub(size)? / stride + 1);
                Some([out, slid(height)?, slid(width)?])
            }
            Kernel::FullyConnected { out } => Some([out, 1, 1]),
        }
    }

    /// Numbers that one image's forward pass computes: the kernel's output, and what pooling makes of it.
    #[must_use]
    pub fn activations(&self) -> usize {
        let size = |shape: Option<[usize; 3]>| shape.map_or(0, |shape| shape.iter().product());
        let pooled = if self.pool.is_some() { size(self.output()) } else { 0 };
        size(self.kernel_output()) + pooled
    }

    /// Multiplications of one image's forward pass.
    #[must_use]
    pub fn multiplications(&self) -> usize {
        let places = self.kernel_output().map_or(0, |[_, height, width]| height * width);
        self.weight_shape().iter().product::<usize>() * places
    }

    /// Draws the layer's weights from `rng`; they are trained until they are frozen.
    #[must_use]
    pub fn init(
        &self,
        initialization: Initialization,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Layer {
        let (weight, bias) = initialization.draw(self, rng);
        self.with_weights(
            Tensor::from_data(TensorData::new(weight, self.weight_shape()), device),
            Tensor::from_data(TensorData::new(bias, [self.weight_shape()[0]]), device),
        )
    }

    /// A layer with these weights, `[out, in, height, width]`, and biases, `[out]`, to be trained.
    #[must_use]
    pub fn with_weights(&self, weight: Tensor<4>, bias: Tensor<1>) -> Layer {
        Layer {
            weight: trained(weight),
            bias: trained(bias),
            normalization: self
                .normalization
                .then(|| LocalResponseNormConfig::new(5).with_alpha(1e-4).with_beta(0.75).init()),
            config: self.clone(),
        }
    }
}

fn trained<const D: usize>(value: Tensor<D>) -> Param<Tensor<D>> {
    Param::initialized(ParamId::new(), value.inner().autodiff().require_grad())
}

fn frozen<const D: usize>(value: Tensor<D>) -> Param<Tensor<D>> {
    Param::initialized(ParamId::new(), value.inner())
}

/// A layer on a device.
#[derive(Module, Debug)]
pub struct Layer {
    /// `[out, in, height, width]`.
    weight: Param<Tensor<4>>,
    /// `[out]`.
    bias: Param<Tensor<1>>,
    normalization: Option<LocalResponseNorm>,
    #[module(skip)]
    config: LayerConfig,
}

impl Layer {
    /// Its shapes.
    #[must_use]
    pub fn config(&self) -> &LayerConfig {
        &self.config
    }

    /// The weights, `[out, in, height, width]`, on the autodiff device while they are trained.
    #[must_use]
    pub fn weight(&self) -> Tensor<4> {
        self.weight.val()
    }

    /// The biases, `[out]`, on the autodiff device while they are trained.
    #[must_use]
    pub fn bias(&self) -> Tensor<1> {
        self.bias.val()
    }

    /// Whether training may change it.
    #[must_use]
    pub fn is_trained(&self) -> bool {
        self.weight.val().is_autodiff()
    }

    /// The same layer, never to change.
    #[must_use]
    pub fn freeze(self) -> Self {
        Self { weight: frozen(self.weight.val()), bias: frozen(self.bias.val()), ..self }
    }

    /// The same layer, to be trained from here.
    #[must_use]
    pub fn unfreeze(self) -> Self {
        Self { weight: trained(self.weight.val()), bias: trained(self.bias.val()), ..self }
    }

    /// Sets the weights and biases of a trained layer, as an optimizer does after each step.
    ///
    /// # Panics
    /// When the layer is frozen or a shape differs.
    pub fn set(&mut self, weight: Tensor<4>, bias: Tensor<1>) {
        assert!(self.is_trained(), "layer {} is frozen", self.config.name);
        assert_eq!(weight.dims(), self.weight.val().dims(), "weights of {}", self.config.name);
        assert_eq!(bias.dims(), self.bias.val().dims(), "biases of {}", self.config.name);
        self.weight = trained(weight);
        self.bias = trained(bias);
    }

    /// The layer's output.
    ///
    /// # Shapes
    /// - input: `[batch, channels, height, width]`
    /// - output: `[batch, channels, height, width]`, `[batch, out, 1, 1]` where fully connected
    ///
    /// Dropout acts where masks are given.
    ///
    /// # Panics
    /// When the input has another shape than the layer was built for.
    #[must_use]
    pub fn forward(&self, input: Tensor<4>, masks: Option<&mut DropoutMasks>) -> Tensor<4> {
        let [_, shape @ ..] = input.dims();
        assert_eq!(shape, self.config.input, "input of layer {}", self.config.name);
        let input = match masks {
            Some(masks) if self.config.dropout > 0.0 => masks.apply(input, self.config.dropout),
            _ => input,
        };
        let mut output = self.weigh(input);
        if self.config.relu {
            output = relu(output);
        }
        if let Some(Pool { size, stride }) = self.config.pool {
            output = max_pool2d(output, MaxPoolOptions::new([size; 2]).with_stride([stride; 2]));
        }
        self.normalize(output)
    }

    /// The layer's output without dropout, the same as [`Layer::forward`]'s of finite values, up to the rounding
    /// of sums. On the processor a convolution of few channels and its pooling are one product, which is faster and
    /// whose backward pass is slow.
    ///
    /// # Shapes
    /// As of [`Layer::forward`].
    ///
    /// # Panics
    /// As for [`Layer::forward`].
    #[must_use]
    pub fn infer(&self, input: Tensor<4>) -> Tensor<4> {
        let Some((stride, padding, pool)) = self.pooled_at_once(&input.device()) else {
            return self.forward(input, None);
        };
        let [_, shape @ ..] = input.dims();
        assert_eq!(shape, self.config.input, "input of layer {}", self.config.name);
        let (weight, bias) = (self.weight.val(), self.bias.val());
        let pooled = pooled_convolution(input, &weight, bias, (stride, padding), pool);
        // The largest of what is above 0 is the largest, where that is above 0.
        self.normalize(if self.config.relu { relu(pooled) } else { pooled })
    }

    /// Stride, padding and pooling of a convolution that is made one product with it: where squares overlap,
    /// places are multiplied too often for that to pay.
    pub(crate) fn pooled_at_once(&self, device: &Device) -> Option<(usize, usize, Pool)> {
        let few = self.config.input[0] <= FEW_CHANNELS && is_processor(device);
        match (self.config.kernel, self.config.pool) {
            (Kernel::Convolution { stride, padding, groups: 1, .. }, Some(pool)) => {
                (few && pool.size == pool.stride).then_some((stride, padding, pool))
            }
            _ => None,
        }
    }

    /// The kernel's output.
    fn weigh(&self, input: Tensor<4>) -> Tensor<4> {
        match self.config.kernel {
            Kernel::Convolution { stride, padding, groups, .. } => {
                let options = ConvOptions::new([stride; 2], [padding; 2], [1; 2], groups);
                conv2d(input, self.weight.val(), Some(self.bias.val()), options)
            }
            Kernel::FullyConnected { out } => {
                let batch = input.dims()[0];
                let weight = self.weight.val().flatten::<2>(1, 3).transpose();
                let input = input.flatten::<2>(1, 3);
                (input.matmul(weight) + self.bias.val().unsqueeze()).reshape([batch, out, 1, 1])
            }
        }
    }

    fn normalize(&self, output: Tensor<4>) -> Tensor<4> {
        match &self.normalization {
            Some(normalization) => normalization.forward(output),
            None => output,
        }
    }
}

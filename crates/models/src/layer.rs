//! A layer: dropout, convolution or matrix product, `ReLU`, pooling and normalization, in this
//! order.

use burn::module::{Module, Param, ParamId};
use burn::nn::{LocalResponseNorm, LocalResponseNormConfig};
use burn::tensor::activation::relu;
use burn::tensor::module::{conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor};

use crate::pooled_convolution::pooled_convolution;
use crate::{DropoutMasks, Kernel, LayerConfig, Pool, is_cpu};

/// Maximum number of input channels for which convolution and pooling are fused: gathering the
/// input dominates the time of such convolutions.
const MAX_FUSED_CHANNELS: usize = 3;

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

impl LayerConfig {
    /// A trainable layer with these weights, `[out, in, height, width]`, and biases, `[out]`.
    #[must_use]
    pub fn with_weights(&self, weight: Tensor<4>, bias: Tensor<1>) -> Layer {
        Layer::new(self.clone(), weight, bias)
    }
}

impl Layer {
    /// A trainable layer with these weights and biases.
    fn new(config: LayerConfig, weight: Tensor<4>, bias: Tensor<1>) -> Self {
        let normalization = config
            .local_response_norm
            .then(|| LocalResponseNormConfig::new(5).with_alpha(1e-4).with_beta(0.75).init());
        Self { weight: trained(weight), bias: trained(bias), normalization, config }
    }

    /// The configuration of the layer.
    #[must_use]
    pub fn config(&self) -> &LayerConfig {
        &self.config
    }

    /// The weights, `[out, in, height, width]`; on the autodiff device if the layer is trained.
    #[must_use]
    pub fn weight(&self) -> Tensor<4> {
        self.weight.val()
    }

    /// The biases, `[out]`; on the autodiff device if the layer is trained.
    #[must_use]
    pub fn bias(&self) -> Tensor<1> {
        self.bias.val()
    }

    /// Whether the layer is trained, not frozen.
    #[must_use]
    pub fn is_trained(&self) -> bool {
        self.weight.val().is_autodiff()
    }

    /// Freezes the layer.
    #[must_use]
    pub fn freeze(self) -> Self {
        Self { weight: frozen(self.weight.val()), bias: frozen(self.bias.val()), ..self }
    }

    /// Makes the layer trainable.
    #[must_use]
    pub fn unfreeze(self) -> Self {
        Self { weight: trained(self.weight.val()), bias: trained(self.bias.val()), ..self }
    }

    /// Sets the weights and biases of a trained layer. The optimizer calls this after each step.
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

    /// Computes the output of the layer. Dropout is applied if masks are given.
    ///
    /// # Shapes
    /// - input: `[batch, channels, height, width]`
    /// - output: `[batch, channels, height, width]`, `[batch, out, 1, 1]` if fully connected
    ///
    /// # Panics
    /// When the input does not have the configured shape.
    #[must_use]
    pub fn forward(&self, input: Tensor<4>, masks: Option<&mut DropoutMasks>) -> Tensor<4> {
        let [_, shape @ ..] = input.dims();
        assert_eq!(shape, self.config.input, "input of layer {}", self.config.name);
        let input = match masks {
            Some(masks) if self.config.dropout > 0.0 => masks.apply(input, self.config.dropout),
            _ => input,
        };
        let mut output = self.apply_kernel(input);
        if self.config.relu {
            output = relu(output);
        }
        if let Some(Pool { size, stride }) = self.config.pool {
            output = max_pool2d(output, MaxPoolOptions::new([size; 2]).with_stride([stride; 2]));
        }
        self.normalize(output)
    }

    /// Computes the output of the layer for inference, without dropout. For finite values, it is
    /// equal to the output of [`Layer::forward`] up to rounding.
    ///
    /// On a CPU, a convolution of few channels and its pooling are computed as one matrix product.
    /// This is faster, but has a slow backward pass.
    ///
    /// # Shapes
    /// As for [`Layer::forward`].
    ///
    /// # Panics
    /// As for [`Layer::forward`].
    #[must_use]
    pub fn infer(&self, input: Tensor<4>) -> Tensor<4> {
        let Some((stride, padding, pool)) = self.fused_pooling(&input.device()) else {
            return self.forward(input, None);
        };
        let [_, shape @ ..] = input.dims();
        assert_eq!(shape, self.config.input, "input of layer {}", self.config.name);
        let (weight, bias) = (self.weight.val(), self.bias.val());
        let pooled = pooled_convolution(input, &weight, bias, (stride, padding), pool);
        // ReLU and max commute.
        self.normalize(if self.config.relu { relu(pooled) } else { pooled })
    }

    /// Stride, padding and pooling, if convolution and pooling can be fused. Overlapping pooling
    /// windows are not fused, because they would compute most products several times.
    pub(crate) fn fused_pooling(&self, device: &Device) -> Option<(usize, usize, Pool)> {
        let few = self.config.input[0] <= MAX_FUSED_CHANNELS && is_cpu(device);
        match (self.config.kernel, self.config.pool) {
            (Kernel::Convolution { stride, padding, groups: 1, .. }, Some(pool)) => {
                (few && pool.size == pool.stride).then_some((stride, padding, pool))
            }
            _ => None,
        }
    }

    /// Computes the convolution or the matrix product.
    fn apply_kernel(&self, input: Tensor<4>) -> Tensor<4> {
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

//! A layer: dropout, convolution or matrix product, `ReLU`, pooling and normalization, in this
//! order.

use burn::module::{Module, Param, ParamId};
use burn::tensor::Tensor;

use assay_kernels::{LocalResponseNorm, layer};

use crate::{DropoutMasks, LayerConfig};

/// Krizhevsky et al. 2012, section 3.3, as Caffe and `PyTorch` have it.
const LOCAL_RESPONSE_NORM: LocalResponseNorm = LocalResponseNorm { size: 5, alpha: 1e-4, k: 1.0 };

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
        Self { weight: trained(weight), bias: trained(bias), config }
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
        let output = layer(input, self.weight.val(), self.bias.val(), self.config.options());
        if self.config.local_response_norm { LOCAL_RESPONSE_NORM.forward(output) } else { output }
    }
}

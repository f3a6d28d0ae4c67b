//! The operations on tensors.

use burn::backend::Dispatch;
use burn::tensor::{DType, Device, Tensor};

use crate::backend::Kernels;
use crate::{LayerOptions, LocalResponseNorm, SgdStep, primitives};

/// Whether a device is the CPU, with or without autodiff.
#[must_use]
pub fn is_cpu(device: &Device) -> bool {
    *device == Device::flex()
}

/// Whether the CPU's kernels compute with this tensor.
fn has_kernel<const D: usize>(tensor: &Tensor<D>) -> bool {
    is_cpu(&tensor.device()) && tensor.dtype() == DType::F32
}

/// # Panics
/// When the operands differ in precision.
fn assert_same_precision(what: &str, types: &[DType]) {
    assert!(types.windows(2).all(|pair| pair[0] == pair[1]), "{what} in {types:?}");
}

/// Computes a layer: convolution or fully connected, with its biases, `ReLU` and max pooling.
///
/// The gradient of `ReLU` is 0 where its output is 0; the first largest value of a pooling window
/// gets its gradient. NaN is the largest value; of several, the last one gets the gradient.
///
/// # Shapes
/// - input: `[batch, channels, height, width]`
/// - weight: `[out, channels / groups, height, width]`; `[out, channels * height * width, 1, 1]` if
///   fully connected
/// - bias: `[out]`
/// - output: `[batch, out, height, width]`; `[batch, out, 1, 1]` if fully connected
///
/// # Panics
/// When the shapes do not fit together, or the tensors differ in precision.
#[must_use]
pub fn layer(
    input: Tensor<4>,
    weight: Tensor<4>,
    bias: Tensor<1>,
    options: LayerOptions,
) -> Tensor<4> {
    let types = [input.dtype(), weight.dtype(), bias.dtype()];
    assert_same_precision("input, weights and biases", &types);
    assert_eq!(bias.dims(), [weight.dims()[0]], "a bias for each output");
    if !has_kernel(&input) {
        return primitives::layer(input, weight, bias, options);
    }
    let (input, weight) = (input.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(Dispatch::layer(input, weight, bias.into_dispatch(), options))
}

impl LocalResponseNorm {
    /// Normalizes each value by the squares of its neighboring channels.
    ///
    /// # Shapes
    /// - input, output: `[batch, channels, height, width]`
    ///
    /// # Panics
    /// When the size is even.
    #[must_use]
    pub fn forward(self, input: Tensor<4>) -> Tensor<4> {
        assert!(self.size % 2 == 1, "a size of {} has no middle", self.size);
        if !has_kernel(&input) {
            return primitives::local_response_norm(input, self);
        }
        Tensor::from_dispatch(Dispatch::local_response_norm(input.into_dispatch(), self))
    }
}

impl SgdStep {
    /// Returns the new weights and their new velocity.
    ///
    /// All tensors have the same shape and are on a device without autodiff. Without a velocity,
    /// the old one is 0.
    ///
    /// # Panics
    /// When a shape or the precision differs.
    #[must_use]
    pub fn apply<const D: usize>(
        self,
        weight: Tensor<D>,
        velocity: Option<Tensor<D>>,
        gradient: Tensor<D>,
    ) -> (Tensor<D>, Tensor<D>) {
        assert_eq!(weight.dims(), gradient.dims(), "the gradient of the weights");
        assert_same_precision("weights and gradient", &[weight.dtype(), gradient.dtype()]);
        if let Some(velocity) = &velocity {
            assert_eq!(weight.dims(), velocity.dims(), "the velocity of the weights");
            assert_same_precision("weights and velocity", &[weight.dtype(), velocity.dtype()]);
        }
        if !has_kernel(&weight) {
            return primitives::sgd_step(weight, velocity, gradient, self);
        }
        let (options, velocity) = match velocity {
            Some(velocity) => (self, velocity),
            None => (Self { momentum: 0.0, ..self }, weight.zeros_like()),
        };
        let [weight, velocity, gradient] = [weight, velocity, gradient].map(Tensor::into_dispatch);
        let (weight, velocity) = Dispatch::sgd_step(weight, velocity, gradient, options);
        (Tensor::from_dispatch(weight), Tensor::from_dispatch(velocity))
    }
}

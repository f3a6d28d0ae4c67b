//! The kernels as operations of burn's backends.

mod autodiff;
mod flex;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

use crate::{LayerOptions, LocalResponseNorm, SgdStep};

/// The backends that have kernels. Tensors are f32, `[batch, channels, height, width]`.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait Kernels: Backend {
    /// See [`crate::layer`].
    fn layer(
        input: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        options: LayerOptions,
    ) -> FloatTensor<Self>;

    /// See [`LocalResponseNorm::forward`].
    fn local_response_norm(
        input: FloatTensor<Self>,
        options: LocalResponseNorm,
    ) -> FloatTensor<Self>;

    /// See [`SgdStep::apply`]. Returns the new weights and velocity. Has no gradient.
    fn sgd_step(
        weight: FloatTensor<Self>,
        velocity: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        options: SgdStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

//! Layers as single operations, forward and backward.
//!
//! [`layer`] computes a convolution or a fully connected layer, its biases, `ReLU` and max pooling.
//! [`LocalResponseNorm::forward`] normalizes across channels, and [`SgdStep::apply`] updates the
//! weights. On a CPU, each is one kernel of this crate. On other devices, each is composed of burn's
//! operations; a kernel for a GPU would be called in the same place.
//!
//! The CPU kernels keep the channels of an image last in memory. Tensors keep their shape, `[batch,
//! channels, height, width]`, and have the strides of that order. An input in another order is
//! copied.
//!
//! The bits of a result depend neither on the number of threads nor on the width of the CPU's SIMD
//! vectors (with fused multiply-add, that is from AVX2 on). Those of an image's output do not depend
//! on its batch.
//!
//! ```
//! use assay_kernels::{LayerOptions, Operation, Pool, layer};
//! use burn::tensor::{Device, Tensor};
//!
//! let device = Device::flex();
//! let images = Tensor::<4>::ones([2, 3, 8, 8], &device);
//! let (weight, bias) = (Tensor::ones([4, 3, 3, 3], &device), Tensor::zeros([4], &device));
//! let options = LayerOptions {
//!     operation: Operation::Convolution { stride: 1, padding: 1, groups: 1 },
//!     relu: true,
//!     pool: Some(Pool { size: 2, stride: 2 }),
//! };
//! let output = layer(images, weight, bias, options);
//! assert_eq!(output.dims(), [2, 4, 4, 4]);
//! assert_eq!(output.max().into_scalar::<f32>(), 27.0);
//! ```

mod backend;
mod cpu;
mod operations;
mod options;
pub mod primitives;

pub use operations::{is_cpu, layer};
pub use options::{LayerOptions, LocalResponseNorm, Operation, Pool, SgdStep};

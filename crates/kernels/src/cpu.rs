//! The kernels of the CPU: plain functions on slices, with the channels last.

#![expect(clippy::inline_always, reason = "only inlined code gets the instructions of a dispatch")]

pub(crate) mod backward;
pub(crate) mod forward;
pub(crate) mod fully_connected;
pub(crate) mod geometry;
pub(crate) mod input_gradient;
pub(crate) mod local_response_norm;
pub(crate) mod padding;
pub(crate) mod panels;
pub(crate) mod pooling;
pub(crate) mod product;
pub(crate) mod sgd;
pub(crate) mod simd;
#[cfg(test)]
mod tests;
pub(crate) mod transpose;
pub(crate) mod transposed_product;

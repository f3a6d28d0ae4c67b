//! Normalization of images on a device.

use burn::tensor::{Device, Tensor, TensorData};

use crate::pixels::DevicePixels;
use crate::{DataError, Normalization, Shape};

/// Normalizes images in host memory: u8 `[batch, channel, row, column]` of `shape` to float
/// `[batch, channels, height, width]` on `device`. The result is bit-identical to that of
/// [`ViewSource`](crate::ViewSource).
///
/// # Errors
/// [`DataError::Split`] when there is no image, or when `normalization` has another number of
/// channels.
///
/// # Panics
/// When the length of `pixels` is not a multiple of an image.
pub fn normalize_bytes(
    pixels: Vec<u8>,
    shape: Shape,
    normalization: &Normalization,
    device: &Device,
) -> Result<Tensor<4>, DataError> {
    let normalizer = Normalizer::new(normalization, shape.channels, device)?;
    if pixels.is_empty() {
        return Err(DataError::Split("no image to normalize".into()));
    }
    assert_eq!(pixels.len() % shape.len(), 0, "whole images of shape {shape:?}");
    let rows = pixels.len() / shape.len();
    Ok(normalizer
        .apply(DevicePixels::new(pixels, rows, device).all_rows(shape.len(), device), shape))
}

/// Normalizes images that are tensors already. Values need not be integers, and gradients flow
/// through it.
///
/// # Shapes
/// - images: float `[batch, channels, height, width]`, in 0..=255
/// - output: float `[batch, channels, height, width]`, on the same device
///
/// # Errors
/// [`DataError::Split`] when `normalization` has another number of channels.
pub fn normalize_tensor(
    images: Tensor<4>,
    normalization: &Normalization,
) -> Result<Tensor<4>, DataError> {
    let [_, channels, ..] = images.dims();
    let normalizer = Normalizer::new(normalization, channels, &images.device())?;
    Ok((images - normalizer.mean) * normalizer.scale)
}

/// Normalization as tensors: `(pixel - mean) * scale`.
#[derive(Debug, Clone)]
pub(crate) struct Normalizer {
    /// float `[1, channels, 1, 1]`, in 0..=255.
    mean: Tensor<4>,
    /// float `[1, channels, 1, 1]`: 1 / standard deviation.
    scale: Tensor<4>,
}

impl Normalizer {
    pub(crate) fn new(
        normalization: &Normalization,
        channels: usize,
        device: &Device,
    ) -> Result<Self, DataError> {
        let Normalization { mean, deviation } = normalization;
        if mean.len() != channels || deviation.len() != channels {
            return Err(DataError::Split(format!(
                "the normalization has {} means and {} standard deviations, but images have {channels} channels",
                mean.len(),
                deviation.len(),
            )));
        }
        let put = |values: Vec<f32>| {
            Tensor::from_data(TensorData::new(values, [1, channels, 1, 1]), device)
        };
        Ok(Self {
            mean: put(mean.clone()),
            scale: put(deviation.iter().map(|&deviation| 1.0 / deviation).collect()),
        })
    }

    /// float `[batch, channels * height * width]`, in 0..=255, to float `[batch, channels, height,
    /// width]`.
    pub(crate) fn apply(&self, pixels: Tensor<2>, shape: Shape) -> Tensor<4> {
        let [batch, _] = pixels.dims();
        let pixels = pixels.reshape([batch, shape.channels, shape.height, shape.width]);
        (pixels - self.mean.clone()) * self.scale.clone()
    }
}

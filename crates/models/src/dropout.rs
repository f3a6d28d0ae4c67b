//! Dropout from an owned stream.

use burn::tensor::{Bool, Tensor, TensorData};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Draws dropout masks from one stream, in the order of the layers that ask.
#[derive(Debug)]
pub struct DropoutMasks {
    rng: ChaCha8Rng,
}

impl DropoutMasks {
    /// Masks drawn from `rng`.
    #[must_use]
    pub fn new(rng: ChaCha8Rng) -> Self {
        Self { rng }
    }

    /// Drops the given share of `values`, rounded to a 256th, and scales the rest by 1 / (1 - share)
    /// of the rounded share, so that the mean stays (Srivastava et al. 2014, section 10).
    ///
    /// `share` is in [0, 1); below 1/512 nothing is dropped.
    #[must_use]
    pub fn apply<const D: usize>(&mut self, values: Tensor<D>, share: f64) -> Tensor<D> {
        let threshold = ((share * 256.0).round() as u16).min(255) as u8;
        let dims = values.shape();
        let mut bytes = vec![0; dims.num_elements()];
        self.rng.fill_bytes(&mut bytes);
        let dropped: Vec<bool> = bytes.into_iter().map(|byte| byte < threshold).collect();
        let device = values.device().inner();
        let mask = Tensor::<D, Bool>::from_data(TensorData::new(dropped, dims), &device);
        values.mask_fill(mask, 0.0).mul_scalar(256.0 / f64::from(256 - u16::from(threshold)))
    }
}

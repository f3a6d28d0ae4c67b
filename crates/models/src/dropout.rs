//! Dropout with reproducible masks.

use burn::tensor::{Bool, Tensor, TensorData};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Draws dropout masks from one random stream, in the order of the layers.
#[derive(Debug)]
pub struct DropoutMasks {
    rng: ChaCha8Rng,
}

impl DropoutMasks {
    /// Creates masks from `rng`.
    #[must_use]
    pub fn new(rng: ChaCha8Rng) -> Self {
        Self { rng }
    }

    /// Sets each value to 0 with probability `share` (rounded to a multiple of 1/256) and divides
    /// the others by 1 minus the rounded probability, so that the mean does not change (Srivastava
    /// et al. 2014, section 10).
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

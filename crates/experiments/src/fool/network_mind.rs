//! What a network says of images.

use anyhow::Result;
use assay_datasets::{Normalisation, Shape, normalised};
use assay_models::Network;
use burn::tensor::Device;
use burn::tensor::activation::softmax;

/// A finished network, and how its images are normalised.
pub struct Mind {
    network: Network,
    shape: Shape,
    normalisation: Normalisation,
    device: Device,
}

impl Mind {
    /// Of a frozen network for images of this shape.
    #[must_use]
    pub fn new(
        network: Network,
        shape: Shape,
        normalisation: Normalisation,
        device: Device,
    ) -> Self {
        Self { network, shape, normalisation, device }
    }

    /// Shape of an image.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The softmax of the logits of images, `[images, classes]`, each in [0, 1].
    ///
    /// - pixels: `[images, channels, height, width]`, at least one image
    ///
    /// # Errors
    /// When there is no image, or the normalisation is for another number of channels.
    ///
    /// # Panics
    /// When the pixels are no whole images of the network's shape.
    pub fn confidences(&self, pixels: Vec<u8>) -> Result<Vec<f32>> {
        let images = normalised(pixels, self.shape, &self.normalisation, &self.device)?;
        let said = softmax(self.network.forward(images), 1);
        Ok(said.into_data().convert::<f32>().try_into_vec::<f32>().expect("just converted"))
    }
}

/// The most confident class of a row of confidences, and the confidence; the first of equal ones.
pub fn most_confident(row: &[f32]) -> (u16, f32) {
    let best = |best: (u16, f32), (class, &confidence): (usize, &f32)| {
        if confidence > best.1 { (class as u16, confidence) } else { best }
    };
    row.iter().enumerate().fold((0, f32::NEG_INFINITY), best)
}

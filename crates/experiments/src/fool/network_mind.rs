//! What a network says of images.

use anyhow::Result;
use assay_datasets::{Normalisation, Shape, normalised};
use assay_models::Network;
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Tensor};

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

    /// How many outputs the network has: its classes, and its reject class where it has one.
    ///
    /// # Panics
    /// Never: a network has a layer.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.network.layers().last().expect("a network has a layer").weight().dims()[0]
    }

    /// The softmax of the logits of images, `[images, outputs]`, each in [0, 1].
    ///
    /// - pixels: `[images, channels, height, width]`, at least one image
    ///
    /// # Errors
    /// When there is no image, or the normalisation is for another number of channels.
    ///
    /// # Panics
    /// When the pixels are no whole images of the network's shape.
    pub fn confidences(&self, pixels: Vec<u8>) -> Result<Vec<f32>> {
        Ok(floats(softmax(self.said(pixels)?, 1)))
    }

    /// The logits of images and their softmax, each `[images, outputs]`.
    ///
    /// # Errors
    /// As for [`Mind::confidences`].
    ///
    /// # Panics
    /// As for [`Mind::confidences`].
    pub fn logits_and_confidences(&self, pixels: Vec<u8>) -> Result<(Vec<f32>, Vec<f32>)> {
        let said = self.said(pixels)?;
        Ok((floats(said.clone()), floats(softmax(said, 1))))
    }

    fn said(&self, pixels: Vec<u8>) -> Result<Tensor<2>> {
        let images = normalised(pixels, self.shape, &self.normalisation, &self.device)?;
        Ok(self.network.forward(images))
    }
}

fn floats(values: Tensor<2>) -> Vec<f32> {
    values.into_data().convert::<f32>().try_into_vec::<f32>().expect("just converted")
}

/// The most confident class of a row of confidences, and the confidence; the first of equal ones.
pub fn most_confident(row: &[f32]) -> (u16, f32) {
    let best = |best: (u16, f32), (class, &confidence): (usize, &f32)| {
        if confidence > best.1 { (class as u16, confidence) } else { best }
    };
    row.iter().enumerate().fold((0, f32::NEG_INFINITY), best)
}

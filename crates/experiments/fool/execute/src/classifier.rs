//! What a network says of images.

use anyhow::Result;
use assay_datasets::{Normalization, Shape, normalize_bytes, normalize_tensor};
use assay_models::{Network, is_cpu};
use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rayon::prelude::*;

/// Images that the processor takes at a time.
const PART: usize = 50;

/// A finished network, and how its images are normalized.
pub struct Classifier {
    network: Network,
    shape: Shape,
    normalization: Normalization,
    device: Device,
}

/// What a network says of images, and how what it says of one class of each changes with the pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct InputGradients {
    /// The softmax, `[images, classes]`.
    pub confidences: Vec<f32>,
    /// The logarithm of each image's confidence in its own class, `[images]`.
    pub log_confidences: Vec<f32>,
    /// The gradient of that logarithm in the image's pixels, `[images, channels, height, width]`, per u8
    /// unit.
    pub of_pixels: Vec<f32>,
}

impl Classifier {
    /// Of a frozen network for images of this shape.
    #[must_use]
    pub fn new(
        network: Network,
        shape: Shape,
        normalization: Normalization,
        device: Device,
    ) -> Self {
        Self { network, shape, normalization, device }
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
    /// When there is no image, or the normalization is for another number of channels.
    ///
    /// # Panics
    /// When the pixels are no whole images of the network's shape.
    pub fn confidences(&self, pixels: Vec<u8>) -> Result<Vec<f32>> {
        Ok(values(softmax(self.said(pixels)?, 1)))
    }

    /// The logits of images and their softmax, each `[images, outputs]`.
    ///
    /// # Errors
    /// As for [`Classifier::confidences`].
    ///
    /// # Panics
    /// As for [`Classifier::confidences`].
    pub fn logits_and_confidences(&self, pixels: Vec<u8>) -> Result<(Vec<f32>, Vec<f32>)> {
        let said = self.said(pixels)?;
        Ok((values(said.clone()), values(softmax(said, 1))))
    }

    /// The logits. The processor takes a part of the images at a time, on as many threads as it has: what a
    /// layer makes of a part stays in its caches. Parts, and with them bits, do not depend on the number of threads.
    fn said(&self, pixels: Vec<u8>) -> Result<Tensor<2>> {
        let say = |pixels: Vec<u8>| -> Result<Tensor<2>> {
            let images = normalize_bytes(pixels, self.shape, &self.normalization, &self.device)?;
            Ok(self.network.infer(images))
        };
        let part = PART * self.shape.len();
        if !is_cpu(&self.device) || pixels.len() <= part {
            return say(pixels);
        }
        let parts = pixels.par_chunks(part).map(|part| say(part.to_vec()));
        Ok(Tensor::cat(parts.collect::<Result<Vec<_>>>()?, 0))
    }

    /// The device it is on.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Looks at images forward and back. The gradient is that of the logarithm of the confidence, which
    /// single precision can hold where that of the confidence itself is too small.
    ///
    /// - pixels: `[images, channels, height, width]`, 0 to 255; need not be whole
    /// - classes: of each image, that whose confidence is meant
    ///
    /// # Errors
    /// When the normalization is for another number of channels.
    ///
    /// # Panics
    /// When there is no image, or not one for each class, or a class that the network has not.
    pub fn slopes(&self, pixels: Vec<f32>, classes: &[u16]) -> Result<InputGradients> {
        let (Shape { channels, height, width }, images) = (self.shape, classes.len());
        let pixels = TensorData::new(pixels, [images, channels, height, width]);
        let pixels = Tensor::<4>::from_data(pixels, &self.device).autodiff().require_grad();
        let logits = self.network.forward(normalize_tensor(pixels.clone(), &self.normalization)?);
        let confidences = values(softmax(logits.clone().inner(), 1));
        let classes: Vec<i32> = classes.iter().map(|&class| i32::from(class)).collect();
        let classes = TensorData::new(classes, [images, 1]);
        let classes = Tensor::<2, Int>::from_data(classes, &self.device);
        let own = log_softmax(logits, 1).gather(1, classes);
        let gradients = own.clone().sum().backward();
        let of_pixels = pixels.grad(&gradients).expect("logits depend on the pixels");
        Ok(InputGradients {
            confidences,
            log_confidences: values(own.inner()),
            of_pixels: values(of_pixels),
        })
    }
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().try_into_vec::<f32>().expect("just converted")
}

/// The most confident class of a row of confidences, and the confidence; the first of equal ones.
pub fn most_confident(row: &[f32]) -> (u16, f32) {
    let best = |best: (u16, f32), (class, &confidence): (usize, &f32)| {
        if confidence > best.1 { (class as u16, confidence) } else { best }
    };
    row.iter().enumerate().fold((0, f32::NEG_INFINITY), best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_models::{Initialization, NetworkConfig};
    use assay_runs::random_stream;

    fn lenet() -> Classifier {
        let config = NetworkConfig {
            architecture: "lenet".parse().unwrap(),
            input: [1, 28, 28],
            classes: 10,
            width: 0.5,
            groups: false,
            normalization: false,
            input_dropout: 0.0,
            dropout: 0.0,
        };
        let streams = |layer: &str| random_stream(&"the test", layer);
        let network = config.init(Initialization::He, streams, &Device::flex()).unwrap().frozen();
        let shape = Shape { channels: 1, height: 28, width: 28 };
        let normalization = Normalization { mean: vec![30.0], deviation: vec![70.0] };
        Classifier::new(network, shape, normalization, Device::flex())
    }

    #[test]
    fn what_is_said_of_many_images_is_what_is_said_of_each_on_any_number_of_threads() {
        let classifier = lenet();
        let image = |number: usize| (0..784).map(move |at| ((number + 3) * (at + 7) % 251) as u8);
        for count in [1, PART, PART + 1, 2 * PART + 20] {
            let pixels: Vec<u8> = (0..count).flat_map(image).collect();
            let on = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| classifier.logits_and_confidences(pixels.clone()).unwrap())
            };
            let (logits, confidences) = on(1);
            assert_eq!((logits.clone(), confidences.clone()), on(2), "{count} images");
            assert_eq!(confidences.len(), 10 * count);
            for number in [0, count / 2, count - 1] {
                let alone = classifier.logits_and_confidences(image(number).collect()).unwrap().0;
                let pairs = alone.iter().zip(&logits[10 * number..10 * number + 10]);
                for (alone, among) in pairs {
                    assert!((alone - among).abs() < 1e-4, "{alone}, {among}: {number} of {count}");
                }
            }
        }
    }
}

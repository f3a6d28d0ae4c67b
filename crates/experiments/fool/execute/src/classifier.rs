//! A trained network as a classifier of images: logits, confidences, and input gradients.

use anyhow::Result;
use assay_datasets::{Normalization, Shape, normalize_bytes, normalize_tensor};
use assay_models::{Network, is_cpu};
use burn::tensor::activation::{log_softmax, softmax};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rayon::prelude::*;

/// Images per forward pass on a CPU thread.
const CPU_CHUNK: usize = 50;

/// A frozen network, and the normalization of its images.
pub struct Classifier {
    network: Network,
    shape: Shape,
    normalization: Normalization,
    device: Device,
}

/// The gradients of ln p in the pixels, where p is the confidence in one class per image.
#[derive(Debug, Clone, PartialEq)]
pub struct InputGradients {
    /// The softmax outputs, `[images, outputs]`.
    pub confidences: Vec<f32>,
    /// ln p, `[images]`.
    pub log_confidences: Vec<f32>,
    /// The gradient of ln p, `[images, channels, height, width]`, per u8 unit.
    pub pixel_gradients: Vec<f32>,
}

impl Classifier {
    /// A classifier of images of `shape` by a frozen network.
    #[must_use]
    pub fn new(
        network: Network,
        shape: Shape,
        normalization: Normalization,
        device: Device,
    ) -> Self {
        Self { network, shape, normalization, device }
    }

    /// The shape of an image.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Number of outputs: one per class, and one for the reject class if the network has one.
    ///
    /// # Panics
    /// Never: a network has a layer.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.network.layers().last().expect("a network has a layer").weight().dims()[0]
    }

    /// The softmax outputs of images, `[images, outputs]`, each in [0, 1].
    ///
    /// - pixels: `[images, channels, height, width]`, at least one image
    ///
    /// # Errors
    /// There is no image, or the normalization has another number of channels.
    ///
    /// # Panics
    /// If the number of pixels is not a multiple of the image size.
    pub fn confidences(&self, pixels: Vec<u8>) -> Result<Vec<f32>> {
        Ok(values(softmax(self.logits(pixels)?, 1)))
    }

    /// The logits of images and their softmax, each `[images, outputs]`.
    ///
    /// # Errors
    /// As for [`Classifier::confidences`].
    ///
    /// # Panics
    /// As for [`Classifier::confidences`].
    pub fn logits_and_confidences(&self, pixels: Vec<u8>) -> Result<(Vec<f32>, Vec<f32>)> {
        let logits = self.logits(pixels)?;
        Ok((values(logits.clone()), values(softmax(logits, 1))))
    }

    /// The logits, `[images, outputs]`.
    ///
    /// On a CPU, all threads work on chunks of images, so that a chunk's activations stay in a
    /// cache. The chunks do not depend on the number of threads, and neither do the results.
    fn logits(&self, pixels: Vec<u8>) -> Result<Tensor<2>> {
        let infer = |pixels: Vec<u8>| -> Result<Tensor<2>> {
            let images = normalize_bytes(pixels, self.shape, &self.normalization, &self.device)?;
            Ok(self.network.forward(images))
        };
        let chunk = CPU_CHUNK * self.shape.len();
        if !is_cpu(&self.device) || pixels.len() <= chunk {
            return infer(pixels);
        }
        let chunks = pixels.par_chunks(chunk).map(|chunk| infer(chunk.to_vec()));
        Ok(Tensor::cat(chunks.collect::<Result<Vec<_>>>()?, 0))
    }

    /// The network's device.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// A forward and a backward pass. The gradient is that of the log-confidence, which `f32` can
    /// represent where the gradient of the confidence itself underflows.
    ///
    /// - pixels: `[images, channels, height, width]`, 0 to 255, not necessarily integers
    /// - classes: `[images]`, the class of each image's confidence
    ///
    /// # Errors
    /// The normalization has another number of channels.
    ///
    /// # Panics
    /// If there is no image, the lengths do not fit, or the network lacks a class.
    pub fn input_gradients(&self, pixels: Vec<f32>, classes: &[u16]) -> Result<InputGradients> {
        let (Shape { channels, height, width }, images) = (self.shape, classes.len());
        let pixels = TensorData::new(pixels, [images, channels, height, width]);
        let pixels = Tensor::<4>::from_data(pixels, &self.device).autodiff().require_grad();
        let logits = self.network.forward(normalize_tensor(pixels.clone(), &self.normalization)?);
        let confidences = values(softmax(logits.clone().inner(), 1));
        let classes: Vec<i32> = classes.iter().map(|&class| i32::from(class)).collect();
        let classes = TensorData::new(classes, [images, 1]);
        let classes = Tensor::<2, Int>::from_data(classes, &self.device);
        let log_confidences = log_softmax(logits, 1).gather(1, classes);
        let gradients = log_confidences.clone().sum().backward();
        let pixel_gradients = pixels.grad(&gradients).expect("logits depend on the pixels");
        Ok(InputGradients {
            confidences,
            log_confidences: values(log_confidences.inner()),
            pixel_gradients: values(pixel_gradients),
        })
    }
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().try_into_vec::<f32>().expect("converted to f32")
}

/// The class with the highest confidence, the first one among equals, and that confidence.
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
            local_response_norm: false,
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
    fn logits_of_a_batch_equal_those_of_each_image_on_any_number_of_threads() {
        let classifier = lenet();
        let image = |number: usize| (0..784).map(move |at| ((number + 3) * (at + 7) % 251) as u8);
        for count in [1, CPU_CHUNK, CPU_CHUNK + 1, 2 * CPU_CHUNK + 20] {
            let pixels: Vec<u8> = (0..count).flat_map(image).collect();
            let run_on = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| classifier.logits_and_confidences(pixels.clone()).unwrap())
            };
            let (logits, confidences) = run_on(1);
            assert_eq!((logits.clone(), confidences.clone()), run_on(2), "{count} images");
            assert_eq!(confidences.len(), 10 * count);
            for number in [0, count / 2, count - 1] {
                let single = classifier.logits_and_confidences(image(number).collect()).unwrap().0;
                let pairs = single.iter().zip(&logits[10 * number..10 * number + 10]);
                for (single, batched) in pairs {
                    assert!(
                        (single - batched).abs() < 1e-4,
                        "{single}, {batched}: {number} of {count}"
                    );
                }
            }
        }
    }
}

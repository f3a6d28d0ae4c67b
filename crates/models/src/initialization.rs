//! Initialization of weights.

use assay_core::Initialization;
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::Normal;

use crate::layer::Layer;
use crate::layer_config::LayerConfig;

impl LayerConfig {
    /// Initializes the layer from `rng`. It is trainable until it is frozen.
    #[must_use]
    pub fn init(
        &self,
        initialization: Initialization,
        rng: &mut ChaCha8Rng,
        device: &Device,
    ) -> Layer {
        let (weight, bias) = draw_weights(initialization, self, rng);
        self.with_weights(
            Tensor::from_data(TensorData::new(weight, self.weight_shape()), device),
            Tensor::from_data(TensorData::new(bias, [self.weight_shape()[0]]), device),
        )
    }
}

/// Weights and biases of a layer, flattened in row-major order.
fn draw_weights(
    initialization: Initialization,
    layer: &LayerConfig,
    rng: &mut ChaCha8Rng,
) -> (Vec<f32>, Vec<f32>) {
    let (deviation, bias) = match initialization {
        Initialization::He => ((2.0 / layer.fan_in() as f64).sqrt(), 0.0),
        Initialization::Paper => (layer.paper_deviation, layer.paper_bias),
    };
    let normal = Normal::new(0.0, deviation as f32).expect("the deviation is positive");
    let [out, ..] = layer.weight_shape();
    let weights = layer.weight_shape().iter().product();
    (rng.sample_iter(normal).take(weights).collect(), vec![bias as f32; out])
}

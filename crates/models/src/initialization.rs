//! Initialization of weights.

use assay_core::Initialization;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::Normal;

use crate::layer_config::LayerConfig;

/// Weights and biases of a layer, flattened in row-major order.
pub(crate) fn draw_weights(
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

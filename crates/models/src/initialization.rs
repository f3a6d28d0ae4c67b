//! Initialization of weights.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::Normal;

use crate::layer_config::LayerConfig;

/// How weights are initialized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Initialization {
    /// Normal, standard deviation sqrt(2 / fan in), biases 0 (He et al. 2015, eq. 10).
    He,
    /// Normal distributions with the standard deviations and biases of the architecture's table.
    /// For the convolutional networks these are from Yosinski et al. 2014, for an mlp 0.01 and 0.
    Paper,
}

impl Initialization {
    /// Weights and biases of a layer, flattened in row-major order.
    pub(crate) fn draw(self, layer: &LayerConfig, rng: &mut ChaCha8Rng) -> (Vec<f32>, Vec<f32>) {
        let (deviation, bias) = match self {
            Self::He => ((2.0 / layer.fan_in() as f64).sqrt(), 0.0),
            Self::Paper => (layer.paper_deviation, layer.paper_bias),
        };
        let normal = Normal::new(0.0, deviation as f32).expect("the deviation is positive");
        let [out, ..] = layer.weight_shape();
        let weights = layer.weight_shape().iter().product();
        (rng.sample_iter(normal).take(weights).collect(), vec![bias as f32; out])
    }
}

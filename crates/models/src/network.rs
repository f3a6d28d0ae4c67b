//! Networks.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use crate::{DropoutMasks, Initialization, Layer, ModelError, NetworkConfig};

/// A network: a list of layers on a device.
#[derive(Module, Debug)]
pub struct Network {
    layers: Vec<Layer>,
}

impl NetworkConfig {
    /// Initializes the network on `device`. `streams` gives the random stream for the name of each
    /// layer.
    ///
    /// # Errors
    /// When the configuration is invalid.
    pub fn init(
        &self,
        initialization: Initialization,
        mut streams: impl FnMut(&str) -> ChaCha8Rng,
        device: &Device,
    ) -> Result<Network, ModelError> {
        let draw = |layer: crate::LayerConfig| {
            layer.init(initialization, &mut streams(&layer.name), device)
        };
        Ok(Network { layers: self.layers()?.into_iter().map(draw).collect() })
    }
}

impl Network {
    /// A network of these layers, first to last.
    #[must_use]
    pub fn from_layers(layers: Vec<Layer>) -> Self {
        Self { layers }
    }

    /// The layers, first to last.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The layers, first to last, mutable.
    pub fn layers_mut(&mut self) -> &mut [Layer] {
        &mut self.layers
    }

    /// Replaces the first `n` layers by copies of those of `source`. The copies are trainable.
    ///
    /// # Panics
    /// When either network has fewer than `n` layers, or the configuration of a layer differs.
    #[must_use]
    pub fn transplant(mut self, source: &Self, n: usize) -> Self {
        assert!(
            n <= self.layers.len() && n <= source.layers.len(),
            "cannot copy {n} layers from a network of {} layers into one of {}",
            source.layers.len(),
            self.layers.len()
        );
        for (layer, copied) in self.layers.iter_mut().zip(&source.layers).take(n) {
            assert_eq!(
                layer.config(),
                copied.config(),
                "a copied layer must have the same configuration"
            );
            *layer = copied.clone().unfreeze();
        }
        self
    }

    /// Freezes the first `n` layers.
    ///
    /// # Panics
    /// When the network has fewer than `n` layers.
    #[must_use]
    pub fn freeze(self, n: usize) -> Self {
        assert!(n <= self.layers.len(), "cannot freeze {n} layers of {}", self.layers.len());
        let freeze = |(i, layer): (usize, Layer)| if i < n { layer.freeze() } else { layer };
        Self { layers: self.layers.into_iter().enumerate().map(freeze).collect() }
    }

    /// A copy of the network with all layers frozen, for evaluation.
    #[must_use]
    pub fn frozen(&self) -> Self {
        let depth = self.layers.len();
        self.clone().freeze(depth)
    }

    /// A copy of the network with all layers trainable.
    #[must_use]
    pub fn unfrozen(&self) -> Self {
        Self { layers: self.layers.iter().cloned().map(Layer::unfreeze).collect() }
    }

    /// Number of first layers whose output for an image is the same in every step: frozen layers
    /// before the first dropout. Their output can be cached.
    #[must_use]
    pub fn cacheable_layers(&self) -> usize {
        self.layers
            .iter()
            .take_while(|layer| !layer.is_trained() && layer.config().dropout == 0.0)
            .count()
    }

    /// Computes the layers in `range` (from 0), given the output of the layer before. Dropout is
    /// applied if masks are given.
    ///
    /// # Shapes
    /// - input: `[batch, channels, height, width]`
    /// - output: `[batch, channels, height, width]`
    ///
    /// # Panics
    /// When `range` is out of bounds, or the input does not have the shape that the layer expects.
    #[must_use]
    pub fn forward_layers(
        &self,
        range: std::ops::Range<usize>,
        input: Tensor<4>,
        mut masks: Option<&mut DropoutMasks>,
    ) -> Tensor<4> {
        self.layers[range]
            .iter()
            .fold(input, |values, layer| layer.forward(values, masks.as_deref_mut()))
    }

    /// Computes the logits of images, without dropout.
    ///
    /// # Shapes
    /// - images: `[batch, channels, height, width]`, normalized
    /// - output: `[batch, classes]`
    #[must_use]
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.forward_layers(0..self.layers.len(), images, None).flatten(1, 3)
    }

    /// Multiply-adds of the forward pass of one image.
    #[must_use]
    pub fn multiplications(&self) -> usize {
        self.layers.iter().map(|layer| layer.config().multiplications()).sum()
    }

    /// Max-norm constraint: rescales the incoming weights of each unit of the trained layers to a
    /// squared norm of at most `limit`. Call it after each step. Biases, and weights within the
    /// limit, do not change at all.
    ///
    /// A unit is an output of a fully connected layer, or a filter of a convolution.
    ///
    /// # Panics
    /// When `limit` is not a positive finite number.
    ///
    /// Source: Srivastava et al. 2014, section 5.1; Hinton et al. 2012 limit the *squared* norm to
    /// 15 on MNIST.
    pub fn limit_squared_norms(&mut self, limit: f64) {
        assert!(limit.is_finite() && limit > 0.0, "limit {limit} is not a positive finite number");
        for layer in self.layers.iter_mut().filter(|layer| layer.is_trained()) {
            let (weight, bias) = (layer.weight().inner(), layer.bias().inner());
            let squared = weight.clone().square().sum_dims(&[1, 2, 3]);
            // Exactly 1 within the limit, so that the division does not change the weights.
            let excess = squared.clamp_min(limit).div_scalar(limit).sqrt();
            layer.set(weight / excess, bias);
        }
    }

    /// Number of weights and biases: of all layers, and of the trained layers.
    #[must_use]
    pub fn parameters(&self) -> (usize, usize) {
        let count = |layer: &Layer| layer.config().parameters();
        let all = self.layers.iter().map(count).sum();
        let trained = self.layers.iter().filter(|layer| layer.is_trained()).map(count).sum();
        (all, trained)
    }
}

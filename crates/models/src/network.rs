//! A network: its layers, first to last.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use rand_chacha::ChaCha8Rng;

use crate::{DropoutMasks, Initialization, Layer, ModelError, NetworkConfig};

/// A list of layers on a device.
#[derive(Module, Debug)]
pub struct Network {
    layers: Vec<Layer>,
}

impl NetworkConfig {
    /// Draws the network on `device`, every layer from the stream that `streams` gives for its name.
    ///
    /// # Errors
    /// When the configuration makes no network.
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

    /// The layers, first to last, to be changed.
    pub fn layers_mut(&mut self) -> &mut [Layer] {
        &mut self.layers
    }

    /// Copies the first `n` layers of `source` into this network; they are trained unless they are
    /// frozen afterwards.
    ///
    /// # Panics
    /// When either network has fewer than `n` layers, or a layer has another shape.
    #[must_use]
    pub fn transplant(mut self, source: &Self, n: usize) -> Self {
        assert!(
            n <= self.layers.len() && n <= source.layers.len(),
            "{n} layers to copy from {} into {}",
            source.layers.len(),
            self.layers.len()
        );
        for (layer, copied) in self.layers.iter_mut().zip(&source.layers).take(n) {
            assert_eq!(layer.config(), copied.config(), "a copied layer must fit");
            *layer = copied.clone().unfreeze();
        }
        self
    }

    /// Freezes the first `n` layers: training cannot change them.
    ///
    /// # Panics
    /// When the network has fewer than `n` layers.
    #[must_use]
    pub fn freeze(self, n: usize) -> Self {
        assert!(n <= self.layers.len(), "{n} layers to freeze of {}", self.layers.len());
        let freeze = |(i, layer): (usize, Layer)| if i < n { layer.freeze() } else { layer };
        Self { layers: self.layers.into_iter().enumerate().map(freeze).collect() }
    }

    /// The same network with every layer frozen: for looking, not for training.
    #[must_use]
    pub fn frozen(&self) -> Self {
        let depth = self.layers.len();
        self.clone().freeze(depth)
    }

    /// How many of the first layers give the same output for an image at every step: those that
    /// are frozen and lie before the first active dropout. Their output may be kept.
    #[must_use]
    pub fn constant_layers(&self) -> usize {
        self.layers
            .iter()
            .take_while(|layer| !layer.is_trained() && layer.config().dropout == 0.0)
            .count()
    }

    /// The output of layers `range` (from 0), given the output of the layer before them.
    ///
    /// # Shapes
    /// - input: `[batch, channels, height, width]`
    /// - output: `[batch, channels, height, width]`
    ///
    /// Dropout acts where masks are given.
    ///
    /// # Panics
    /// When `range` is not within the network, or the input's shape is not that layer's.
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

    /// Logits of images, without dropout.
    ///
    /// # Shapes
    /// - images: `[batch, channels, height, width]`, normalized
    /// - output: `[batch, classes]`
    #[must_use]
    pub fn forward(&self, images: Tensor<4>) -> Tensor<2> {
        self.forward_layers(0..self.layers.len(), images, None).flatten(1, 3)
    }

    /// Logits of images, the same as [`Network::forward`]'s of finite values up to the rounding of sums, by the
    /// way that is fastest where no gradient is asked for: see [`Layer::infer`].
    ///
    /// # Shapes
    /// - images: `[batch, channels, height, width]`, normalized
    /// - output: `[batch, classes]`
    ///
    /// # Panics
    /// When the images have another shape than the network was built for.
    #[must_use]
    pub fn infer(&self, images: Tensor<4>) -> Tensor<2> {
        self.layers.iter().fold(images, |values, layer| layer.infer(values)).flatten(1, 3)
    }

    /// Multiplications, each with an addition, of one image's forward pass through all layers.
    #[must_use]
    pub fn multiplications(&self) -> usize {
        self.layers.iter().map(|layer| layer.config().multiplications()).sum()
    }

    /// Rescales the weights into each unit of the trained layers whose sum of squares is above
    /// `limit`, to where it is `limit`; to be called after a step. Biases and all other weights stay,
    /// to the last bit.
    ///
    /// A unit is a fully connected output, or a filter with all places it looks at.
    ///
    /// # Panics
    /// When `limit` is not above 0.
    ///
    /// Source: the max-norm constraint of Srivastava et al. 2014, section 5.1; Hinton et al. 2012 bound
    /// the *squared* norm by 15 on MNIST.
    pub fn limit_squared_norms(&mut self, limit: f64) {
        assert!(limit.is_finite() && limit > 0.0, "a squared norm of at most {limit}");
        for layer in self.layers.iter_mut().filter(|layer| layer.is_trained()) {
            let (weight, bias) = (layer.weight().inner(), layer.bias().inner());
            let squared = weight.clone().square().sum_dims(&[1, 2, 3]);
            // 1 exactly where the limit holds, so that dividing changes nothing there.
            let excess = squared.clamp_min(limit).div_scalar(limit).sqrt();
            layer.set(weight / excess, bias);
        }
    }

    /// Weights and biases: of all layers, and of those that are trained.
    #[must_use]
    pub fn parameters(&self) -> (usize, usize) {
        let count = |layer: &Layer| layer.config().parameters();
        let all = self.layers.iter().map(count).sum();
        let trained = self.layers.iter().filter(|layer| layer.is_trained()).map(count).sum();
        (all, trained)
    }
}

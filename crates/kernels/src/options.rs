//! What the operations compute.

/// The weighted operation of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A convolution.
    Convolution {
        /// Distance of neighboring windows.
        stride: usize,
        /// Zeros on each side.
        padding: usize,
        /// Number of groups of channels.
        groups: usize,
    },
    /// Every output depends on every input.
    FullyConnected,
}

/// Max pooling without padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// Height and width of the pooling window.
    pub size: usize,
    /// Stride of the pooling window.
    pub stride: usize,
}

/// A layer: the weighted operation with its biases, then `ReLU`, then max pooling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerOptions {
    /// The weighted operation.
    pub operation: Operation,
    /// Whether `ReLU` follows.
    pub relu: bool,
    /// Max pooling after that.
    pub pool: Option<Pool>,
}

/// Local response normalization with an exponent of 0.75 (Krizhevsky et al. 2012, section 3.3):
/// x / (k + alpha / size * s)^0.75, where s is the sum of x² over the neighboring channels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LocalResponseNorm {
    /// Number of neighboring channels, odd.
    pub size: usize,
    /// Factor of the mean square.
    pub alpha: f32,
    /// Constant term of the divisor.
    pub k: f32,
}

/// A step of stochastic gradient descent: v' = momentum v + (g + decay w), w' = w - rate v'.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SgdStep {
    /// Factor of the step.
    pub learning_rate: f32,
    /// Factor of the last step.
    pub momentum: f32,
    /// Factor of the weights that is added to the gradient.
    pub weight_decay: f32,
}

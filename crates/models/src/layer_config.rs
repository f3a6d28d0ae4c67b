//! The configuration of a layer: its operations and shapes.

use assay_kernels::{LayerOptions, Operation, Pool};

/// The weighted operation of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// A convolution with square filters.
    Convolution {
        /// Number of filters.
        out: usize,
        /// Height and width of a filter.
        size: usize,
        /// Stride of the convolution.
        stride: usize,
        /// Zero padding on each side.
        padding: usize,
        /// Number of groups of channels.
        groups: usize,
    },
    /// A fully connected layer.
    FullyConnected {
        /// Number of outputs.
        out: usize,
    },
}

/// The configuration of a layer with all its shapes.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerConfig {
    /// Name of the layer and of the cut point after it: `conv1` .. `fc8`.
    pub name: String,
    /// Prefix of its tensors in a weight file.
    pub tensor_prefix: String,
    /// Shape of its input: `[channels, height, width]`.
    pub input: [usize; 3],
    /// The weighted operation.
    pub kernel: Kernel,
    /// Dropout probability of its inputs. Dropout belongs to the layer after it, so that the output
    /// of a frozen layer is constant.
    pub dropout: f64,
    /// Whether a `ReLU` follows the operation.
    pub relu: bool,
    /// Max pooling after the `ReLU`.
    pub pool: Option<Pool>,
    /// Whether local response normalization (5 channels, alpha 1e-4, beta 0.75, k 1) follows the
    /// pooling.
    pub local_response_norm: bool,
    /// Standard deviation of the weights' initialization in the paper.
    pub paper_deviation: f64,
    /// Initial value of the biases in the paper.
    pub paper_bias: f64,
}

impl LayerConfig {
    /// The weighted operation, `ReLU` and pooling.
    #[must_use]
    pub fn options(&self) -> LayerOptions {
        let operation = match self.kernel {
            Kernel::Convolution { stride, padding, groups, .. } => {
                Operation::Convolution { stride, padding, groups }
            }
            Kernel::FullyConnected { .. } => Operation::FullyConnected,
        };
        LayerOptions { operation, relu: self.relu, pool: self.pool }
    }

    /// Shape of the weights: `[out, in, height, width]`. A fully connected layer has `[out, in, 1,
    /// 1]`.
    #[must_use]
    pub fn weight_shape(&self) -> [usize; 4] {
        let [channels, height, width] = self.input;
        match self.kernel {
            Kernel::Convolution { out, size, groups, .. } => [out, channels / groups, size, size],
            Kernel::FullyConnected { out } => [out, channels * height * width, 1, 1],
        }
    }

    /// Number of inputs of each output.
    #[must_use]
    pub fn fan_in(&self) -> usize {
        self.weight_shape()[1..].iter().product()
    }

    /// Number of weights and biases.
    #[must_use]
    pub fn parameters(&self) -> usize {
        let shape = self.weight_shape();
        shape.iter().product::<usize>() + shape[0]
    }

    /// Shape of the output, `[channels, height, width]`; none if the input is too small.
    #[must_use]
    pub fn output(&self) -> Option<[usize; 3]> {
        let [channels, height, width] = self.kernel_output()?;
        let Some(Pool { size, stride }) = self.pool else {
            return Some([channels, height, width]);
        };
        let pooled = |side: usize| Some(side.checked_sub(size)? / stride + 1);
        Some([channels, pooled(height)?, pooled(width)?])
    }

    fn kernel_output(&self) -> Option<[usize; 3]> {
        let [_, height, width] = self.input;
        match self.kernel {
            Kernel::Convolution { out, size, stride, padding, .. } => {
                let convolved =
                    |side: usize| Some((side + 2 * padding).checked_sub(size)? / stride + 1);
                Some([out, convolved(height)?, convolved(width)?])
            }
            Kernel::FullyConnected { out } => Some([out, 1, 1]),
        }
    }

    /// Number of values that the forward pass of one image computes: outputs of the operation and
    /// of the pooling.
    #[must_use]
    pub fn activations(&self) -> usize {
        let size = |shape: Option<[usize; 3]>| shape.map_or(0, |shape| shape.iter().product());
        let pooled = if self.pool.is_some() { size(self.output()) } else { 0 };
        size(self.kernel_output()) + pooled
    }

    /// Multiply-adds of the forward pass of one image.
    #[must_use]
    pub fn multiplications(&self) -> usize {
        let positions = self.kernel_output().map_or(0, |[_, height, width]| height * width);
        self.weight_shape().iter().product::<usize>() * positions
    }
}

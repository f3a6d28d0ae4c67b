//! The tables of the networks, before widths and shapes are worked out.

use crate::layer::Pool;

/// A row of a table of layers.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) kernel: RowKernel,
    pub(crate) relu: bool,
    pub(crate) pool: Option<Pool>,
    pub(crate) normalization: bool,
    /// Standard deviation of the weights and value of the biases in the paper.
    pub(crate) paper: (f64, f64),
}

#[derive(Clone, Copy)]
pub(crate) enum RowKernel {
    Convolution {
        out: usize,
        size: usize,
        stride: usize,
        padding: usize,
        groups: usize,
    },
    FullyConnected {
        out: usize,
    },
    /// The last layer: as many outputs as there are classes.
    Classes,
}

const fn convolution(out: usize, size: usize, stride: usize, padding: usize) -> Row {
    let kernel = RowKernel::Convolution { out, size, stride, padding, groups: 1 };
    Row { kernel, relu: true, pool: None, normalization: false, paper: (0.01, 0.0) }
}

const fn fully_connected(out: usize) -> Row {
    let kernel = RowKernel::FullyConnected { out };
    Row { kernel, relu: true, pool: None, normalization: false, paper: (0.005, 1.0) }
}

/// A hidden layer of an mlp: N(0, 0.01) and biases of 0 (Hinton et al. 2012, "Improving neural networks
/// by preventing co-adaptation of feature detectors", appendix A).
pub(crate) const fn hidden(out: usize) -> Row {
    let kernel = RowKernel::FullyConnected { out };
    Row { kernel, relu: true, pool: None, normalization: false, paper: (0.01, 0.0) }
}

pub(crate) const CLASSES: Row = Row {
    kernel: RowKernel::Classes,
    relu: false,
    pool: None,
    normalization: false,
    paper: (0.01, 0.0),
};

impl Row {
    const fn pooled(mut self, size: usize, stride: usize) -> Self {
        self.pool = Some(Pool { size, stride });
        self
    }

    const fn normalized(mut self) -> Self {
        self.normalization = true;
        self
    }

    const fn linear(mut self) -> Self {
        self.relu = false;
        self
    }

    const fn in_two_groups(mut self) -> Self {
        if let RowKernel::Convolution { out, size, stride, padding, .. } = self.kernel {
            self.kernel = RowKernel::Convolution { out, size, stride, padding, groups: 2 };
        }
        self
    }

    const fn bias(mut self, value: f64) -> Self {
        self.paper.1 = value;
        self
    }
}

/// Yosinski et al. 2014, supplementary material: biases of 1 keep early `ReLU`s alive.
pub(crate) const ALEXNET: [Row; 8] = [
    convolution(96, 11, 4, 0).pooled(3, 2).normalized(),
    convolution(256, 5, 1, 2).pooled(3, 2).normalized().in_two_groups().bias(1.0),
    convolution(384, 3, 1, 1),
    convolution(384, 3, 1, 1).in_two_groups().bias(1.0),
    convolution(256, 3, 1, 1).pooled(3, 2).in_two_groups().bias(1.0),
    fully_connected(4096),
    fully_connected(4096),
    CLASSES,
];

pub(crate) const ALEXNET_32: [Row; 8] = [
    convolution(64, 5, 1, 2).pooled(2, 2).normalized(),
    convolution(128, 5, 1, 2).pooled(2, 2).normalized().in_two_groups().bias(1.0),
    convolution(192, 3, 1, 1),
    convolution(192, 3, 1, 1).in_two_groups().bias(1.0),
    convolution(128, 3, 1, 1).pooled(2, 2).in_two_groups().bias(1.0),
    fully_connected(512),
    fully_connected(512),
    CLASSES,
];

pub(crate) const ALEXNET_SMALL: [Row; 8] = [
    convolution(16, 3, 1, 1).pooled(2, 2).normalized(),
    convolution(32, 3, 1, 1).pooled(2, 2).normalized().in_two_groups().bias(1.0),
    convolution(48, 3, 1, 1),
    convolution(48, 3, 1, 1).in_two_groups().bias(1.0),
    convolution(32, 3, 1, 1).pooled(2, 2).in_two_groups().bias(1.0),
    fully_connected(128),
    fully_connected(128),
    CLASSES,
];

pub(crate) const ALEXNET_TORCHVISION: [Row; 8] = [
    convolution(64, 11, 4, 2).pooled(3, 2),
    convolution(192, 5, 1, 2).pooled(3, 2).bias(1.0),
    convolution(384, 3, 1, 1),
    convolution(256, 3, 1, 1).bias(1.0),
    convolution(256, 3, 1, 1).pooled(3, 2).bias(1.0),
    fully_connected(4096),
    fully_connected(4096),
    CLASSES,
];

pub(crate) const LENET: [Row; 4] = [
    convolution(20, 5, 1, 0).linear().pooled(2, 2),
    convolution(50, 5, 1, 0).linear().pooled(2, 2),
    fully_connected(500),
    CLASSES,
];

/// Indices of the layers in torchvision's `features` and `classifier`.
pub(crate) const TORCHVISION_NAMES: [&str; 8] = [
    "features.0",
    "features.3",
    "features.6",
    "features.8",
    "features.10",
    "classifier.1",
    "classifier.4",
    "classifier.6",
];

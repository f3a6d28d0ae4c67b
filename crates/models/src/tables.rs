//! The layer tables of the architectures.

use assay_kernels::Pool;

/// One row of the table: a layer, before the width factor is applied.
#[derive(Clone, Copy)]
pub(crate) struct TableRow {
    pub(crate) kernel: TableKernel,
    pub(crate) relu: bool,
    pub(crate) pool: Option<Pool>,
    pub(crate) local_response_norm: bool,
    /// Standard deviation of the weights and value of the biases in the paper's initialization.
    pub(crate) paper: (f64, f64),
}

#[derive(Clone, Copy)]
pub(crate) enum TableKernel {
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
    /// The last layer: one output per class.
    Classes,
}

const fn convolution(out: usize, size: usize, stride: usize, padding: usize) -> TableRow {
    let kernel = TableKernel::Convolution { out, size, stride, padding, groups: 1 };
    TableRow { kernel, relu: true, pool: None, local_response_norm: false, paper: (0.01, 0.0) }
}

const fn fully_connected(out: usize) -> TableRow {
    let kernel = TableKernel::FullyConnected { out };
    TableRow { kernel, relu: true, pool: None, local_response_norm: false, paper: (0.005, 1.0) }
}

/// A hidden layer of an mlp: N(0, 0.01) and biases of 0 (Hinton et al. 2012, "Improving neural networks
/// by preventing co-adaptation of feature detectors", appendix A).
pub(crate) const fn hidden(out: usize) -> TableRow {
    let kernel = TableKernel::FullyConnected { out };
    TableRow { kernel, relu: true, pool: None, local_response_norm: false, paper: (0.01, 0.0) }
}

pub(crate) const CLASSES: TableRow = TableRow {
    kernel: TableKernel::Classes,
    relu: false,
    pool: None,
    local_response_norm: false,
    paper: (0.01, 0.0),
};

impl TableRow {
    const fn pooled(mut self, size: usize, stride: usize) -> Self {
        self.pool = Some(Pool { size, stride });
        self
    }

    const fn normalized(mut self) -> Self {
        self.local_response_norm = true;
        self
    }

    const fn linear(mut self) -> Self {
        self.relu = false;
        self
    }

    const fn in_two_groups(mut self) -> Self {
        if let TableKernel::Convolution { out, size, stride, padding, .. } = self.kernel {
            self.kernel = TableKernel::Convolution { out, size, stride, padding, groups: 2 };
        }
        self
    }

    const fn bias(mut self, value: f64) -> Self {
        self.paper.1 = value;
        self
    }
}

/// Yosinski et al. 2014, supplementary material. Biases of 1 keep `ReLU`s active early in training.
pub(crate) const ALEXNET: [TableRow; 8] = [
    convolution(96, 11, 4, 0).pooled(3, 2).normalized(),
    convolution(256, 5, 1, 2).pooled(3, 2).normalized().in_two_groups().bias(1.0),
    convolution(384, 3, 1, 1),
    convolution(384, 3, 1, 1).in_two_groups().bias(1.0),
    convolution(256, 3, 1, 1).pooled(3, 2).in_two_groups().bias(1.0),
    fully_connected(4096),
    fully_connected(4096),
    CLASSES,
];

pub(crate) const ALEXNET_32: [TableRow; 8] = [
    convolution(64, 5, 1, 2).pooled(2, 2).normalized(),
    convolution(128, 5, 1, 2).pooled(2, 2).normalized().in_two_groups().bias(1.0),
    convolution(192, 3, 1, 1),
    convolution(192, 3, 1, 1).in_two_groups().bias(1.0),
    convolution(128, 3, 1, 1).pooled(2, 2).in_two_groups().bias(1.0),
    fully_connected(512),
    fully_connected(512),
    CLASSES,
];

pub(crate) const ALEXNET_SMALL: [TableRow; 8] = [
    convolution(16, 3, 1, 1).pooled(2, 2).normalized(),
    convolution(32, 3, 1, 1).pooled(2, 2).normalized().in_two_groups().bias(1.0),
    convolution(48, 3, 1, 1),
    convolution(48, 3, 1, 1).in_two_groups().bias(1.0),
    convolution(32, 3, 1, 1).pooled(2, 2).in_two_groups().bias(1.0),
    fully_connected(128),
    fully_connected(128),
    CLASSES,
];

pub(crate) const ALEXNET_TORCHVISION: [TableRow; 8] = [
    convolution(64, 11, 4, 2).pooled(3, 2),
    convolution(192, 5, 1, 2).pooled(3, 2).bias(1.0),
    convolution(384, 3, 1, 1),
    convolution(256, 3, 1, 1).bias(1.0),
    convolution(256, 3, 1, 1).pooled(3, 2).bias(1.0),
    fully_connected(4096),
    fully_connected(4096),
    CLASSES,
];

pub(crate) const LENET: [TableRow; 4] = [
    convolution(20, 5, 1, 0).linear().pooled(2, 2),
    convolution(50, 5, 1, 0).linear().pooled(2, 2),
    fully_connected(500),
    CLASSES,
];

/// Names of the layers in torchvision's `alexnet`.
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

//! The output of frozen layers, computed once for every row and kept on the device.

use assay_datasets::{Batches, Shape};
use assay_models::{LayerConfig, Network};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// The kept output of a network's first layers: float `[rows, channels, height, width]`.
pub struct Features {
    values: Tensor<4>,
    shape: Shape,
}

impl Features {
    /// Runs every row of `source` through the first `layers` layers, `batch` rows at a time. The
    /// last batch is filled up with repeated rows: on a CPU a row's output then is, to the last
    /// bit, what it would be in a training batch. While the batches are put together, twice the room of
    /// the result is taken.
    ///
    /// # Panics
    /// When one of the layers is trained, or `source` has no row.
    pub fn compute(network: &Network, layers: usize, source: &dyn Batches, batch: usize) -> Self {
        assert!(layers <= network.constant_layers(), "{layers} layers are not all constant");
        let rows = source.rows() as u32;
        let batches = (0..rows).step_by(batch).map(|first| {
            let filled: Vec<u32> =
                (first..first + batch as u32).map(|row| row.min(rows - 1)).collect();
            let output = network.forward_layers(0..layers, source.batch(&filled), None);
            output.narrow(0, 0, batch.min((rows - first) as usize))
        });
        let values = Tensor::cat(batches.collect(), 0);
        let [_, channels, height, width] = values.dims();
        Self { values, shape: Shape { channels, height, width } }
    }
}

impl Batches for Features {
    fn rows(&self) -> usize {
        self.values.dims()[0]
    }

    fn shape(&self) -> Shape {
        self.shape
    }

    fn batch(&self, rows: &[u32]) -> Tensor<4> {
        let rows: Vec<i32> =
            rows.iter().map(|&row| i32::try_from(row).expect("fewer than 2^31 rows")).collect();
        let device: Device = self.values.device();
        let index =
            Tensor::<1, Int>::from_data(TensorData::new(rows.clone(), [rows.len()]), &device);
        self.values.clone().select(0, index)
    }
}

/// How many of the first layers to keep the output of: the most that are constant and whose output
/// for `rows` rows takes no more than `budget` bytes.
///
/// # Panics
/// Never: a network that was built has shapes.
#[must_use]
pub fn kept_layers(network: &Network, rows: usize, budget: u64) -> usize {
    let bytes = |layer: &LayerConfig| {
        let shape = layer.output().expect("the network was built");
        rows as u64 * 4 * shape.iter().product::<usize>() as u64
    };
    (1..=network.constant_layers())
        .rev()
        .find(|&layers| bytes(network.layers()[layers - 1].config()) <= budget)
        .unwrap_or(0)
}

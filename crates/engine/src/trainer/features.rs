//! The output of frozen layers, computed once for every row and kept on the device.

use assay_datasets::{Batches, DataError, Shape};
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
    /// # Errors
    /// When a row cannot be read.
    ///
    /// # Panics
    /// When one of the layers is trained, or `source` has no row.
    pub fn compute(
        network: &Network,
        layers: usize,
        source: &dyn Batches,
        batch: usize,
    ) -> Result<Self, DataError> {
        assert!(layers <= network.constant_layers(), "{layers} layers are not all constant");
        let rows = source.rows();
        let filled: Vec<u32> =
            (0..rows.next_multiple_of(batch)).map(|row| row.min(rows - 1) as u32).collect();
        source.read_ahead(&filled)?;
        let batches = filled.chunks_exact(batch).enumerate().map(|(number, filled)| {
            let output = network.forward_layers(0..layers, source.batch(filled)?, None);
            Ok(output.narrow(0, 0, batch.min(rows - number * batch)))
        });
        let values = Tensor::cat(batches.collect::<Result<_, DataError>>()?, 0);
        let [_, channels, height, width] = values.dims();
        Ok(Self { values, shape: Shape { channels, height, width } })
    }
}

impl Batches for Features {
    fn rows(&self) -> usize {
        self.values.dims()[0]
    }

    fn shape(&self) -> Shape {
        self.shape
    }

    fn batch(&self, rows: &[u32]) -> Result<Tensor<4>, DataError> {
        let rows: Vec<i32> =
            rows.iter().map(|&row| i32::try_from(row).expect("fewer than 2^31 rows")).collect();
        let device: Device = self.values.device();
        let index =
            Tensor::<1, Int>::from_data(TensorData::new(rows.clone(), [rows.len()]), &device);
        Ok(self.values.clone().select(0, index))
    }
}

/// How many of the first layers to keep the output of: the most that are constant and whose output
/// for `rows` rows takes no more than `budget` bytes.
///
/// # Panics
/// Never: a network that was built has shapes.
#[must_use]
pub fn cached_layers(network: &Network, rows: usize, budget: u64) -> usize {
    let bytes = |layer: &LayerConfig| {
        let shape = layer.output().expect("the network was built");
        rows as u64 * 4 * shape.iter().product::<usize>() as u64
    };
    (1..=network.constant_layers())
        .rev()
        .find(|&layers| bytes(network.layers()[layers - 1].config()) <= budget)
        .unwrap_or(0)
}

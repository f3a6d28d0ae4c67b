//! A cache of what frozen layers output, computed once per row.

use assay_datasets::{BatchSource, DataError, Shape};
use assay_models::{LayerConfig, Network};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// The cached output of a network's first layers: `[rows, channels, height, width]`.
pub struct FrozenFeatureCache {
    values: Tensor<4>,
    shape: Shape,
}

impl FrozenFeatureCache {
    /// Runs every row of `source` through the first `layers` layers, `batch` rows at a time.
    ///
    /// The last batch is padded with copies of the last row: a GPU may round differently in a batch of
    /// another size. On a CPU, a row's output is the same to the last bit in every batch. Needs twice the
    /// memory of the result while it runs.
    ///
    /// # Errors
    /// Returns an error if a row cannot be read.
    ///
    /// # Panics
    /// Panics if one of the layers is not frozen or if `source` is empty.
    pub fn compute(
        network: &Network,
        layers: usize,
        source: &dyn BatchSource,
        batch: usize,
    ) -> Result<Self, DataError> {
        assert!(
            layers <= network.cacheable_layers(),
            "not all of the first {layers} layers are frozen"
        );
        let rows = source.rows();
        let padded: Vec<u32> =
            (0..rows.next_multiple_of(batch)).map(|row| row.min(rows - 1) as u32).collect();
        source.prefetch(&padded)?;
        let batches = padded.chunks_exact(batch).enumerate().map(|(number, padded)| {
            let output = network.forward_layers(0..layers, source.batch(padded)?, None);
            Ok(output.narrow(0, 0, batch.min(rows - number * batch)))
        });
        let values = Tensor::cat(batches.collect::<Result<_, DataError>>()?, 0);
        let [_, channels, height, width] = values.dims();
        Ok(Self { values, shape: Shape { channels, height, width } })
    }
}

impl BatchSource for FrozenFeatureCache {
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

/// The largest number of first layers that are constant in training and whose output for `rows` rows
/// takes at most `budget` bytes; 0 if there is none.
///
/// # Panics
/// Never: the layers of a network have output shapes.
#[must_use]
pub fn cacheable_layers(network: &Network, rows: usize, budget: u64) -> usize {
    let bytes = |layer: &LayerConfig| {
        let shape = layer.output().expect("the network was built");
        rows as u64 * 4 * shape.iter().product::<usize>() as u64
    };
    (1..=network.cacheable_layers())
        .rev()
        .find(|&layers| bytes(network.layers()[layers - 1].config()) <= budget)
        .unwrap_or(0)
}

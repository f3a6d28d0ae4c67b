//! Labeled images to draw batches from.

use std::rc::Rc;

use assay_datasets::{BatchSource, DataError, Shape, ViewSource};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Some of the images of a view source, renumbered.
///
/// With `count` views per image, row `r` is view `r % count` of the subset's image `r / count`.
pub struct Subset {
    views: ViewSource,
    images: Vec<u32>,
}

impl Subset {
    /// Selects the images with these numbers, in this order.
    #[must_use]
    pub fn new(views: ViewSource, images: Vec<u32>) -> Self {
        Self { views, images }
    }

    /// The same rows, numbered as in the whole source.
    fn source_rows(&self, rows: &[u32]) -> Vec<u32> {
        let count = self.views.count() as u32;
        let source_row = |&row: &u32| self.images[(row / count) as usize] * count + row % count;
        rows.iter().map(source_row).collect()
    }
}

impl BatchSource for Subset {
    fn rows(&self) -> usize {
        self.images.len() * self.views.count()
    }

    fn shape(&self) -> Shape {
        self.views.shape()
    }

    fn batch(&self, rows: &[u32]) -> Result<Tensor<4>, DataError> {
        self.views.batch(&self.source_rows(rows))
    }

    fn prefetch(&self, rows: &[u32]) -> Result<(), DataError> {
        self.views.prefetch(&self.source_rows(rows))
    }
}

/// Images with labels. Each image has `views` rows.
#[derive(Clone)]
pub struct LabeledBatches {
    /// The rows: image after image, all views of each.
    pub source: Rc<dyn BatchSource>,
    /// One label per image, below the number of classes.
    pub labels: Vec<u16>,
    /// Rows per image.
    pub views: u32,
}

impl LabeledBatches {
    /// Returns the labels of rows, `[batch]`, on `device`.
    ///
    /// # Panics
    /// Panics if a row does not exist.
    #[must_use]
    pub fn labels(&self, rows: &[u32], device: &Device) -> Tensor<1, Int> {
        let label = |&row: &u32| i32::from(self.labels[(row / self.views) as usize]);
        let labels: Vec<i32> = rows.iter().map(label).collect();
        Tensor::from_data(TensorData::new(labels, [rows.len()]), device)
    }

    /// Draws one view of each image and returns their rows.
    #[must_use]
    pub fn random_view_rows(&self, images: Vec<u32>, rng: &mut ChaCha8Rng) -> Vec<u32> {
        let row = |image| image * self.views + rng.random_range(0..self.views);
        images.into_iter().map(row).collect()
    }
}

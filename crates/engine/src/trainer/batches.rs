//! Labeled rows to draw batches from.

use std::rc::Rc;

use assay_datasets::{Batches, DataError, Shape, ViewSource};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Some of the images that there are views of, in an order of their own: row `r` is view `r % count` of
/// the `r / count`-th of them.
pub struct Subset {
    views: ViewSource,
    images: Vec<u32>,
}

impl Subset {
    /// The images with these numbers.
    #[must_use]
    pub fn new(views: impl Into<ViewSource>, images: Vec<u32>) -> Self {
        Self { views: views.into(), images }
    }

    /// The same rows among those of all images.
    fn among_all(&self, rows: &[u32]) -> Vec<u32> {
        let count = self.views.count() as u32;
        let among_all = |&row: &u32| self.images[(row / count) as usize] * count + row % count;
        rows.iter().map(among_all).collect()
    }
}

impl Batches for Subset {
    fn rows(&self) -> usize {
        self.images.len() * self.views.count()
    }

    fn shape(&self) -> Shape {
        self.views.shape()
    }

    fn batch(&self, rows: &[u32]) -> Result<Tensor<4>, DataError> {
        self.views.batch(&self.among_all(rows))
    }

    fn read_ahead(&self, rows: &[u32]) -> Result<(), DataError> {
        self.views.read_ahead(&self.among_all(rows))
    }
}

/// Rows to draw batches from, `views` of them an image, and one label an image.
#[derive(Clone)]
pub struct LabeledBatches {
    /// The rows.
    pub source: Rc<dyn Batches>,
    /// One label an image, each below the number of classes.
    pub labels: Vec<u16>,
    /// Rows an image.
    pub views: u32,
}

impl LabeledBatches {
    /// Labels of rows, `[batch]`, on `device`.
    ///
    /// # Panics
    /// When there is no such row.
    #[must_use]
    pub fn labels(&self, rows: &[u32], device: &Device) -> Tensor<1, Int> {
        let label = |&row: &u32| i32::from(self.labels[(row / self.views) as usize]);
        let labels: Vec<i32> = rows.iter().map(label).collect();
        Tensor::from_data(TensorData::new(labels, [rows.len()]), device)
    }

    /// The rows of some images, each in one of its views.
    #[must_use]
    pub fn in_some_view(&self, images: Vec<u32>, rng: &mut ChaCha8Rng) -> Vec<u32> {
        let view = |image| image * self.views + rng.random_range(0..self.views);
        images.into_iter().map(view).collect()
    }
}

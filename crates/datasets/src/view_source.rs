//! Views of images, kept or cut when they are asked for.

use burn::tensor::Tensor;

use crate::{Batches, DataError, Normalization, Shape, StreamedViews, ViewBank};

/// Views of images: kept on the device, or cut when they are asked for. Row `r` is view `r % count` of
/// image `r / count`.
pub enum ViewSource {
    /// Kept on the device.
    Kept(ViewBank),
    /// Cut when they are asked for.
    Streamed(StreamedViews),
}

impl ViewSource {
    /// The same views, normalized otherwise; pixels on a device are shared.
    ///
    /// # Errors
    /// [`DataError::Split`] when `normalization` has another number of channels.
    pub fn normalized_by(&self, normalization: &Normalization) -> Result<Self, DataError> {
        Ok(match self {
            Self::Kept(views) => Self::Kept(views.normalized_by(normalization)?),
            Self::Streamed(views) => Self::Streamed(views.normalized_by(normalization)?),
        })
    }

    /// Views of each image.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Kept(views) => views.count(),
            Self::Streamed(views) => views.count(),
        }
    }

    fn batches(&self) -> &dyn Batches {
        match self {
            Self::Kept(views) => views,
            Self::Streamed(views) => views,
        }
    }
}

impl Batches for ViewSource {
    fn rows(&self) -> usize {
        self.batches().rows()
    }

    fn shape(&self) -> Shape {
        self.batches().shape()
    }

    fn batch(&self, rows: &[u32]) -> Result<Tensor<4>, DataError> {
        self.batches().batch(rows)
    }

    fn read_ahead(&self, rows: &[u32]) -> Result<(), DataError> {
        self.batches().read_ahead(rows)
    }
}

impl From<ViewBank> for ViewSource {
    fn from(views: ViewBank) -> Self {
        Self::Kept(views)
    }
}

impl From<StreamedViews> for ViewSource {
    fn from(views: StreamedViews) -> Self {
        Self::Streamed(views)
    }
}

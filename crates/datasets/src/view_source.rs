//! A source of views, cached or streamed.

use burn::tensor::Tensor;

use crate::{BatchSource, CachedViews, DataError, Normalization, Shape, StreamedViews};

/// A source of views: cached on the device, or streamed from memory or disk. Row `r` is view `r %
/// count` of image `r / count`.
pub enum ViewSource {
    /// Cached on the device.
    Cached(CachedViews),
    /// Read on demand.
    Streamed(StreamedViews),
}

impl ViewSource {
    /// The same views with another normalization. Pixels on a device are shared.
    ///
    /// # Errors
    /// [`DataError::Split`] when `normalization` has another number of channels.
    pub fn with_normalization(&self, normalization: &Normalization) -> Result<Self, DataError> {
        Ok(match self {
            Self::Cached(views) => Self::Cached(views.with_normalization(normalization)?),
            Self::Streamed(views) => Self::Streamed(views.with_normalization(normalization)?),
        })
    }

    /// Views per image.
    #[must_use]
    pub fn count(&self) -> usize {
        match self {
            Self::Cached(views) => views.count(),
            Self::Streamed(views) => views.count(),
        }
    }

    fn batches(&self) -> &dyn BatchSource {
        match self {
            Self::Cached(views) => views,
            Self::Streamed(views) => views,
        }
    }
}

impl BatchSource for ViewSource {
    fn rows(&self) -> usize {
        self.batches().rows()
    }

    fn shape(&self) -> Shape {
        self.batches().shape()
    }

    fn batch(&self, rows: &[u32]) -> Result<Tensor<4>, DataError> {
        self.batches().batch(rows)
    }

    fn prefetch(&self, rows: &[u32]) -> Result<(), DataError> {
        self.batches().prefetch(rows)
    }
}

impl From<CachedViews> for ViewSource {
    fn from(views: CachedViews) -> Self {
        Self::Cached(views)
    }
}

impl From<StreamedViews> for ViewSource {
    fn from(views: StreamedViews) -> Self {
        Self::Streamed(views)
    }
}

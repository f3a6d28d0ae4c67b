//! Views (random crops and flips) that are read on demand, and batches of them.

use std::cell::RefCell;
use std::sync::Arc;

use burn::tensor::{Device, Tensor};

use crate::cached_views::{BatchSource, check_rows};
use crate::normalizer::Normalizer;
use crate::pixels::DevicePixels;
use crate::view_stream::ViewReader;
use crate::{DataError, ImageSet, Normalization, Shape, StreamSettings, ViewStream, Views};

/// Views that are read on demand, for data that does not fit into memory. Batches are bit-identical
/// to those of [`CachedViews`](crate::CachedViews).
///
/// Rows that are requested in the order of [`prefetch`](BatchSource::prefetch) are read in advance
/// by other threads. Other rows are read when they are requested.
pub struct StreamedViews {
    images: ImageSet,
    views: Arc<Views>,
    settings: StreamSettings,
    normalizer: Normalizer,
    device: Device,
    stream: RefCell<Option<ViewStream>>,
}

impl StreamedViews {
    /// Creates a source from views that were drawn before.
    ///
    /// # Errors
    /// [`DataError::Split`] when there is no image, or when `normalization` has another number of
    /// channels.
    pub fn new(
        images: ImageSet,
        views: Arc<Views>,
        normalization: &Normalization,
        settings: StreamSettings,
        device: &Device,
    ) -> Result<Self, DataError> {
        if views.is_empty() {
            return Err(DataError::Split("no image to draw views of".into()));
        }
        let normalizer = Normalizer::new(normalization, views.view_shape().channels, device)?;
        let stream = RefCell::default();
        Ok(Self { images, views, settings, normalizer, device: device.clone(), stream })
    }

    /// The same views with another normalization.
    ///
    /// # Errors
    /// [`DataError::Split`] when `normalization` has another number of channels.
    pub fn with_normalization(&self, normalization: &Normalization) -> Result<Self, DataError> {
        let (images, views) = (self.images.clone(), Arc::clone(&self.views));
        Self::new(images, views, normalization, self.settings, &self.device)
    }

    /// Views per image.
    #[must_use]
    pub fn count(&self) -> usize {
        self.views.count()
    }
}

impl BatchSource for StreamedViews {
    fn rows(&self) -> usize {
        self.views.len()
    }

    fn shape(&self) -> Shape {
        self.views.view_shape()
    }

    fn batch(&self, rows: &[u32]) -> Result<Tensor<4>, DataError> {
        check_rows(rows, self.rows());
        let length = self.shape().len();
        let mut pixels = Vec::with_capacity(rows.len() * length);
        let mut stream = self.stream.borrow_mut();
        let mut reader = None;
        for &row in rows {
            let prefetched = stream.as_mut().filter(|stream| stream.next_row() == Some(row));
            let view = match prefetched.and_then(Iterator::next) {
                Some(view) => view?,
                None => reader
                    .get_or_insert_with(|| ViewReader::new(&self.images, &self.views))
                    .read_view(row)?,
            };
            pixels.extend(view);
        }
        if stream.as_ref().is_some_and(|stream| stream.next_row().is_none()) {
            *stream = None;
        }
        let pixels =
            DevicePixels::new(pixels, rows.len(), &self.device).all_rows(length, &self.device);
        Ok(self.normalizer.apply(pixels, self.shape()))
    }

    fn prefetch(&self, rows: &[u32]) -> Result<(), DataError> {
        // Free the memory of earlier prefetches first.
        self.stream.replace(None);
        let stream = ViewStream::start(&self.images, &self.views, rows.to_vec(), &self.settings)?;
        self.stream.replace(Some(stream));
        Ok(())
    }
}

#[cfg(test)]
mod tests;

//! Views of images that are cut when they are asked for, and batches of them.

use std::cell::RefCell;
use std::sync::Arc;

use burn::tensor::{Device, Tensor};

use crate::bank::{Affine, Batches, check_rows};
use crate::pixels::Pixels;
use crate::streaming::Cutter;
use crate::{DataError, ImageSet, Normalization, Shape, Stream, StreamSettings, Views};

/// Views of images that are cut when they are asked for: for images, or views, that do not fit into
/// memory. A batch is to the last bit that of a [`ViewBank`](crate::ViewBank) of the same views.
///
/// Rows in the order given to [`read_ahead`](Batches::read_ahead) were cut by other threads when their
/// turn comes; any other row is read and cut when it is asked for.
pub struct StreamedViews {
    images: ImageSet,
    views: Arc<Views>,
    settings: StreamSettings,
    affine: Affine,
    device: Device,
    ahead: RefCell<Option<Stream>>,
}

impl StreamedViews {
    /// Views of `images` that were drawn before.
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
        let affine = Affine::new(normalization, views.view_shape().channels, device)?;
        let ahead = RefCell::default();
        Ok(Self { images, views, settings, affine, device: device.clone(), ahead })
    }

    /// The same views, normalized otherwise.
    ///
    /// # Errors
    /// [`DataError::Split`] when `normalization` has another number of channels.
    pub fn normalized_by(&self, normalization: &Normalization) -> Result<Self, DataError> {
        let (images, views) = (self.images.clone(), Arc::clone(&self.views));
        Self::new(images, views, normalization, self.settings, &self.device)
    }

    /// Views of each image.
    #[must_use]
    pub fn count(&self) -> usize {
        self.views.count()
    }
}

impl Batches for StreamedViews {
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
        let mut ahead = self.ahead.borrow_mut();
        let mut cutter = None;
        for &row in rows {
            let its_turn = ahead.as_mut().filter(|stream| stream.next_row() == Some(row));
            let view = match its_turn.and_then(Iterator::next) {
                Some(view) => view?,
                None => {
                    cutter.get_or_insert_with(|| Cutter::new(&self.images, &self.views)).cut(row)?
                }
            };
            pixels.extend(view);
        }
        if ahead.as_ref().is_some_and(|stream| stream.next_row().is_none()) {
            *ahead = None;
        }
        let pixels = Pixels::new(pixels, rows.len(), &self.device).whole(length, &self.device);
        Ok(self.affine.apply(pixels, self.shape()))
    }

    fn read_ahead(&self, rows: &[u32]) -> Result<(), DataError> {
        // What was read for another order gives its memory back first.
        self.ahead.replace(None);
        let stream = Stream::start(&self.images, &self.views, rows.to_vec(), &self.settings)?;
        self.ahead.replace(Some(stream));
        Ok(())
    }
}

#[cfg(test)]
mod tests;

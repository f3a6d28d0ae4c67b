//! Data augmentation: views of an image by random crops and flips.
//!
//! All trainings of a run draw from the same `count` views per image, so that the output of frozen
//! layers can be cached for each view.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::view::{check_views, is_identity, offset_range, signed, view_shape};
use crate::{DataError, Images, Shape, View, ViewConfig};

/// The views of a set of images. Row `r` is view `r % count` of image `r / count`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Views {
    settings: ViewConfig,
    shape: Shape,
    all: Vec<View>,
}

impl Views {
    /// Draws the views of `images` images of `shape`, image by image and view by view. For each
    /// view, draws the vertical offset, the horizontal offset and the flip, in this order.
    ///
    /// # Errors
    /// As [`check_views`].
    pub fn draw(
        images: usize,
        shape: Shape,
        settings: &ViewConfig,
        rng: &mut ChaCha8Rng,
    ) -> Result<Self, DataError> {
        check_views(settings, shape)?;
        let (down, right) = offset_range(settings, shape);
        let padding = signed(settings.crop_padding as usize);
        let draw = |_| View {
            top: signed(rng.random_range(0..=down)) - padding,
            left: signed(rng.random_range(0..=right)) - padding,
            horizontal_flip: rng.random::<bool>() && settings.horizontal_flip,
        };
        let all = (0..images * settings.count as usize).map(draw).collect();
        Ok(Self { settings: *settings, shape, all })
    }

    /// The views of training images: random, or the center crops if nothing is random.
    ///
    /// # Errors
    /// As [`check_views`].
    pub fn for_training(
        images: usize,
        shape: Shape,
        settings: &ViewConfig,
        rng: &mut ChaCha8Rng,
    ) -> Result<Self, DataError> {
        if is_identity(settings, shape) {
            return Self::center_crop(images, shape, settings);
        }
        Self::draw(images, shape, settings, rng)
    }

    /// One center crop of each of `images` images, as used for testing. Of `settings`, only the
    /// crop matters.
    ///
    /// # Errors
    /// As [`check_views`].
    pub fn center_crop(
        images: usize,
        shape: Shape,
        settings: &ViewConfig,
    ) -> Result<Self, DataError> {
        let settings = ViewConfig { crop: settings.crop, ..ViewConfig::IDENTITY };
        check_views(&settings, shape)?;
        Ok(Self { settings, shape, all: vec![View::center_crop(shape, &settings); images] })
    }

    /// Views per image.
    #[must_use]
    pub fn count(&self) -> usize {
        self.settings.count as usize
    }

    /// Number of views: images times views per image.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are no views.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether each image has one view, the image itself.
    pub(crate) fn is_identity(&self) -> bool {
        is_identity(&self.settings, self.shape)
    }

    /// The image that a row is a view of.
    #[must_use]
    pub fn image_of(&self, row: u32) -> u32 {
        row / self.settings.count
    }

    /// Whether two rows are views of one image.
    pub(crate) fn same_image(&self, row: u32, other: u32) -> bool {
        self.image_of(row) == self.image_of(other)
    }

    /// Shape of the original images.
    pub(crate) fn image_shape(&self) -> Shape {
        self.shape
    }

    /// Shape of the views.
    #[must_use]
    pub fn view_shape(&self) -> Shape {
        view_shape(&self.settings, self.shape)
    }

    /// Crops view `row` from its image.
    ///
    /// - image: u8 `[channel, row, column]`
    /// - out: u8 `[channel, row, column]` of [`view_shape`](Self::view_shape), overwritten
    ///
    /// # Panics
    /// When there is no view `row`, or the length of a slice does not match its shape.
    pub fn cut(&self, row: u32, image: &[u8], out: &mut [u8]) {
        self.all[row as usize].cut(image, self.shape, out, self.view_shape());
    }

    /// Crops all views: u8 `[image * count + view, channel, row, column]`.
    ///
    /// # Panics
    /// When the views were drawn for another number or shape of images.
    #[must_use]
    pub fn cut_all(&self, images: &Images) -> Vec<u8> {
        assert_eq!(self.shape, images.shape(), "views drawn for another shape");
        assert_eq!(self.len(), images.len() * self.count(), "views drawn for other images");
        let length = self.view_shape().len();
        let mut all = vec![0; self.len() * length];
        all.par_chunks_exact_mut(length).enumerate().for_each(|(row, out)| {
            self.cut(row as u32, images.image(row / self.count()), out);
        });
        all
    }
}

#[cfg(test)]
mod tests;

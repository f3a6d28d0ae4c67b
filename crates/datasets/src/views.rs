//! Views of an image: shifted, cropped, mirrored, drawn once and kept.
//!
//! Every training of a sweep draws from the same `count` views of an image, so that what a frozen
//! prefix makes of each can be computed once and kept.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{DataError, Images, Shape};

/// How the views of a training image are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewSettings {
    /// Views of each image, from 1 to 1024.
    pub count: u32,
    /// Pixels of black (u8 zero, before normalization: the habit with CIFAR) laid around the image
    /// before a window is cut out of it.
    pub crop_padding: u32,
    /// Side of the square window in pixels; `None` cuts a window as large as the image. Test images
    /// get the central window, without padding. Yosinski et al. 2014: 227 out of 256, padding 0.
    #[serde(default)]
    pub crop: Option<u32>,
    /// Whether each view is mirrored left to right with probability one half.
    pub mirror: bool,
}

impl ViewSettings {
    /// One view, the image itself.
    pub const PLAIN: Self = Self { count: 1, crop_padding: 0, crop: None, mirror: false };

    /// Whether the only view is the image itself.
    #[must_use]
    pub fn is_plain(&self, shape: Shape) -> bool {
        self.count == 1 && !self.is_random(shape)
    }

    /// The shape of a view of an image of `shape`.
    #[must_use]
    pub fn view_shape(&self, shape: Shape) -> Shape {
        match self.crop {
            None => shape,
            Some(side) => Shape { height: side as usize, width: side as usize, ..shape },
        }
    }

    /// Checks the settings against the shape of the images.
    ///
    /// # Errors
    /// [`DataError::Settings`] for no view, too many views, several views that would all be the same,
    /// padding as wide as the image, or a window larger than the image.
    pub fn validate(&self, shape: Shape) -> Result<(), DataError> {
        let smaller = shape.height.min(shape.width);
        let say = |what: String| Err(DataError::Settings(format!("views: {what}")));
        if self.count == 0 || self.count > 1024 {
            return say(format!("count = {}: from 1 to 1024 views of an image", self.count));
        }
        if self.count > 1 && !self.is_random(shape) {
            return say(format!(
                "count = {}, but crop_padding = 0, no crop and no mirror make them all the same: \
                 use count = 1",
                self.count
            ));
        }
        if self.crop_padding as usize >= smaller.max(1) {
            return say(format!(
                "crop_padding = {} for images of {} x {}: at most {}",
                self.crop_padding,
                shape.height,
                shape.width,
                smaller.saturating_sub(1)
            ));
        }
        match self.crop {
            Some(side) if side == 0 || side as usize > smaller => say(format!(
                "crop = {side} for images of {} x {}: from 1 to {smaller}",
                shape.height, shape.width
            )),
            _ => Ok(()),
        }
    }

    fn is_random(&self, shape: Shape) -> bool {
        let (down, right) = self.room(shape);
        self.mirror || down > 0 || right > 0
    }

    /// How far the window can move down and right within the padded image, in pixels.
    fn room(&self, shape: Shape) -> (usize, usize) {
        let view = self.view_shape(shape);
        let padding = 2 * self.crop_padding as usize;
        (
            (shape.height + padding).saturating_sub(view.height),
            (shape.width + padding).saturating_sub(view.width),
        )
    }
}

/// One view: where its window lies in the image (negative: in the padding), and whether it is mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Row of the image at the window's first row.
    pub top: i32,
    /// Column of the image at the window's first column.
    pub left: i32,
    /// Whether the window is mirrored left to right.
    pub mirror: bool,
}

impl View {
    /// The window at the center of an image of `shape`, where a test image is looked at.
    #[must_use]
    pub fn central(shape: Shape, settings: &ViewSettings) -> Self {
        let view = settings.view_shape(shape);
        let half = |whole: usize, part: usize| signed(whole.saturating_sub(part) / 2);
        Self {
            top: half(shape.height, view.height),
            left: half(shape.width, view.width),
            mirror: false,
        }
    }

    /// Cuts this view out of an image.
    ///
    /// - image: u8 `[channel, row, column]` of `shape`
    /// - out: u8 `[channel, row, column]` of `view_shape`, overwritten
    ///
    /// # Panics
    /// When a slice is not as long as its shape says.
    pub fn cut(self, image: &[u8], shape: Shape, out: &mut [u8], view_shape: Shape) {
        assert_eq!(image.len(), shape.len(), "an image of shape {shape:?}");
        assert_eq!(out.len(), view_shape.len(), "a view of shape {view_shape:?}");
        let rows = out.chunks_exact_mut(view_shape.width).enumerate();
        for (index, row) in rows {
            let (channel, y) = (index / view_shape.height, index % view_shape.height);
            let source_row = signed(y) + self.top;
            match usize::try_from(source_row).ok().filter(|&y| y < shape.height) {
                None => row.fill(0),
                Some(y) => {
                    let start = (channel * shape.height + y) * shape.width;
                    self.cut_row(&image[start..start + shape.width], row);
                }
            }
            if self.mirror {
                row.reverse();
            }
        }
    }

    fn cut_row(self, source: &[u8], row: &mut [u8]) {
        let before = usize::try_from(-self.left).unwrap_or(0).min(row.len());
        let skipped = usize::try_from(self.left).unwrap_or(0).min(source.len());
        let copied = (row.len() - before).min(source.len() - skipped);
        row[..before].fill(0);
        row[before..before + copied].copy_from_slice(&source[skipped..skipped + copied]);
        row[before + copied..].fill(0);
    }
}

/// The views of every image of a part: view `r % count` of image `r / count` is number `r`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Views {
    settings: ViewSettings,
    shape: Shape,
    all: Vec<View>,
}

impl Views {
    /// Draws the views of `images` images of `shape`: image by image, view by view; of each view
    /// first how far down, then how far right, then whether mirrored.
    ///
    /// # Errors
    /// As [`ViewSettings::validate`].
    pub fn draw(
        images: usize,
        shape: Shape,
        settings: &ViewSettings,
        rng: &mut ChaCha8Rng,
    ) -> Result<Self, DataError> {
        settings.validate(shape)?;
        let (down, right) = settings.room(shape);
        let padding = signed(settings.crop_padding as usize);
        let draw = |_| View {
            top: signed(rng.random_range(0..=down)) - padding,
            left: signed(rng.random_range(0..=right)) - padding,
            mirror: rng.random::<bool>() && settings.mirror,
        };
        let all = (0..images * settings.count as usize).map(draw).collect();
        Ok(Self { settings: *settings, shape, all })
    }

    /// The views of training images: drawn, or the images themselves where nothing about the only view
    /// is random.
    ///
    /// # Errors
    /// As [`ViewSettings::validate`].
    pub fn of_training(
        images: usize,
        shape: Shape,
        settings: &ViewSettings,
        rng: &mut ChaCha8Rng,
    ) -> Result<Self, DataError> {
        if settings.is_plain(shape) {
            return Self::central(images, shape, settings);
        }
        Self::draw(images, shape, settings, rng)
    }

    /// One central view of each of `images` images, as test images are looked at; of `settings`
    /// only the crop counts.
    ///
    /// # Errors
    /// As [`ViewSettings::validate`].
    pub fn central(
        images: usize,
        shape: Shape,
        settings: &ViewSettings,
    ) -> Result<Self, DataError> {
        let settings = ViewSettings { crop: settings.crop, ..ViewSettings::PLAIN };
        settings.validate(shape)?;
        Ok(Self { settings, shape, all: vec![View::central(shape, &settings); images] })
    }

    /// Views of each image.
    #[must_use]
    pub fn count(&self) -> usize {
        self.settings.count as usize
    }

    /// Images times views of each.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is no view at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether there is one view of each image, the image itself.
    #[must_use]
    pub fn are_the_images(&self) -> bool {
        let whole = View { top: 0, left: 0, mirror: false };
        self.count() == 1
            && self.view_shape() == self.shape
            && self.all.iter().all(|view| *view == whole)
    }

    /// The image that row `row` is a view of.
    #[must_use]
    pub fn image_of(&self, row: u32) -> u32 {
        row / self.settings.count
    }

    /// Whether two rows are views of one image.
    #[must_use]
    pub fn are_of_one_image(&self, row: u32, other: u32) -> bool {
        self.image_of(row) == self.image_of(other)
    }

    /// The shape of the images they are views of.
    #[must_use]
    pub fn image_shape(&self) -> Shape {
        self.shape
    }

    /// The shape of every view.
    #[must_use]
    pub fn view_shape(&self) -> Shape {
        self.settings.view_shape(self.shape)
    }

    /// Cuts view `row` out of its image.
    ///
    /// - image: u8 `[channel, row, column]`
    /// - out: u8 `[channel, row, column]` of [`view_shape`](Self::view_shape), overwritten
    ///
    /// # Panics
    /// When there is no view `row`, or a slice is not as long as its shape says.
    pub fn cut(&self, row: u32, image: &[u8], out: &mut [u8]) {
        self.all[row as usize].cut(image, self.shape, out, self.view_shape());
    }

    /// Cuts all views: u8 `[image * count + view, channel, row, column]`.
    ///
    /// # Panics
    /// When the views were drawn for another number or shape of images.
    #[must_use]
    pub fn cut_all(&self, images: &Images) -> Vec<u8> {
        assert_eq!(self.shape, images.shape(), "views drawn for another shape");
        assert_eq!(self.len(), images.len() * self.count(), "views drawn for other images");
        let length = self.view_shape().len();
        let mut cut = vec![0; self.len() * length];
        cut.par_chunks_exact_mut(length).zip(&self.all).enumerate().for_each(
            |(row, (out, view))| {
                let image = images.image(row / self.count());
                view.cut(image, self.shape, out, self.view_shape());
            },
        );
        cut
    }
}

/// A number of pixels as a signed one; images are far smaller than 2^31 pixels wide.
fn signed(pixels: usize) -> i32 {
    i32::try_from(pixels).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests;

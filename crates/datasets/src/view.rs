//! One view of an image, and the settings that views are drawn with.

use serde::{Deserialize, Serialize};

use crate::{DataError, Shape};

/// Settings of the data augmentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewSettings {
    /// Views per image, from 1 to 1024.
    pub count: u32,
    /// Pixels of zero padding (u8 zero, before normalization) on each side before cropping, as is
    /// common for CIFAR.
    pub crop_padding: u32,
    /// Side of the square crop in pixels; `None` for a crop as large as the image. Test images are
    /// center-cropped without padding. Yosinski et al. 2014: crop 227 of 256, padding 0.
    #[serde(default)]
    pub crop: Option<u32>,
    /// Whether each view is flipped horizontally with probability one half.
    pub horizontal_flip: bool,
}

impl ViewSettings {
    /// No augmentation: the only view is the image itself.
    pub const IDENTITY: Self =
        Self { count: 1, crop_padding: 0, crop: None, horizontal_flip: false };

    /// Whether there is only one view, the image itself.
    #[must_use]
    pub fn is_identity(&self, shape: Shape) -> bool {
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

    /// Checks the settings for images of `shape`.
    ///
    /// # Errors
    /// [`DataError::Settings`] when `count` is out of range, several views would all be the same,
    /// the padding is as large as the image, or the crop is larger than the image.
    pub fn validate(&self, shape: Shape) -> Result<(), DataError> {
        let smaller = shape.height.min(shape.width);
        let error = |what: String| Err(DataError::Settings(format!("views: {what}")));
        if self.count == 0 || self.count > 1024 {
            return error(format!("count is {}; it must be from 1 to 1024", self.count));
        }
        if self.count > 1 && !self.is_random(shape) {
            return error(format!(
                "count is {}, but without crop_padding, crop and horizontal_flip all views are the same; use count = 1",
                self.count
            ));
        }
        if self.crop_padding as usize >= smaller.max(1) {
            return error(format!(
                "crop_padding = {} for images of {} x {}: at most {}",
                self.crop_padding,
                shape.height,
                shape.width,
                smaller.saturating_sub(1)
            ));
        }
        match self.crop {
            Some(side) if side == 0 || side as usize > smaller => error(format!(
                "crop = {side} for images of {} x {}: from 1 to {smaller}",
                shape.height, shape.width
            )),
            _ => Ok(()),
        }
    }

    pub(crate) fn is_random(&self, shape: Shape) -> bool {
        let (down, right) = self.offset_range(shape);
        self.horizontal_flip || down > 0 || right > 0
    }

    /// Range of the crop's vertical and horizontal offset within the padded image, in pixels.
    pub(crate) fn offset_range(&self, shape: Shape) -> (usize, usize) {
        let view = self.view_shape(shape);
        let padding = 2 * self.crop_padding as usize;
        (
            (shape.height + padding).saturating_sub(view.height),
            (shape.width + padding).saturating_sub(view.width),
        )
    }
}

/// One view: position of the crop in the image (negative in the padding), and whether it is
/// flipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Image row at the top of the crop.
    pub top: i32,
    /// Image column at the left of the crop.
    pub left: i32,
    /// Whether the view is flipped horizontally.
    pub horizontal_flip: bool,
}

impl View {
    /// The center crop of an image of `shape`, as used for test images.
    #[must_use]
    pub fn center_crop(shape: Shape, settings: &ViewSettings) -> Self {
        let view = settings.view_shape(shape);
        let half = |full: usize, part: usize| signed(full.saturating_sub(part) / 2);
        Self {
            top: half(shape.height, view.height),
            left: half(shape.width, view.width),
            horizontal_flip: false,
        }
    }

    /// Crops this view from an image.
    ///
    /// - image: u8 `[channel, row, column]` of `shape`
    /// - out: u8 `[channel, row, column]` of `view_shape`, overwritten
    ///
    /// # Panics
    /// When the length of a slice does not match its shape.
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
            if self.horizontal_flip {
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

/// Converts pixels to i32; images are far smaller than 2^31 pixels.
pub(crate) fn signed(pixels: usize) -> i32 {
    i32::try_from(pixels).unwrap_or(i32::MAX)
}

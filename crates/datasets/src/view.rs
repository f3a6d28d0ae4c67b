//! One view of an image, and the settings that views are drawn with.

use assay_core::ViewConfig;

use crate::{DataError, Shape};

/// The shape of a view of an image of `shape`.
#[must_use]
pub fn view_shape(views: &ViewConfig, shape: Shape) -> Shape {
    match views.crop as usize {
        0 => shape,
        side => Shape { height: side, width: side, ..shape },
    }
}

/// Checks the settings of views for images of `shape`.
///
/// # Errors
/// [`DataError::Settings`] when `count` is out of range, several views would all be the same, the
/// padding is as large as the image, or the crop is larger than the image.
pub fn check_views(views: &ViewConfig, shape: Shape) -> Result<(), DataError> {
    let ViewConfig { count, crop_padding, crop, .. } = *views;
    let Shape { height, width, .. } = shape;
    let smaller = height.min(width);
    let error = |what: String| Err(DataError::Settings(format!("views: {what}")));
    if count == 0 || count > 1024 {
        return error(format!("count is {count}; it must be from 1 to 1024"));
    }
    if count > 1 && !is_random(views, shape) {
        return error(format!(
            "count is {count}, but without crop_padding, crop and horizontal_flip all views are the same; use count = 1"
        ));
    }
    if crop_padding as usize >= smaller.max(1) {
        let most = smaller.saturating_sub(1);
        return error(format!(
            "crop_padding = {crop_padding} for images of {height} x {width}: at most {most}"
        ));
    }
    if crop as usize > smaller {
        return error(format!(
            "crop = {crop} for images of {height} x {width}: from 1 to {smaller}"
        ));
    }
    Ok(())
}

/// Whether there is only one view, the image itself.
pub(crate) fn is_identity(views: &ViewConfig, shape: Shape) -> bool {
    views.count == 1 && !is_random(views, shape)
}

fn is_random(views: &ViewConfig, shape: Shape) -> bool {
    views.horizontal_flip || offset_range(views, shape) != (0, 0)
}

/// Range of the crop's vertical and horizontal offset within the padded image, in pixels.
pub(crate) fn offset_range(views: &ViewConfig, shape: Shape) -> (usize, usize) {
    let (view, padding) = (view_shape(views, shape), 2 * views.crop_padding as usize);
    let range = |full: usize, part: usize| (full + padding).saturating_sub(part);
    (range(shape.height, view.height), range(shape.width, view.width))
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
    pub fn center_crop(shape: Shape, views: &ViewConfig) -> Self {
        let view = view_shape(views, shape);
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

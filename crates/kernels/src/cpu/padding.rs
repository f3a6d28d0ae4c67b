//! Copies of images with zeros around them.

use super::geometry::{Geometry, Padded};
use super::simd::{add_values, copy_values};

/// Where pixels of an image go in a padded one.
pub(crate) struct Placement {
    pub(crate) target: Padded,
    /// Rows and columns before the first pixel; negative if the first pixels are left out.
    pub(crate) before: [isize; 2],
    /// Distance of neighboring pixels.
    pub(crate) step: usize,
}

impl Placement {
    /// Copies pixels of an image, `[height, width]` pixels of `stride` values each, into `target`.
    /// The pixel's first values are copied, as many as the target has channels. Other values of
    /// `target` stay what they are.
    #[inline(always)]
    pub(crate) fn copy(
        &self,
        source: &[f32],
        [height, width]: [usize; 2],
        stride: usize,
        target: &mut [f32],
    ) {
        let channels = self.target.channels;
        let [above, left] = self.before;
        for row in 0..height {
            let Some(y) = position(row * self.step, above, self.target.height) else { continue };
            let source = &source[row * width * stride..];
            if self.step == 1 && stride == channels && left >= 0 {
                let values = width * channels;
                let at = (y * self.target.width + left as usize) * channels;
                copy_values(&source[..values], &mut target[at..at + values]);
                continue;
            }
            for column in 0..width {
                let Some(x) = position(column * self.step, left, self.target.width) else {
                    continue;
                };
                let at = (y * self.target.width + x) * channels;
                let source = &source[column * stride..][..channels];
                copy_values(source, &mut target[at..at + channels]);
            }
        }
    }
}

fn position(at: usize, before: isize, side: usize) -> Option<usize> {
    let position = at.checked_add_signed(before)?;
    (position < side).then_some(position)
}

impl Geometry {
    /// Whether the inputs of a product are the images themselves.
    pub(crate) fn is_input_unpadded(&self) -> bool {
        self.padding == 0 && self.groups == 1
    }

    /// Copies one group's channels of images into zeroed padded images.
    #[inline(always)]
    pub(crate) fn pad(&self, images: &[f32], group: usize, padded: &mut [f32]) {
        let target = self.padded();
        let before = [self.padding.cast_signed(); 2];
        let placement = Placement { target, before, step: 1 };
        let sizes = (self.input_size(), target.size());
        for (image, padded) in images.chunks_exact(sizes.0).zip(padded.chunks_exact_mut(sizes.1)) {
            let stride = self.channels * self.groups;
            placement.copy(&image[group * self.channels..], self.input, stride, padded);
        }
    }

    /// Where the gradients of the outputs go, so that the gradient of the input is a convolution
    /// with stride 1: with zeros around and between them.
    pub(crate) fn dilation(&self) -> Placement {
        let [height, width] = [0, 1].map(|side| self.input[side] + self.kernel[side] - 1);
        let before =
            self.kernel.map(|kernel| (kernel - 1).cast_signed() - self.padding.cast_signed());
        let target = Padded { height, width, channels: self.outputs };
        Placement { target, before, step: self.stride }
    }
}

/// Adds windows, `[pixels, width]` with the values in the order (row, column, channel), to a padded
/// image.
#[inline(always)]
pub(crate) fn col2im(geometry: &Geometry, windows: &[f32], width: usize, image: &mut [f32]) {
    let padded = geometry.padded();
    let [height, columns] = geometry.kernel;
    let channels = geometry.channels;
    // One position of all windows after another: neighboring windows overlap, and adding to what was
    // just written waits for it.
    for position in 0..height * columns {
        let offset = (position / columns * padded.width + position % columns) * channels;
        let mut windows = windows[position * channels..].chunks(width);
        for row in 0..geometry.convolved[0] {
            let mut at = row * geometry.stride * padded.width * channels + offset;
            for _ in 0..geometry.convolved[1] {
                let window = windows.next().expect("a window per pixel");
                add_values(&window[..channels], &mut image[at..at + channels]);
                at += geometry.stride * channels;
            }
        }
    }
}

//! Resizing images to a square by area averaging.

use rayon::prelude::*;

use crate::{Images, Shape};

/// Center-crops each image to a square and resizes it to `side` pixels. Each new pixel is the
/// rounded mean of the area it covers. Equivalent to scaling the shorter edge to `side` and
/// center-cropping (Yosinski et al. 2014, with 256).
///
/// # Panics
/// When `side` is zero or the images have no pixels.
pub fn resize_center_square(images: Images, side: usize) -> Images {
    let shape = images.shape();
    if (shape.height, shape.width) == (side, side) {
        return images;
    }
    let resizer = Resizer::new(shape.height, shape.width, side);
    let new = Shape { height: side, width: side, ..shape };
    let mut pixels = vec![0; images.len() * new.len()];
    pixels.par_chunks_exact_mut(new.len()).enumerate().for_each(|(index, out)| {
        let planes = images.image(index).chunks_exact(shape.height * shape.width);
        for (plane, out) in planes.zip(out.chunks_exact_mut(side * side)) {
            resizer.resize_plane(|at| plane[at], out);
        }
    });
    Images::new(new, pixels, images.into_labels())
}

/// Precomputed weights for resizing the center square of planes of one size.
#[derive(Debug, Clone)]
pub struct Resizer {
    width: usize,
    rows: Vec<PixelWeights>,
    columns: Vec<PixelWeights>,
}

/// The old pixels along one edge that contribute to a new pixel. The weights sum to 1.
#[derive(Debug, Clone)]
struct PixelWeights {
    first: usize,
    weights: Vec<f32>,
}

impl Resizer {
    /// Resizes planes of `height` x `width` to `side` x `side`.
    ///
    /// # Panics
    /// When one of them is zero.
    pub fn new(height: usize, width: usize, side: usize) -> Self {
        assert!(height > 0 && width > 0 && side > 0, "{height} x {width} to {side} x {side}");
        let shorter = height.min(width);
        Self {
            width,
            rows: pixel_weights((height - shorter) / 2, shorter, side),
            columns: pixel_weights((width - shorter) / 2, shorter, side),
        }
    }

    /// Resizes one plane.
    ///
    /// - pixel: the value at an index into the plane, row by row
    /// - out: u8 `[side, side]`
    pub fn resize_plane(&self, pixel: impl Fn(usize) -> u8, out: &mut [u8]) {
        let mut line = vec![0.0_f32; self.columns.len()];
        for (row, out) in self.rows.iter().zip(out.chunks_exact_mut(self.columns.len())) {
            line.fill(0.0);
            for (y, &weight) in (row.first..).zip(&row.weights) {
                self.add_row(&pixel, y * self.width, weight, &mut line);
            }
            for (out, &value) in out.iter_mut().zip(&line) {
                *out = to_u8(value);
            }
        }
    }

    fn add_row(&self, pixel: &impl Fn(usize) -> u8, start: usize, weight: f32, line: &mut [f32]) {
        for (sum, column) in line.iter_mut().zip(&self.columns) {
            let pixels = (start + column.first..).zip(&column.weights);
            *sum += weight * pixels.map(|(at, &share)| share * f32::from(pixel(at))).sum::<f32>();
        }
    }
}

/// Weights of `side` new pixels over `length` old pixels, starting at `offset`.
fn pixel_weights(offset: usize, length: usize, side: usize) -> Vec<PixelWeights> {
    // In units of 1/side of an old pixel, all borders are integers.
    let weights_of = |new: usize| {
        let (from, to) = (new * length, (new + 1) * length);
        let (first, end) = (from / side, to.div_ceil(side));
        let covered = |old: usize| (to.min((old + 1) * side) - from.max(old * side)) as f32;
        let weights = (first..end).map(|old| covered(old) / length as f32).collect();
        PixelWeights { first: offset + first, weights }
    };
    (0..side).map(weights_of).collect()
}

fn to_u8(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resized(pixels: Vec<u8>, height: usize, width: usize, side: usize) -> Vec<u8> {
        let images = Images::new(Shape { channels: 1, height, width }, pixels, vec![0]);
        resize_center_square(images, side).pixels().to_vec()
    }

    #[test]
    fn halving_averages_blocks_of_four() {
        let pixels = vec![0, 4, 10, 20, 8, 4, 30, 40, 1, 1, 0, 0, 1, 1, 0, 255];
        // (0+4+8+4)/4, (10+20+30+40)/4, 1, 255/4 = 63.75
        assert_eq!(resized(pixels, 4, 4, 2), vec![4, 25, 1, 64]);
    }

    #[test]
    fn three_to_two_splits_the_middle_pixel() {
        // The weights of rows and columns are 2/3 and 1/3: 0 and 90 in columns 0 and 2, 30 between.
        let pixels = [0, 30, 90].repeat(3);
        assert_eq!(resized(pixels, 3, 3, 2), vec![10, 70, 10, 70]);
    }

    #[test]
    fn a_wide_image_is_center_cropped() {
        assert_eq!(resized(vec![9, 1, 2, 9, 9, 3, 4, 9], 2, 4, 2), vec![1, 2, 3, 4]);
    }

    #[test]
    fn doubling_repeats_each_pixel() {
        assert_eq!(resized(vec![5], 1, 1, 2), vec![5; 4]);
    }
}

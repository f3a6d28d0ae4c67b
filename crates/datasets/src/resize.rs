//! Square images of another size, by averaging areas.

use rayon::prelude::*;

use crate::{Images, Shape};

/// The central square of every image, scaled to `side` pixels: each new pixel is the mean of the
/// area it covers, rounded. The same as scaling the shorter edge to `side` and then cutting out the
/// center (Yosinski et al. 2014 store images so, at 256).
///
/// # Panics
/// When `side` is zero or the images have no pixel.
#[must_use]
pub fn squared(images: Images, side: usize) -> Images {
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
            resizer.plane(|at| plane[at], out);
        }
    });
    Images::new(new, pixels, images.into_labels())
}

/// How the pixels of one plane make up those of its central square at another size.
#[derive(Debug, Clone)]
pub struct Resizer {
    width: usize,
    rows: Vec<Share>,
    columns: Vec<Share>,
}

/// The pixels of one edge that make up a new pixel, each with its weight; the weights sum to one.
#[derive(Debug, Clone)]
struct Share {
    first: usize,
    weights: Vec<f32>,
}

impl Resizer {
    /// From planes of `height` x `width` to the central square at `side` x `side`.
    ///
    /// # Panics
    /// When one of them is zero.
    #[must_use]
    pub fn new(height: usize, width: usize, side: usize) -> Self {
        assert!(height > 0 && width > 0 && side > 0, "{height} x {width} to {side} x {side}");
        let shorter = height.min(width);
        Self {
            width,
            rows: shares((height - shorter) / 2, shorter, side),
            columns: shares((width - shorter) / 2, shorter, side),
        }
    }

    /// Resizes one plane.
    ///
    /// - pixel: the value at an index into the plane, row by row
    /// - out: u8 `[side, side]`
    pub fn plane(&self, pixel: impl Fn(usize) -> u8, out: &mut [u8]) {
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

/// `side` new pixels over the `length` old ones from `offset` on.
#[expect(clippy::cast_precision_loss, reason = "edges are far shorter than 2^24 pixels")]
fn shares(offset: usize, length: usize, side: usize) -> Vec<Share> {
    // In units of 1/side of an old pixel, where every border is a whole number.
    let share = |new: usize| {
        let (from, to) = (new * length, (new + 1) * length);
        let (first, end) = (from / side, to.div_ceil(side));
        let covered = |old: usize| (to.min((old + 1) * side) - from.max(old * side)) as f32;
        let weights = (first..end).map(|old| covered(old) / length as f32).collect();
        Share { first: offset + first, weights }
    };
    (0..side).map(share).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=255")]
fn to_u8(value: f32) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resized(pixels: Vec<u8>, height: usize, width: usize, side: usize) -> Vec<u8> {
        let images = Images::new(Shape { channels: 1, height, width }, pixels, vec![0]);
        squared(images, side).pixels().to_vec()
    }

    #[test]
    fn halving_averages_blocks_of_four() {
        let pixels = vec![0, 4, 10, 20, 8, 4, 30, 40, 1, 1, 0, 0, 1, 1, 0, 255];
        // (0+4+8+4)/4, (10+20+30+40)/4, 1, 255/4 = 63.75
        assert_eq!(resized(pixels, 4, 4, 2), vec![4, 25, 1, 64]);
    }

    #[test]
    fn three_to_two_gives_the_middle_to_both_by_half() {
        // Rows and columns weigh 2/3, 1/3: 0 and 90 in columns 0 and 2, 30 between.
        let pixels = [0, 30, 90].repeat(3);
        assert_eq!(resized(pixels, 3, 3, 2), vec![10, 70, 10, 70]);
    }

    #[test]
    fn a_wide_image_loses_its_left_and_right_edges() {
        assert_eq!(resized(vec![9, 1, 2, 9, 9, 3, 4, 9], 2, 4, 2), vec![1, 2, 3, 4]);
    }

    #[test]
    fn doubling_repeats_each_pixel() {
        assert_eq!(resized(vec![5], 1, 1, 2), vec![5; 4]);
    }
}

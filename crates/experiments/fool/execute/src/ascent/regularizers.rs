//! What is done to an image's difference from the mean image after a step.

use super::ascent_config::{AscentConfig, Blur};
use crate::metrics::quantile;

/// The size of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// 1 or 3.
    pub channels: usize,
    /// In pixels.
    pub height: usize,
    /// In pixels.
    pub width: usize,
}

impl Size {
    fn pixels(self) -> usize {
        self.height * self.width
    }
}

/// In the order of the published code: decay, blur, the smallest pixels, those that matter least.
///
/// - difference: of an image from the mean image, `[channels, height, width]`
/// - slope: the gradient of the confidence, or of a function of it, in the image, of the same shape
/// - done: steps before this one since the start
pub fn regularize(
    ascent_config: &AscentConfig,
    size: Size,
    difference: &mut [f32],
    slope: &[f32],
    done: u32,
) {
    if ascent_config.decay > 0.0 {
        let kept = (1.0 - ascent_config.decay) as f32;
        for value in difference.iter_mut() {
            *value *= kept;
        }
    }
    if let Some(Blur { deviation, every }) = ascent_config.blur
        && done.is_multiple_of(every)
    {
        let kernel = kernel(deviation);
        difference.chunks_exact_mut(size.pixels()).for_each(|plane| blur(plane, size, &kernel));
    }
    if ascent_config.small_pixels > 0.0 {
        let squares = over_channels(size, |at| difference[at] * difference[at]);
        let norms: Vec<f32> = squares.into_iter().map(f32::sqrt).collect();
        clear_smallest(difference, &norms, ascent_config.small_pixels);
    }
    if ascent_config.small_contributions > 0.0 {
        let sums = over_channels(size, |at| difference[at] * slope[at]);
        let contributions: Vec<f32> = sums.into_iter().map(f32::abs).collect();
        clear_smallest(difference, &contributions, ascent_config.small_contributions);
    }
}

/// For each pixel the sum of `value` over its channels.
fn over_channels(size: Size, value: impl Fn(usize) -> f32) -> Vec<f32> {
    let pixels = size.pixels();
    let sum =
        |pixel: usize| (0..size.channels).map(|channel| value(channel * pixels + pixel)).sum();
    (0..pixels).map(sum).collect()
}

/// Puts all channels of the pixels to 0 whose measure is below that of a `share` of the pixels.
fn clear_smallest(difference: &mut [f32], measures: &[f32], share: f64) {
    let mut sorted = measures.to_vec();
    sorted.sort_by(f32::total_cmp);
    let limit = quantile(&sorted, share);
    for plane in difference.chunks_exact_mut(measures.len()) {
        for (value, measure) in plane.iter_mut().zip(measures) {
            if *measure < limit {
                *value = 0.0;
            }
        }
    }
}

/// Weights of a Gaussian filter from its middle outwards, cut off at four deviations; with both sides
/// they add up to 1.
fn kernel(deviation: f64) -> Vec<f64> {
    let reach = (4.0 * deviation + 0.5) as usize;
    let weight = |at: usize| (-0.5 * (at as f64 / deviation).powi(2)).exp();
    let weights: Vec<f64> = (0..=reach).map(weight).collect();
    let sum = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// Filters a plane down its columns, then along its rows; beyond an edge it is mirrored, the edge's own
/// pixels included.
fn blur(plane: &mut [f32], size: Size, kernel: &[f64]) {
    let Size { height, width, .. } = size;
    let before = plane.to_vec();
    for (at, value) in plane.iter_mut().enumerate() {
        let (row, column) = (at / width, at % width);
        *value = filtered(kernel, row, height, |row| before[row * width + column]);
    }
    let before = plane.to_vec();
    for (at, value) in plane.iter_mut().enumerate() {
        let (row, column) = (at / width, at % width);
        *value = filtered(kernel, column, width, |column| before[row * width + column]);
    }
}

/// The weighted sum around place `at` of a line of `length` values.
fn filtered(kernel: &[f64], at: usize, length: usize, value: impl Fn(usize) -> f32) -> f32 {
    let mirrored = |place: isize| {
        let place = place.rem_euclid(2 * length.cast_signed()).cast_unsigned();
        if place < length { place } else { 2 * length - 1 - place }
    };
    let pair = |(away, weight): (usize, &f64)| {
        let (at, away) = (at.cast_signed(), away.cast_signed());
        let both = f64::from(value(mirrored(at - away))) + f64::from(value(mirrored(at + away)));
        if away == 0 { weight * f64::from(value(mirrored(at))) } else { weight * both }
    };
    kernel.iter().enumerate().map(pair).sum::<f64>() as f32
}

#[cfg(test)]
mod tests {
    use assay_runs::Regularization;

    use super::*;

    fn gray(height: usize, width: usize) -> Size {
        Size { channels: 1, height, width }
    }

    fn close(got: &[f32], wanted: &[f32]) {
        let near = |(got, wanted): (&f32, &f32)| (got - wanted).abs() < 1e-5;
        assert!(got.iter().zip(wanted).all(near), "{got:?} instead of {wanted:?}");
    }

    #[test]
    fn decay_takes_a_hundredth_of_the_difference() {
        let mut difference = [100.0, -50.0];
        regularize(
            &AscentConfig::of(Regularization::Decay),
            gray(1, 2),
            &mut difference,
            &[0.0; 2],
            0,
        );
        close(&difference, &[99.0, -49.5]);
    }

    #[test]
    fn a_point_is_blurred_into_the_products_of_the_weights() {
        // A deviation of 0.5 reaches two pixels far: 1, exp(-2) = 0.135335 and exp(-8) = 0.000335,
        // over 1 + 2 (0.135335 + 0.000335) = 1.271341.
        let weights = kernel(0.5);
        let wanted = [0.786_571, 0.106_451, 0.000_264];
        assert!(weights.iter().zip(wanted).all(|(got, wanted)| (got - wanted).abs() < 1e-6));
        assert_eq!(weights.len(), 3);
        let mut plane = [0.0; 25];
        plane[12] = 1.0;
        blur(&mut plane, gray(5, 5), &weights);
        close(&plane[10..15], &[0.000_208, 0.083_731, 0.618_694, 0.083_731, 0.000_208]);
        close(&plane[5..8], &[0.000_028, 0.011_332, 0.083_731]);
    }

    #[test]
    fn an_edge_is_mirrored_with_its_own_pixel() {
        // One row of two: beyond 4, 8 lie 4 on the left and 8 on the right, then 8 and 4.
        let mut plane = [4.0, 8.0];
        blur(&mut plane, gray(1, 2), &[0.5, 0.25]);
        close(&plane, &[0.5 * 4.0 + 0.25 * (4.0 + 8.0), 0.5 * 8.0 + 0.25 * (4.0 + 8.0)]);
        // A uniform plane stays as it is, even where the filter is longer than the plane.
        let mut plane = [3.0; 4];
        blur(&mut plane, gray(2, 2), &kernel(2.0));
        close(&plane, &[3.0; 4]);
    }

    #[test]
    fn the_smallest_pixels_of_all_channels_together_are_put_to_the_mean() {
        // Two channels of six pixels; norms 5, 1, 2, 3, 4, 0.5. The fifth of them ends at place
        // 0.2 * 5 = 1 of 0.5, 1, 2 ...: below 1 lies 0.5 alone.
        let mut difference = [3.0, 1.0, 0.0, 3.0, 4.0, 0.3, 4.0, 0.0, 2.0, 0.0, 0.0, 0.4];
        let norms = [5.0, 1.0, 2.0, 3.0, 4.0, 0.5];
        clear_smallest(&mut difference, &norms, 0.2);
        close(&difference, &[3.0, 1.0, 0.0, 3.0, 4.0, 0.0, 4.0, 0.0, 2.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn pixels_that_matter_least_are_put_to_the_mean_after_the_smallest() {
        let ascent_config = AscentConfig {
            decay: 0.0,
            blur: None,
            ..AscentConfig::of(Regularization::SmallPixels)
        };
        let size = Size { channels: 1, height: 1, width: 6 };
        let mut difference = [6.0, 5.0, 4.0, 3.0, 2.0, 1.0];
        // The smallest, 1, goes first. Then contributions are 6, 5, 0.4, 3, 2 and 0: the fifth ends at
        // place 1 of 0, 0.4, 2 ..., and below 0.4 there is only what is 0 already.
        regularize(&ascent_config, size, &mut difference, &[1.0, -1.0, 0.1, 1.0, 1.0, 1.0], 0);
        close(&difference, &[6.0, 5.0, 4.0, 3.0, 2.0, 0.0]);
        // With half of them, the limit is 2.5 of 0, 0.4, 2, 3, 5, 6.
        let half = AscentConfig { small_pixels: 0.0, small_contributions: 0.5, ..ascent_config };
        regularize(&half, size, &mut difference, &[1.0, -1.0, 0.1, 1.0, 1.0, 1.0], 0);
        close(&difference, &[6.0, 5.0, 0.0, 3.0, 0.0, 0.0]);
    }

    #[test]
    fn a_blur_of_every_second_step_begins_with_the_first() {
        let ascent_config = AscentConfig { decay: 0.0, ..AscentConfig::of(Regularization::Blur) };
        let after = |done| {
            let mut difference = [1.0, 0.0, 0.0];
            regularize(&ascent_config, gray(1, 3), &mut difference, &[0.0; 3], done);
            difference[0]
        };
        assert!(after(0) < 1.0 && after(2) < 1.0);
        assert!((after(1) - 1.0).abs() < 1e-9);
    }
}

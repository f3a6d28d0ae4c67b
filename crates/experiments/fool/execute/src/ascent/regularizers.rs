//! Regularizers: what is applied to an image's difference from the mean image after a step.

use assay_datasets::Shape;

use super::ascent_config::{AscentConfig, Blur};
use crate::metrics::quantile;

/// Applies the regularizers in the order of the published code: decay, blur, smallest pixels,
/// smallest contributions.
///
/// - difference: the image minus the mean image, `[channels, height, width]`
/// - gradient: that of the confidence, or of a function of it, in the image; of the same shape
/// - `steps_done`: steps before this one since the starting point
pub fn regularize(
    config: &AscentConfig,
    shape: Shape,
    difference: &mut [f32],
    gradient: &[f32],
    steps_done: u32,
) {
    if config.decay > 0.0 {
        let factor = (1.0 - config.decay) as f32;
        for value in difference.iter_mut() {
            *value *= factor;
        }
    }
    if let Some(Blur { deviation, every }) = config.blur
        && steps_done.is_multiple_of(every)
    {
        let kernel = kernel(deviation);
        let planes = difference.chunks_exact_mut(shape.height * shape.width);
        planes.for_each(|plane| blur(plane, shape, &kernel));
    }
    if config.small_pixels > 0.0 {
        let squares = sum_over_channels(shape, |i| difference[i] * difference[i]);
        let norms: Vec<f32> = squares.into_iter().map(f32::sqrt).collect();
        clear_smallest(difference, &norms, config.small_pixels);
    }
    if config.small_contributions > 0.0 {
        let sums = sum_over_channels(shape, |i| difference[i] * gradient[i]);
        let contributions: Vec<f32> = sums.into_iter().map(f32::abs).collect();
        clear_smallest(difference, &contributions, config.small_contributions);
    }
}

/// For each pixel, the sum of `value` over its channels.
fn sum_over_channels(shape: Shape, value: impl Fn(usize) -> f32) -> Vec<f32> {
    let pixels = shape.height * shape.width;
    let sum =
        |pixel: usize| (0..shape.channels).map(|channel| value(channel * pixels + pixel)).sum();
    (0..pixels).map(sum).collect()
}

/// Sets all channels of the pixels to 0 whose magnitude is below the `share`-quantile.
fn clear_smallest(difference: &mut [f32], magnitudes: &[f32], share: f64) {
    let mut sorted = magnitudes.to_vec();
    sorted.sort_by(f32::total_cmp);
    let limit = quantile(&sorted, share);
    for plane in difference.chunks_exact_mut(magnitudes.len()) {
        for (value, magnitude) in plane.iter_mut().zip(magnitudes) {
            if *magnitude < limit {
                *value = 0.0;
            }
        }
    }
}

/// The weights of a Gaussian filter from its center outwards, truncated at four standard
/// deviations. Both sides together sum to 1.
fn kernel(deviation: f64) -> Vec<f64> {
    let radius = (4.0 * deviation + 0.5) as usize;
    let weight = |distance: usize| (-0.5 * (distance as f64 / deviation).powi(2)).exp();
    let weights: Vec<f64> = (0..=radius).map(weight).collect();
    let sum = weights[0] + 2.0 * weights[1..].iter().sum::<f64>();
    weights.into_iter().map(|weight| weight / sum).collect()
}

/// Filters a plane along its columns, then along its rows. Beyond an edge the plane is mirrored,
/// including the edge pixel.
fn blur(plane: &mut [f32], shape: Shape, kernel: &[f64]) {
    // Columns step by a width, rows by 1.
    for (length, step) in [(shape.height, shape.width), (shape.width, 1)] {
        let original = plane.to_vec();
        for (index, value) in plane.iter_mut().enumerate() {
            let position = index / step % length;
            let first = index - position * step;
            *value = filtered(kernel, position, length, |other| original[first + other * step]);
        }
    }
}

/// The filtered value at `position` of a line of `length` values.
fn filtered(kernel: &[f64], position: usize, length: usize, value: impl Fn(usize) -> f32) -> f32 {
    let mirrored = |position: isize| {
        let index = position.rem_euclid(2 * length.cast_signed()).cast_unsigned();
        f64::from(value(if index < length { index } else { 2 * length - 1 - index }))
    };
    let term = |(distance, weight): (usize, &f64)| {
        let (position, distance) = (position.cast_signed(), distance.cast_signed());
        if distance == 0 {
            weight * mirrored(position)
        } else {
            weight * (mirrored(position - distance) + mirrored(position + distance))
        }
    };
    kernel.iter().enumerate().map(term).sum::<f64>() as f32
}

#[cfg(test)]
mod tests {

    use assay_classifier_cells::Regularization;

    use super::*;

    fn gray(height: usize, width: usize) -> Shape {
        Shape { channels: 1, height, width }
    }

    fn assert_close(actual: &[f32], expected: &[f32]) {
        let is_close = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-5;
        assert!(actual.iter().zip(expected).all(is_close), "{actual:?} instead of {expected:?}");
    }

    #[test]
    fn decay_removes_a_hundredth_of_the_difference() {
        let mut difference = [100.0, -50.0];
        let config = AscentConfig::for_regularization(Regularization::Decay);
        regularize(&config, gray(1, 2), &mut difference, &[0.0; 2], 0);
        assert_close(&difference, &[99.0, -49.5]);
    }

    #[test]
    fn blurring_a_point_gives_the_products_of_the_weights() {
        // A deviation of 0.5 has a radius of two pixels: 1, exp(-2) = 0.135335 and exp(-8) =
        // 0.000335, over 1 + 2 (0.135335 + 0.000335) = 1.271341.
        let weights = kernel(0.5);
        let expected = [0.786_571, 0.106_451, 0.000_264];
        assert!(weights.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6));
        assert_eq!(weights.len(), 3);
        let mut plane = [0.0; 25];
        plane[12] = 1.0;
        blur(&mut plane, gray(5, 5), &weights);
        assert_close(&plane[10..15], &[0.000_208, 0.083_731, 0.618_694, 0.083_731, 0.000_208]);
        assert_close(&plane[5..8], &[0.000_028, 0.011_332, 0.083_731]);
    }

    #[test]
    fn edges_are_mirrored_including_the_edge_pixel() {
        // A row of 4, 8 continues with 4, 8 to the left and with 8, 4 to the right.
        let mut plane = [4.0, 8.0];
        blur(&mut plane, gray(1, 2), &[0.5, 0.25]);
        assert_close(&plane, &[0.5 * 4.0 + 0.25 * (4.0 + 8.0), 0.5 * 8.0 + 0.25 * (4.0 + 8.0)]);
        // A uniform plane is unchanged, even if the filter is longer than the plane.
        let mut plane = [3.0; 4];
        blur(&mut plane, gray(2, 2), &kernel(2.0));
        assert_close(&plane, &[3.0; 4]);
    }

    #[test]
    fn the_smallest_pixels_over_all_channels_are_set_to_the_mean() {
        // Two channels of six pixels with norms 5, 1, 2, 3, 4, 0.5. The 0.2-quantile is at position
        // 0.2 * 5 = 1 of 0.5, 1, 2, ...; only 0.5 is below it.
        let mut difference = [3.0, 1.0, 0.0, 3.0, 4.0, 0.3, 4.0, 0.0, 2.0, 0.0, 0.0, 0.4];
        let norms = [5.0, 1.0, 2.0, 3.0, 4.0, 0.5];
        clear_smallest(&mut difference, &norms, 0.2);
        assert_close(&difference, &[3.0, 1.0, 0.0, 3.0, 4.0, 0.0, 4.0, 0.0, 2.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn the_smallest_contributions_are_set_to_the_mean_after_the_smallest_pixels() {
        let config = AscentConfig {
            decay: 0.0,
            blur: None,
            ..AscentConfig::for_regularization(Regularization::SmallPixels)
        };
        let size = Shape { channels: 1, height: 1, width: 6 };
        let mut difference = [6.0, 5.0, 4.0, 3.0, 2.0, 1.0];
        // The smallest pixel, 1, goes first. Contributions are then 6, 5, 0.4, 3, 2 and 0. The
        // quantile is at position 1 of 0, 0.4, 2, ...; below 0.4 is only what is 0 already.
        regularize(&config, size, &mut difference, &[1.0, -1.0, 0.1, 1.0, 1.0, 1.0], 0);
        assert_close(&difference, &[6.0, 5.0, 4.0, 3.0, 2.0, 0.0]);
        // With a share of one half, the limit is 2.5 of 0, 0.4, 2, 3, 5, 6.
        let half = AscentConfig { small_pixels: 0.0, small_contributions: 0.5, ..config };
        regularize(&half, size, &mut difference, &[1.0, -1.0, 0.1, 1.0, 1.0, 1.0], 0);
        assert_close(&difference, &[6.0, 5.0, 0.0, 3.0, 0.0, 0.0]);
    }

    #[test]
    fn a_blur_of_every_second_step_starts_with_the_first() {
        let config =
            AscentConfig { decay: 0.0, ..AscentConfig::for_regularization(Regularization::Blur) };
        let blurred = |steps_done| {
            let mut difference = [1.0, 0.0, 0.0];
            regularize(&config, gray(1, 3), &mut difference, &[0.0; 3], steps_done);
            difference[0]
        };
        assert!(blurred(0) < 1.0 && blurred(2) < 1.0);
        assert!((blurred(1) - 1.0).abs() < 1e-9);
    }
}

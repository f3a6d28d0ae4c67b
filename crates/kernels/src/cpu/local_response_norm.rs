//! Local response normalization across channels.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::simd::arch;
use crate::LocalResponseNorm;

/// Channels of all pixels, before and after.
struct Pixels<'a> {
    options: LocalResponseNorm,
    channels: usize,
    input: &'a [f32],
    /// The gradient of the output; none in a forward pass.
    gradients: Option<&'a [f32]>,
    target: &'a mut [f32],
}

/// The normalized values: `x / (k + alpha / size * sum of x² of the neighboring channels)^0.75`.
///
/// - input, output: `[pixels, channels]`
pub(crate) fn forward(options: LocalResponseNorm, channels: usize, input: &[f32]) -> Vec<f32> {
    run(options, channels, input, None)
}

/// The gradient of the input, from that of the output.
pub(crate) fn backward(
    options: LocalResponseNorm,
    channels: usize,
    input: &[f32],
    gradients: &[f32],
) -> Vec<f32> {
    run(options, channels, input, Some(gradients))
}

fn run(
    options: LocalResponseNorm,
    channels: usize,
    input: &[f32],
    gradients: Option<&[f32]>,
) -> Vec<f32> {
    let mut target = vec![0.0; input.len()];
    let count = (input.len() / channels).div_ceil(rayon::current_num_threads()).max(1) * channels;
    if count >= input.len() {
        arch().dispatch(Pixels { options, channels, input, gradients, target: &mut target });
        return target;
    }
    target.par_chunks_mut(count).enumerate().for_each(|(number, target)| {
        let range = number * count..number * count + target.len();
        let (input, gradients) = (&input[range.clone()], gradients.map(|all| &all[range]));
        arch().dispatch(Pixels { options, channels, input, gradients, target });
    });
    target
}

impl WithSimd for Pixels<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _simd: S) {
        let Self { options, channels, input, gradients, target } = self;
        let half = options.size / 2;
        // Values of one pixel with zeros before the first and after the last channel.
        let mut squares = vec![0.0; channels + 2 * half];
        let mut terms = squares.clone();
        let mut sums = vec![0.0; channels];
        let pixels = input.chunks_exact(channels).zip(target.chunks_exact_mut(channels));
        for (number, (input, target)) in pixels.enumerate() {
            for (square, value) in squares[half..].iter_mut().zip(input) {
                *square = value * value;
            }
            sum_windows(&squares, options.size, &mut sums);
            let scale = options.alpha / options.size as f32;
            match gradients {
                None => {
                    for ((target, input), sum) in target.iter_mut().zip(input).zip(&sums) {
                        *target = input * power(options.k + scale * sum);
                    }
                }
                Some(gradients) => {
                    let gradients = &gradients[number * channels..][..channels];
                    let terms_of = terms[half..half + channels].iter_mut().zip(gradients);
                    for (((term, gradient), input), sum) in terms_of.zip(input).zip(&mut sums) {
                        let divisor = options.k + scale * *sum;
                        *sum = power(divisor);
                        *term = gradient * input * *sum / divisor;
                    }
                    for ((target, gradient), power) in target.iter_mut().zip(gradients).zip(&sums) {
                        *target = gradient * power;
                    }
                    sum_windows(&terms, options.size, &mut sums);
                    for ((target, input), sum) in target.iter_mut().zip(input).zip(&sums) {
                        *target -= 2.0 * 0.75 * scale * input * sum;
                    }
                }
            }
        }
    }
}

/// The sums of `size` neighboring values.
#[inline(always)]
fn sum_windows(values: &[f32], size: usize, sums: &mut [f32]) {
    let count = sums.len();
    sums.copy_from_slice(&values[..count]);
    for offset in 1..size {
        sums.iter_mut().zip(&values[offset..]).for_each(|(sum, value)| *sum += value);
    }
}

/// `value^-0.75`.
#[inline(always)]
fn power(value: f32) -> f32 {
    let root = 1.0 / value.sqrt();
    root * root.sqrt()
}

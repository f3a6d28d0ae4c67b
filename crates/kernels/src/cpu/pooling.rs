//! `ReLU` and max pooling of a product's outputs, and their gradients.

use super::geometry::Geometry;
use crate::Pool;

/// The winner of a pooled value that no input determines: `ReLU` made it 0.
const NO_WINNER: u8 = u8::MAX;

/// Finishes the outputs of one group of images: `ReLU` and max pooling.
///
/// - `convolved`: `[images, pixels, width]`, of which the first channels are outputs
/// - `output`: `[images, rows, columns, groups, outputs]`; those of `group` are written
/// - `winners`: as `output`; for each value, which position of its window has won
///
/// NaN wins over every number and is not changed by `ReLU`, so that a diverged training is seen.
#[inline(always)]
pub(crate) fn finish(
    geometry: &Geometry,
    group: usize,
    convolved: &[f32],
    width: usize,
    output: &mut [f32],
    mut winners: Option<&mut [u8]>,
) {
    let outputs = geometry.outputs;
    let stride = outputs * geometry.groups;
    let images = convolved.chunks_exact(geometry.pixels() * width);
    let size = geometry.output_size();
    let mut best = vec![0_u32; outputs];
    for (number, (image, output)) in images.zip(output.chunks_exact_mut(size)).enumerate() {
        for (pixel, output) in output.chunks_exact_mut(stride).enumerate() {
            let output = &mut output[group * outputs..][..outputs];
            match geometry.pool {
                Some(pool) => {
                    largest(geometry, pool, pixel, image, width, output, &mut best);
                }
                None => output.copy_from_slice(&image[pixel * width..][..outputs]),
            }
            if let Some(winners) = winners.as_deref_mut() {
                let at = number * size + pixel * stride + group * outputs;
                for ((winner, best), value) in
                    winners[at..at + outputs].iter_mut().zip(&best).zip(&*output)
                {
                    let is_cut = geometry.relu && *value <= 0.0;
                    *winner = if is_cut { NO_WINNER } else { *best as u8 };
                }
            }
            if geometry.relu {
                for value in output {
                    *value = if *value < 0.0 { 0.0 } else { *value };
                }
            }
        }
    }
}

/// The largest values of one pooling window and their positions.
#[inline(always)]
fn largest(
    geometry: &Geometry,
    pool: Pool,
    pixel: usize,
    image: &[f32],
    width: usize,
    output: &mut [f32],
    best: &mut [u32],
) {
    let count = output.len();
    for (position, at) in window(geometry, pool, pixel).enumerate() {
        let values = &image[at * width..][..count];
        if position == 0 {
            output.copy_from_slice(values);
            best.fill(0);
            continue;
        }
        for ((output, best), value) in output.iter_mut().zip(&mut *best).zip(values) {
            // The first NaN stays.
            let is_larger = (*value > *output || value.is_nan()) && !output.is_nan();
            *output = if is_larger { *value } else { *output };
            *best = if is_larger { position as u32 } else { *best };
        }
    }
}

/// The pixels of a pooling window, row by row.
#[inline(always)]
fn window(geometry: &Geometry, pool: Pool, pixel: usize) -> impl Iterator<Item = usize> {
    let [_, columns] = geometry.output;
    let [_, convolved] = geometry.convolved;
    let corner = (pixel / columns * convolved + pixel % columns) * pool.stride;
    (0..pool.size * pool.size)
        .map(move |position| corner + position / pool.size * convolved + position % pool.size)
}

/// What the gradients of a product's outputs are computed from.
pub(crate) enum Active<'a> {
    /// The winners of max pooling.
    Winners(&'a [u8]),
    /// The outputs of the layer, which `ReLU` cut at 0.
    Outputs(&'a [f32]),
    /// Every output passes its gradient on.
    All,
}

impl<'a> Active<'a> {
    /// The part for some images.
    pub(crate) fn images(&self, range: std::ops::Range<usize>, size: usize) -> Active<'a> {
        let range = range.start * size..range.end * size;
        match self {
            Self::Winners(winners) => Active::Winners(&winners[range]),
            Self::Outputs(outputs) => Active::Outputs(&outputs[range]),
            Self::All => Active::All,
        }
    }
}

/// The gradients of a product's outputs, from those of the finished outputs of one group.
///
/// - `gradients`: `[images, rows, columns, groups, outputs]`
/// - `convolved`: `[images, pixels, width]`; its padding is not written
#[inline(always)]
pub(crate) fn unfinish(
    geometry: &Geometry,
    group: usize,
    gradients: &[f32],
    active: &Active<'_>,
    convolved: &mut [f32],
    width: usize,
) {
    let outputs = geometry.outputs;
    let stride = outputs * geometry.groups;
    let size = geometry.output_size();
    let images = convolved.chunks_exact_mut(geometry.pixels() * width);
    for (number, (image, gradients)) in images.zip(gradients.chunks_exact(size)).enumerate() {
        if geometry.pool.is_some() {
            image.fill(0.0);
        }
        for (pixel, gradients) in gradients.chunks_exact(stride).enumerate() {
            let at = number * size + pixel * stride + group * outputs;
            let gradients = &gradients[group * outputs..][..outputs];
            let target = pixel * width;
            match (active, geometry.pool) {
                (Active::Winners(winners), Some(pool)) => {
                    let winners = &winners[at..at + outputs];
                    for (position, at) in window(geometry, pool, pixel).enumerate() {
                        add_won(gradients, winners, position as u8, &mut image[at * width..]);
                    }
                }
                (Active::Outputs(values), _) => {
                    let values = &values[at..at + outputs];
                    let target = &mut image[target..target + outputs];
                    for ((target, gradient), value) in target.iter_mut().zip(gradients).zip(values)
                    {
                        *target = if *value <= 0.0 { 0.0 } else { *gradient };
                    }
                }
                _ => image[target..target + outputs].copy_from_slice(gradients),
            }
        }
    }
}

/// Adds the gradients of the values that a position of the window has won.
#[inline(always)]
fn add_won(gradients: &[f32], winners: &[u8], position: u8, target: &mut [f32]) {
    let target = &mut target[..gradients.len()];
    for ((target, gradient), winner) in target.iter_mut().zip(gradients).zip(winners) {
        *target += if *winner == position { *gradient } else { 0.0 };
    }
}

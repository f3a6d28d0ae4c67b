//! `ReLU` and max pooling of a convolution's outputs, and their gradients.

use pulp::Simd;

use super::geometry::Geometry;
use super::simd::{load, load_numbers, store, store_numbers};

/// The index of a pooled value that no input determines: `ReLU` made it 0.
const NO_INDEX: u32 = u32::MAX;

/// Where the channels of one group are in a finished image, and in that before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Channels {
    /// Number of the group.
    pub(crate) group: usize,
    /// Distance of neighboring pixels before `ReLU` and pooling: the channels with their padding.
    pub(crate) width: usize,
}

/// Finishes the outputs of one group of images: `ReLU` and max pooling.
///
/// - `convolved`: `[images, pixels, width]`
/// - `output`: `[images, rows, columns, groups, outputs]`; those of the group are written
/// - `indices`: as `output`, or empty; for each value, which position of its window it is from
///
/// NaN is larger than every number and is not changed by `ReLU`, so that a diverged training is seen.
#[inline(always)]
pub(crate) fn relu_and_pool<S: Simd>(
    simd: S,
    geometry: &Geometry,
    channels: Channels,
    convolved: &[f32],
    output: &mut [f32],
    indices: &mut [u32],
) {
    let windows = Windows::new(geometry, channels);
    let zero = simd.splat_f32s(0.0);
    let images = convolved.chunks_exact(geometry.pixels() * channels.width);
    for (number, (image, output)) in
        images.zip(output.chunks_exact_mut(geometry.output_size())).enumerate()
    {
        windows.for_each(
            S::F32_LANES,
            #[inline(always)]
            |corner, range| {
                let mut best = load_at(simd, image, corner);
                let mut index = simd.splat_u32s(0);
                for (position, distance) in windows.distances.iter().enumerate().skip(1) {
                    let value = load_at(simd, image, corner + distance);
                    let is_larger = simd.greater_than_f32s(value, best);
                    let is_number = simd.equal_f32s(value, value);
                    let position = simd.splat_u32s(position as u32);
                    index = simd.select_u32s(
                        is_larger,
                        position,
                        simd.select_u32s(is_number, index, position),
                    );
                    best = simd.select_f32s(
                        is_larger,
                        value,
                        simd.select_f32s(is_number, best, value),
                    );
                }
                if geometry.relu {
                    let is_cut = simd.less_than_or_equal_f32s(best, zero);
                    best = simd.select_f32s(is_cut, zero, best);
                    index = simd.select_u32s(is_cut, simd.splat_u32s(NO_INDEX), index);
                }
                store(simd, &mut output[range.clone()], best);
                if !indices.is_empty() {
                    let image = number * geometry.output_size();
                    let indices = &mut indices[image + range.start..image + range.end];
                    store_numbers(simd, indices, index);
                }
            },
        );
    }
}

/// What the gradients of a convolution's outputs are computed from.
pub(crate) enum Active<'a> {
    /// The indices of max pooling.
    Indices(&'a [u32]),
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
            Self::Indices(indices) => Active::Indices(&indices[range]),
            Self::Outputs(outputs) => Active::Outputs(&outputs[range]),
            Self::All => Active::All,
        }
    }
}

/// The gradients of a convolution's outputs, from those of the finished outputs of one group.
///
/// - `gradients`: `[images, rows, columns, groups, outputs]`
/// - `convolved`: `[images, pixels, width]`; 0 in the padding
#[inline(always)]
pub(crate) fn relu_and_pool_backward<S: Simd>(
    simd: S,
    geometry: &Geometry,
    channels: Channels,
    gradients: &[f32],
    active: &Active<'_>,
    convolved: &mut [f32],
) {
    let windows = Windows::new(geometry, channels);
    let zero = simd.splat_f32s(0.0);
    let images = convolved.chunks_exact_mut(geometry.pixels() * channels.width);
    let size = geometry.output_size();
    for (number, (image, gradients)) in images.zip(gradients.chunks_exact(size)).enumerate() {
        let at = number * size;
        if matches!(active, Active::Indices(_)) {
            image.fill(0.0);
        }
        windows.for_each(
            S::F32_LANES,
            #[inline(always)]
            |corner, range| {
                let gradient = load(simd, &gradients[range.clone()]);
                let range = at + range.start..at + range.end;
                let image = &mut image[corner..];
                match active {
                    Active::Indices(indices) => {
                        let index = load_numbers(simd, &indices[range]);
                        for (position, distance) in windows.distances.iter().enumerate() {
                            let is_largest =
                                simd.equal_u32s(index, simd.splat_u32s(position as u32));
                            let passed = simd.select_f32s(is_largest, gradient, zero);
                            let sum = simd.add_f32s(load_at(simd, image, *distance), passed);
                            store(simd, &mut image[*distance..][..S::F32_LANES], sum);
                        }
                    }
                    Active::Outputs(outputs) => {
                        let output = load(simd, &outputs[range]);
                        let is_cut = simd.less_than_or_equal_f32s(output, zero);
                        let kept = simd.select_f32s(is_cut, zero, gradient);
                        store(simd, &mut image[..S::F32_LANES], kept);
                    }
                    Active::All => store(simd, &mut image[..S::F32_LANES], gradient),
                }
            },
        );
    }
}

/// One vector of an image before pooling, in which every vector is whole.
#[inline(always)]
fn load_at<S: Simd>(simd: S, image: &[f32], at: usize) -> S::f32s {
    load(simd, &image[at..at + S::F32_LANES])
}

/// The pooling windows of an image; without pooling, its pixels.
struct Windows<'a> {
    geometry: &'a Geometry,
    channels: Channels,
    /// Distance of neighboring windows, in pixels.
    stride: usize,
    /// Where the positions of a window are, row by row, from its first value.
    distances: Vec<usize>,
}

impl<'a> Windows<'a> {
    fn new(geometry: &'a Geometry, channels: Channels) -> Self {
        let (size, stride) = geometry.pool.map_or((1, 1), |pool| (pool.size, pool.stride));
        let row = |row: usize| {
            let pixel = row * geometry.convolved[1];
            (pixel..pixel + size).map(|pixel| pixel * channels.width)
        };
        Self { geometry, channels, stride, distances: (0..size).flat_map(row).collect() }
    }

    /// Calls `visit` with every vector of channels of every window: where its first value is in the
    /// image before pooling, and where its values are in the finished image.
    #[inline(always)]
    fn for_each(&self, lanes: usize, mut visit: impl FnMut(usize, std::ops::Range<usize>)) {
        let Geometry { outputs, groups, output: [rows, columns], convolved, .. } = *self.geometry;
        let mut target = self.channels.group * outputs;
        for row in 0..rows {
            for column in 0..columns {
                let pixel = (row * convolved[1] + column) * self.stride;
                for first in (0..outputs).step_by(lanes) {
                    let corner = pixel * self.channels.width + first;
                    let count = lanes.min(outputs - first);
                    visit(corner, target + first..target + first + count);
                }
                target += outputs * groups;
            }
        }
    }
}

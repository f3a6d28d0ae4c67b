//! The gradient of a convolution's input, in the cheaper of two ways.

use pulp::{Simd, WithSimd};

use super::gather::add_windows;
use super::geometry::{Geometry, Padded};
use super::pooling::Channels;
use super::product::{PackedWeights, Product, Runs};
use super::simd::copy_values;

/// Computes the gradient of the input of one group from those of the convolution's outputs.
pub(crate) struct InputGradient {
    weights: PackedWeights,
    way: Way,
}

enum Way {
    /// A convolution with the kernel turned around, of the outputs' gradients with zeros around and
    /// between them. It multiplies by these zeros.
    Turned(Padded),
    /// For each output pixel, the product with all weights is the gradient of its window. The
    /// windows are added to the padded input. This costs additions.
    Windows(Padded),
}

impl InputGradient {
    /// Packs the weights, `[outputs, channels, height, width]`.
    pub(crate) fn new(geometry: &Geometry, weight: &[f32], lanes: usize) -> Self {
        if windows_are_cheaper(geometry) {
            return Self::windows(geometry, weight, lanes);
        }
        let target = geometry.spread().target;
        let runs = target.runs(geometry.kernel);
        let positions = geometry.kernel[0] * geometry.kernel[1];
        let sources = geometry.turned_sources();
        let matrix = (geometry.channels, positions);
        let weights = PackedWeights::new(weight, matrix, (&runs, &sources), &[], lanes);
        Self { weights, way: Way::Turned(target) }
    }

    fn windows(geometry: &Geometry, weight: &[f32], lanes: usize) -> Self {
        let (sources, columns) = (geometry.sources(), geometry.fan_in());
        // In the order (row, column, channel) of a window.
        let weight: Vec<f32> = weight
            .chunks_exact(columns)
            .flat_map(|weight| sources.iter().map(|&source| weight[source]))
            .collect();
        let runs = Runs { distances: vec![0], run: geometry.outputs };
        let rows: Vec<usize> = (0..geometry.outputs).map(|output| output * columns).collect();
        let weights = PackedWeights::new(&weight, (columns, 1), (&runs, &rows), &[], lanes);
        Self { weights, way: Way::Windows(geometry.padded()) }
    }

    /// Writes the gradients of the group's input channels of some images.
    ///
    /// - convolved: `[images, pixels, width]`
    /// - gradients: `[images, height, width, groups, channels]`
    #[inline(always)]
    pub(crate) fn compute<S: Simd>(
        &self,
        simd: S,
        geometry: &Geometry,
        channels: Channels,
        convolved: &[f32],
        gradients: &mut [f32],
    ) {
        let unit = geometry.unit();
        let (rows, padded) = match self.way {
            Way::Turned(padded) => (padded.starts(unit, geometry.input, 1), padded),
            Way::Windows(padded) => {
                ((0..unit * geometry.pixels()).map(|row| row * channels.width).collect(), padded)
            }
        };
        let pixels = rows.len() / unit;
        let mut padded_images = vec![0.0; unit * padded.size()];
        let mut outputs = vec![0.0; rows.len() * self.weights.width()];
        let units = convolved.chunks(unit * geometry.pixels() * channels.width);
        let targets = gradients.chunks_mut(unit * geometry.input_size());
        for (convolved, target) in units.zip(targets) {
            let images = convolved.chunks_exact(geometry.pixels() * channels.width);
            let rows = &rows[..images.len() * pixels];
            let outputs = &mut outputs[..rows.len() * self.weights.width()];
            let unpadded = target.chunks_exact_mut(geometry.input_size());
            if let Way::Turned(_) = self.way {
                let spread = padded_images.chunks_exact_mut(padded.size());
                for (image, spread) in images.zip(spread) {
                    let size = geometry.convolved;
                    geometry.spread().copy(image, size, channels.width, spread);
                }
                let values = &padded_images;
                Product { values, rows, weights: &self.weights, outputs }.with_simd(simd);
                let images = outputs.chunks_exact(pixels * self.weights.width());
                for (image, unpadded) in images.zip(unpadded) {
                    let view = View { width: self.weights.width(), row: 0, first: 0 };
                    view.copy(geometry, channels.group, image, unpadded);
                }
            } else {
                let values = convolved;
                Product { values, rows, weights: &self.weights, outputs }.with_simd(simd);
                let images = outputs.chunks_exact(pixels * self.weights.width());
                let padded_images = padded_images.chunks_exact_mut(padded.size());
                for ((windows, image), unpadded) in images.zip(padded_images).zip(unpadded) {
                    image.fill(0.0);
                    add_windows(geometry, windows, self.weights.width(), image);
                    let first = geometry.padding * (padded.width + 1) * padded.channels;
                    let row = 2 * geometry.padding * padded.channels;
                    let view = View { width: padded.channels, row, first };
                    view.copy(geometry, channels.group, image, unpadded);
                }
            }
        }
    }
}

/// Multiply-adds of vectors in the time in which a vector is added to an image: loads, an addition
/// and a store, measured.
const ADDITION: usize = 10;

/// Whether adding windows is cheaper.
///
/// Counts vectors of 16 values whatever the CPU has, so that all CPUs choose the same way.
fn windows_are_cheaper(geometry: &Geometry) -> bool {
    let vectors = |count: usize| count.div_ceil(16);
    let Geometry { input, outputs, channels, .. } = geometry;
    let positions = geometry.kernel[0] * geometry.kernel[1];
    let turned = input[0] * input[1] * positions * outputs * vectors(*channels);
    let products = outputs * vectors(geometry.fan_in());
    let windows = geometry.pixels() * (products + ADDITION * positions * vectors(*channels));
    windows < turned
}

/// Pixels of an image.
struct View {
    /// Distance of neighboring pixels of a row.
    width: usize,
    /// Values between the rows.
    row: usize,
    /// Where the first pixel is.
    first: usize,
}

impl View {
    /// Copies the channels of all pixels to those of one group of an image.
    #[inline(always)]
    fn copy(&self, geometry: &Geometry, group: usize, image: &[f32], target: &mut [f32]) {
        let Geometry { channels, groups, input: [height, width], .. } = *geometry;
        let (mut from, mut to) = (self.first, group * channels);
        for _ in 0..height {
            for _ in 0..width {
                copy_values(&image[from..from + channels], &mut target[to..to + channels]);
                from += self.width;
                to += channels * groups;
            }
            from += self.row;
        }
    }
}

//! The gradient of a convolution's input, in the cheaper of two ways.

use pulp::{Simd, WithSimd};

use super::geometry::{Geometry, Padded};
use super::padding::col2im;
use super::pooling::Channels;
use super::product::{PackedWeights, Product, Runs};
use super::simd::copy_values;

/// Computes the gradient of the input of one group from those of the convolution's outputs.
pub(crate) struct InputGradient {
    weights: PackedWeights,
    method: Method,
}

enum Method {
    /// A convolution with the kernel flipped, of the outputs' gradients with zeros around and
    /// between them. It multiplies by these zeros.
    FlippedKernel(Padded),
    /// For each output pixel, the product with all weights is the gradient of its window. The
    /// windows are added to the padded input. This costs additions.
    Col2im(Padded),
}

impl InputGradient {
    /// Packs the weights, `[outputs, channels, height, width]`.
    pub(crate) fn new(geometry: &Geometry, weight: &[f32], lanes: usize) -> Self {
        if col2im_is_cheaper(geometry) {
            return Self::col2im(geometry, weight, lanes);
        }
        let target = geometry.dilation().target;
        let runs = target.runs(geometry.kernel);
        let positions = geometry.kernel[0] * geometry.kernel[1];
        let sources = geometry.flipped_sources();
        let matrix = (geometry.channels, positions);
        let weights = PackedWeights::new(weight, matrix, (&runs, &sources), &[], lanes);
        Self { weights, method: Method::FlippedKernel(target) }
    }

    fn col2im(geometry: &Geometry, weight: &[f32], lanes: usize) -> Self {
        let (sources, columns) = (geometry.sources(), geometry.fan_in());
        // In the order (row, column, channel) of a window.
        let weight: Vec<f32> = weight
            .chunks_exact(columns)
            .flat_map(|weight| sources.iter().map(|&source| weight[source]))
            .collect();
        let runs = Runs { distances: vec![0], run: geometry.outputs };
        let rows: Vec<usize> = (0..geometry.outputs).map(|output| output * columns).collect();
        let weights = PackedWeights::new(&weight, (columns, 1), (&runs, &rows), &[], lanes);
        Self { weights, method: Method::Col2im(geometry.padded()) }
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
        let (rows, padded) = match self.method {
            Method::FlippedKernel(padded) => (padded.starts(unit, geometry.input, 1), padded),
            Method::Col2im(padded) => {
                ((0..unit * geometry.pixels()).map(|row| row * channels.width).collect(), padded)
            }
        };
        let width = self.weights.width();
        let mut images = vec![0.0; unit * padded.size()];
        let mut outputs = vec![0.0; rows.len() * width];
        let convolved_size = geometry.pixels() * channels.width;
        let units = convolved.chunks(unit * convolved_size);
        for (convolved, target) in units.zip(gradients.chunks_mut(unit * geometry.input_size())) {
            let rows = &rows[..convolved.len() / convolved_size * rows.len() / unit];
            let outputs = &mut outputs[..rows.len() * width];
            let is_flipped = matches!(self.method, Method::FlippedKernel(_));
            if is_flipped {
                dilate(geometry, channels.width, convolved, &mut images);
            }
            let values = if is_flipped { &images } else { convolved };
            let is_started = false;
            Product { values, rows, weights: &self.weights, is_started, outputs }.with_simd(simd);
            if is_flipped {
                let size = geometry.input[0] * geometry.input[1] * width;
                let view = View { size, width, row: 0, first: 0 };
                view.copy_all(geometry, channels.group, outputs, target);
                continue;
            }
            images.fill(0.0);
            let windows = outputs.chunks_exact(geometry.pixels() * width);
            for (windows, image) in windows.zip(images.chunks_exact_mut(padded.size())) {
                col2im(geometry, windows, width, image);
            }
            View::unpadded(geometry, padded).copy_all(geometry, channels.group, &images, target);
        }
    }
}

/// Copies the gradients of the outputs to images with zeros around and between them.
fn dilate(geometry: &Geometry, width: usize, convolved: &[f32], images: &mut [f32]) {
    let dilation = geometry.dilation();
    let convolved = convolved.chunks_exact(geometry.pixels() * width);
    for (convolved, image) in convolved.zip(images.chunks_exact_mut(dilation.target.size())) {
        dilation.copy(convolved, geometry.convolved, width, image);
    }
}

/// Multiply-adds of vectors in the time in which a vector is added to an image: loads, an addition
/// and a store, measured.
const ADDITION: usize = 10;

/// Whether adding windows is cheaper.
///
/// Counts vectors of 16 values whatever the CPU has, so that all CPUs choose the same way.
fn col2im_is_cheaper(geometry: &Geometry) -> bool {
    let vectors = |count: usize| count.div_ceil(16);
    let Geometry { input, outputs, channels, .. } = geometry;
    let positions = geometry.kernel[0] * geometry.kernel[1];
    let turned = input[0] * input[1] * positions * outputs * vectors(*channels);
    let products = outputs * vectors(geometry.fan_in());
    let windows = geometry.pixels() * (products + ADDITION * positions * vectors(*channels));
    windows < turned
}

/// Pixels of images.
struct View {
    /// Values of an image.
    size: usize,
    /// Distance of neighboring pixels of a row.
    width: usize,
    /// Values between the rows.
    row: usize,
    /// Where the first pixel is.
    first: usize,
}

impl View {
    /// The pixels of padded images without the padding.
    fn unpadded(geometry: &Geometry, padded: Padded) -> Self {
        Self {
            size: padded.size(),
            width: padded.channels,
            row: 2 * geometry.padding * padded.channels,
            first: geometry.padding * (padded.width + 1) * padded.channels,
        }
    }

    /// Copies the channels of all pixels of images to those of one group.
    #[inline(always)]
    fn copy_all(&self, geometry: &Geometry, group: usize, images: &[f32], target: &mut [f32]) {
        let images = images.chunks_exact(self.size);
        for (image, target) in images.zip(target.chunks_exact_mut(geometry.input_size())) {
            self.copy(geometry, group, image, target);
        }
    }

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

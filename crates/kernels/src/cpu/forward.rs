//! The forward pass of a layer.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::geometry::Geometry;
use super::pooling::{Channels, relu_and_pool};
use super::product::{PackedWeights, Product};
use super::simd::{arch, lanes};

/// The output of a layer, `[images, height, width, channels]`, and the indices of max pooling if
/// they are wanted.
///
/// # Shapes
/// - input: `[images, height, width, channels]`
/// - weight: `[out, channels / groups, height, width]`; bias: `[out]`
pub(crate) fn forward(
    geometry: &Geometry,
    input: &[f32],
    weight: &[f32],
    bias: &[f32],
    with_indices: bool,
) -> (Vec<f32>, Vec<u32>) {
    let weights = pack(geometry, weight, bias);
    let mut output = vec![0.0; geometry.images * geometry.output_size()];
    let indices_size = if with_indices { geometry.output_size() } else { 0 };
    let mut indices = vec![0; geometry.images * indices_size];
    let threads = rayon::current_num_threads();
    let images = geometry.images.div_ceil(threads).max(1);
    let run = |input: &[f32], output: &mut [f32], indices: &mut [u32]| {
        arch().dispatch(Forward { geometry, weights: &weights, input, output, indices });
    };
    if threads == 1 || geometry.images < 2 {
        run(input, &mut output, &mut indices);
        return (output, indices);
    }
    let inputs = input.par_chunks(images * geometry.input_size());
    let outputs = output.par_chunks_mut(images * geometry.output_size());
    if with_indices {
        let indices = indices.par_chunks_mut(images * indices_size);
        inputs.zip(outputs).zip(indices).for_each(|((input, output), indices)| {
            run(input, output, indices);
        });
    } else {
        inputs.zip(outputs).for_each(|(input, output)| run(input, output, &mut []));
    }
    (output, indices)
}

/// The packed weights of each group.
fn pack(geometry: &Geometry, weight: &[f32], bias: &[f32]) -> Vec<PackedWeights> {
    let (runs, sources) = (geometry.runs(), geometry.sources());
    let group = |group: usize| {
        PackedWeights::new(
            &weight[group * geometry.weights()..][..geometry.weights()],
            (geometry.outputs, geometry.fan_in()),
            (&runs, &sources),
            &bias[group * geometry.outputs..][..geometry.outputs],
            lanes(),
        )
    };
    (0..geometry.groups).map(group).collect()
}

/// The forward pass of some images.
struct Forward<'a> {
    geometry: &'a Geometry,
    weights: &'a [PackedWeights],
    input: &'a [f32],
    output: &'a mut [f32],
    /// Empty if they are not wanted.
    indices: &'a mut [u32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { geometry, weights, input, output, indices } = self;
        let unit = geometry.unit();
        let rows = geometry.rows(unit);
        let width = weights[0].width();
        let mut padded = vec![0.0; unit * geometry.padded().size()];
        let mut convolved = vec![0.0; rows.len() * width];
        let mut indices = indices;
        let inputs = input.chunks(unit * geometry.input_size());
        for (input, output) in inputs.zip(output.chunks_mut(unit * geometry.output_size())) {
            let size = output.len().min(indices.len());
            let (unit_indices, rest) = std::mem::take(&mut indices).split_at_mut(size);
            indices = rest;
            let images = input.len() / geometry.input_size();
            let rows = &rows[..images * geometry.pixels()];
            let convolved = &mut convolved[..rows.len() * width];
            for (group, weights) in weights.iter().enumerate() {
                let values = if geometry.is_input_unpadded() {
                    input
                } else {
                    geometry.pad(input, group, &mut padded);
                    &padded
                };
                Product { values, rows, weights, is_started: false, outputs: convolved }
                    .with_simd(simd);
                let channels = Channels { group, width };
                relu_and_pool(simd, geometry, channels, convolved, output, unit_indices);
            }
        }
    }
}

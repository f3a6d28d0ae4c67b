//! Fully connected layers: products of two matrices.

use rayon::prelude::*;

use super::backward::{LayerGradients, Wanted};
use super::panels::Panels;
use super::product::{PackedWeights, Product, Runs};
use super::simd::{arch, lanes};
use super::transpose::transpose;
use super::transposed_product::TransposedProduct;

/// The sizes of a fully connected layer on one batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FullyConnected {
    pub(crate) images: usize,
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
    pub(crate) relu: bool,
}

impl FullyConnected {
    /// The sizes for an input `[batch, channels, height, width]` and weights `[out, inputs, 1, 1]`.
    ///
    /// # Panics
    /// When the shapes do not fit together.
    pub(crate) fn new(input: [usize; 4], weight: [usize; 4], relu: bool) -> Self {
        let ([images, shape @ ..], [outputs, weights @ ..]) = (input, weight);
        let inputs = shape.iter().product();
        assert_eq!(weights, [inputs, 1, 1], "weights of an input {input:?}");
        Self { images, inputs, outputs, relu }
    }

    /// The output, `[images, outputs]`.
    ///
    /// # Shapes
    /// - input: `[images, inputs]`; weight: `[outputs, inputs]`; bias: `[outputs]`
    pub(crate) fn forward(&self, input: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
        let Self { images, inputs, outputs, relu } = *self;
        if images == 0 {
            return Vec::new();
        }
        let (runs, sources) = (contiguous(inputs), (0..inputs).collect::<Vec<_>>());
        let pack = |matrix, rows, start| {
            PackedWeights::new(matrix, (rows, inputs), (&runs, &sources), start, lanes())
        };
        let mut output = if images < outputs {
            // The transposed product has the same bits, and packs the smaller matrix.
            let packed = pack(input, images, &[]);
            let width = packed.width();
            let mut transposed: Vec<f32> =
                bias.iter().flat_map(|bias| std::iter::repeat_n(*bias, width)).collect();
            multiply(weight, inputs, &packed, true, &mut transposed);
            let mut output = vec![0.0; images * outputs];
            transpose(&transposed, width, &mut output);
            output
        } else {
            let packed = pack(weight, outputs, bias);
            let width = packed.width();
            let mut padded = vec![0.0; images * width];
            multiply(input, inputs, &packed, false, &mut padded);
            without_padding(padded, width, outputs)
        };
        if relu {
            // NaN stays what it is.
            for value in &mut output {
                *value = if *value < 0.0 { 0.0 } else { *value };
            }
        }
        output
    }

    /// The gradients of input, weights and biases, from those of the output.
    ///
    /// # Shapes
    /// - input: `[images, inputs]`; weight: `[outputs, inputs]`; output, gradients: `[images,
    ///   outputs]`
    pub(crate) fn backward(
        &self,
        input: &[f32],
        weight: &[f32],
        output: &[f32],
        gradients: &[f32],
        wanted: Wanted,
    ) -> LayerGradients {
        let mut gradients = gradients.to_vec();
        if self.relu {
            for (gradient, value) in gradients.iter_mut().zip(output) {
                *gradient = if *value <= 0.0 { 0.0 } else { *gradient };
            }
        }
        let mut found = LayerGradients { input: Vec::new(), weight: Vec::new(), bias: Vec::new() };
        if wanted.input {
            found.input = self.input_gradient(weight, &gradients);
        }
        if wanted.parameters {
            found.weight = self.weight_gradient(input, &gradients);
            found.bias = vec![0.0; self.outputs];
            for gradients in gradients.chunks_exact(self.outputs) {
                found.bias.iter_mut().zip(gradients).for_each(|(sum, value)| *sum += value);
            }
        }
        found
    }

    /// The gradient of the input, `[images, inputs]`.
    fn input_gradient(&self, weight: &[f32], gradients: &[f32]) -> Vec<f32> {
        let Self { images, inputs, outputs, .. } = *self;
        let mut transposed = vec![0.0; gradients.len()];
        transpose(gradients, outputs, &mut transposed);
        transposed_product(&transposed, images, weight, inputs)
    }

    /// The gradient of the weights, `[outputs, inputs]`. Its rows are the products of the gradients
    /// of an output with the inputs, so that they are in the order of the weights.
    fn weight_gradient(&self, input: &[f32], gradients: &[f32]) -> Vec<f32> {
        transposed_product(gradients, self.outputs, input, self.inputs)
    }
}

/// Rows that are multiplied before the next ones, if there are more rows than columns: the CPU prefetches
/// from about so many rows at the same time.
const BLOCK: usize = 32;

/// `leftᵀ x right`, `[columns, width]`, on all threads.
///
/// # Shapes
/// - left: `[rows, columns]`; right: `[rows, width]`
fn transposed_product(left: &[f32], columns: usize, right: &[f32], width: usize) -> Vec<f32> {
    if left.is_empty() {
        return vec![0.0; columns * width];
    }
    let panels = Panels::new(width, lanes());
    let padded;
    let right = if panels.width == width {
        right
    } else {
        padded = with_padding(right, width, panels.width);
        &padded
    };
    let starts: Vec<usize> = (0..left.len()).step_by(columns).collect();
    let mut sums = vec![0.0; columns * panels.width];
    let count = columns.div_ceil(rayon::current_num_threads());
    let block = if starts.len() > columns { BLOCK } else { starts.len() };
    let part = |(number, sums): (usize, &mut [f32])| {
        for (rows, right) in starts.chunks(block).zip(right.chunks(block * panels.width)) {
            arch().dispatch(TransposedProduct {
                left,
                rows,
                runs: &contiguous(columns),
                part: number * count..columns.min((number + 1) * count),
                right,
                panels: &panels,
                sums: &mut *sums,
                continues: true,
            });
        }
    };
    if count == columns {
        part((0, &mut sums));
    } else {
        sums.par_chunks_mut(count * panels.width).enumerate().for_each(part);
    }
    without_padding(sums, panels.width, width)
}

/// Multiplies rows of `depth` values by the weights, on all threads. `outputs`: `[rows, width]`.
fn multiply(
    rows: &[f32],
    depth: usize,
    weights: &PackedWeights,
    is_started: bool,
    outputs: &mut [f32],
) {
    let (width, count) = (weights.width(), rows.len() / depth);
    let part = count.div_ceil(rayon::current_num_threads()).max(1);
    let multiply = |(rows, outputs): (&[f32], &mut [f32])| {
        let starts: Vec<usize> = (0..rows.len()).step_by(depth).collect();
        arch().dispatch(Product { values: rows, rows: &starts, weights, is_started, outputs });
    };
    if part >= count {
        multiply((rows, outputs));
    } else {
        let parts = outputs.par_chunks_mut(part * width);
        rows.par_chunks(part * depth).zip(parts).for_each(multiply);
    }
}

fn contiguous(run: usize) -> Runs {
    Runs { distances: vec![0], run }
}

/// The first `columns` values of each row of `width`.
fn without_padding(values: Vec<f32>, width: usize, columns: usize) -> Vec<f32> {
    if width == columns {
        return values;
    }
    values.chunks_exact(width).flat_map(|row| &row[..columns]).copied().collect()
}

/// Rows of `columns` values, with zeros up to `width`.
fn with_padding(values: &[f32], columns: usize, width: usize) -> Vec<f32> {
    let mut padded = vec![0.0; values.len() / columns * width];
    for (padded, row) in padded.chunks_exact_mut(width).zip(values.chunks_exact(columns)) {
        padded[..columns].copy_from_slice(row);
    }
    padded
}

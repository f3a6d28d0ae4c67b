//! The backward pass of a layer.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::geometry::Geometry;
use super::input_gradient::InputGradient;
use super::panels::Panels;
use super::pooling::{Active, Channels, relu_and_pool_backward};
use super::product::Runs;
use super::simd::{arch, lanes};
use super::transposed_product::TransposedProduct;

/// What the backward pass needs of the forward pass.
pub(crate) struct Saved<'a> {
    /// `[images, height, width, channels]`.
    pub(crate) input: &'a [f32],
    /// `[out, channels / groups, height, width]`.
    pub(crate) weight: &'a [f32],
    pub(crate) active: Active<'a>,
}

/// The gradients of a layer's input, weights and biases.
pub(crate) struct LayerGradients {
    /// `[images, height, width, channels]`; empty if it was not wanted.
    pub(crate) input: Vec<f32>,
    /// `[out, channels / groups, height, width]`; empty if it was not wanted.
    pub(crate) weight: Vec<f32>,
    /// `[out]`; empty if the weights' was not wanted.
    pub(crate) bias: Vec<f32>,
}

/// Which gradients are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) input: bool,
    pub(crate) parameters: bool,
}

/// The gradients of a layer, from those of its output, `[images, height, width, channels]`.
pub(crate) fn backward(
    geometry: &Geometry,
    saved: &Saved<'_>,
    gradients: &[f32],
    wanted: Wanted,
) -> LayerGradients {
    let of_inputs = if wanted.input { geometry.images * geometry.input_size() } else { 0 };
    let mut input = vec![0.0; of_inputs];
    let mut parameters = Vec::new();
    for group in 0..geometry.groups {
        let pass = GroupPass::new(geometry, saved, group, gradients, wanted);
        parameters.extend(pass.run(&mut input));
    }
    let mut weight = Vec::new();
    let mut bias = Vec::new();
    for ParameterGradients { weight: group_weight, bias: group_bias } in parameters {
        weight.extend(group_weight);
        bias.extend(group_bias);
    }
    LayerGradients { input, weight, bias }
}

/// The gradients of one group's weights, in their order, and biases.
struct ParameterGradients {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// The backward pass of one group of channels.
struct GroupPass<'a> {
    geometry: &'a Geometry,
    saved: &'a Saved<'a>,
    group: usize,
    gradients: &'a [f32],
    wanted: Wanted,
    runs: Runs,
    panels: Panels,
    /// The gradient of the input; none if it is not wanted.
    input_pass: Option<InputGradient>,
}

impl<'a> GroupPass<'a> {
    fn new(
        geometry: &'a Geometry,
        saved: &'a Saved<'a>,
        group: usize,
        gradients: &'a [f32],
        wanted: Wanted,
    ) -> Self {
        let panels = Panels::new(geometry.outputs, lanes());
        let weight = &saved.weight[group * geometry.weights()..][..geometry.weights()];
        let input_pass = wanted.input.then(|| InputGradient::new(geometry, weight, panels.lanes));
        let runs = geometry.runs();
        Self { geometry, saved, group, gradients, wanted, runs, panels, input_pass }
    }

    /// Writes the gradient of this group's input channels and returns those of its parameters.
    fn run(&self, input_gradients: &mut [f32]) -> Option<ParameterGradients> {
        let geometry = self.geometry;
        let threads = rayon::current_num_threads();
        // One unit after another on one thread, so that its values stay in the caches.
        let block = geometry.unit() * if threads == 1 { 1 } else { 4 * threads };
        let block = block.min(geometry.images.max(1));
        let width = self.panels.width;
        let mut convolved = vec![0.0; block * geometry.pixels() * width];
        let copies = self.wanted.parameters && !geometry.is_input_unpadded();
        let mut padded = vec![0.0; if copies { block * geometry.padded().size() } else { 0 }];
        let parameters = if self.wanted.parameters { self.runs.depth() * width } else { 0 };
        let mut sums = vec![0.0; parameters];
        let mut bias_sums = vec![0.0; width];
        for from in (0..geometry.images).step_by(block) {
            let images = from..geometry.images.min(from + block);
            let convolved = &mut convolved[..images.len() * geometry.pixels() * width];
            self.prepare(images.clone(), convolved, &mut padded, input_gradients);
            if self.wanted.parameters {
                let values = if copies {
                    padded.as_slice()
                } else {
                    &self.saved.input[images.start * geometry.input_size()..]
                };
                self.add_weight_gradients(images.len(), values, convolved, &mut sums);
                for unit in convolved.chunks(geometry.unit() * geometry.pixels() * width) {
                    add_bias_gradients(unit, &mut bias_sums);
                }
            }
        }
        self.wanted.parameters.then(|| {
            bias_sums.truncate(geometry.outputs);
            ParameterGradients { weight: self.unpack(&sums), bias: bias_sums }
        })
    }

    /// Computes the gradients of the outputs before `ReLU` and pooling and that of the input, and
    /// copies the padded inputs.
    fn prepare(
        &self,
        images: Range<usize>,
        convolved: &mut [f32],
        padded: &mut [f32],
        input_gradients: &mut [f32],
    ) {
        let geometry = self.geometry;
        let sizes = PartSizes {
            convolved: geometry.pixels() * self.panels.width,
            padded: if padded.is_empty() { 0 } else { geometry.padded().size() },
            input: if self.wanted.input { geometry.input_size() } else { 0 },
        };
        let count = images.len().div_ceil(rayon::current_num_threads()).max(1);
        let mut parts = Vec::new();
        let (mut convolved, mut padded) = (convolved, padded);
        let mut input_gradients = &mut input_gradients[images.start * sizes.input..];
        for from in images.clone().step_by(count) {
            let images = from..images.end.min(from + count);
            let part = Part {
                pass: self,
                convolved: convolved.split_off_mut(..images.len() * sizes.convolved).expect(SIZED),
                padded: padded.split_off_mut(..images.len() * sizes.padded).expect(SIZED),
                input_gradients: input_gradients
                    .split_off_mut(..images.len() * sizes.input)
                    .expect(SIZED),
                images,
            };
            parts.push(part);
        }
        match parts.len() {
            1 => parts.into_iter().for_each(|part| arch().dispatch(part)),
            _ => parts.into_par_iter().for_each(|part| arch().dispatch(part)),
        }
    }

    /// Adds the gradients of the weights, unit after unit.
    fn add_weight_gradients(
        &self,
        images: usize,
        values: &[f32],
        gradients: &[f32],
        sums: &mut [f32],
    ) {
        let (geometry, width) = (self.geometry, self.panels.width);
        let image_size = geometry.padded().size();
        let rows = geometry.rows(geometry.unit());
        let depth = self.runs.depth();
        let count = depth.div_ceil(rayon::current_num_threads());
        let part = |(number, sums): (usize, &mut [f32])| {
            for from in (0..images).step_by(geometry.unit()) {
                let images = geometry.unit().min(images - from);
                let pixels = images * geometry.pixels();
                arch().dispatch(TransposedProduct {
                    left: &values[from * image_size..][..images * image_size],
                    rows: &rows[..pixels],
                    runs: &self.runs,
                    part: number * count..depth.min((number + 1) * count),
                    right: &gradients[from * geometry.pixels() * width..][..pixels * width],
                    panels: &self.panels,
                    sums,
                    continues: false,
                });
            }
        };
        if count == depth {
            part((0, sums));
        } else {
            sums.par_chunks_mut(count * width).enumerate().for_each(part);
        }
    }

    /// The gradients of the weights in the order of the weights.
    fn unpack(&self, sums: &[f32]) -> Vec<f32> {
        let geometry = self.geometry;
        let mut weight = vec![0.0; geometry.weights()];
        let rows = sums.chunks_exact(self.panels.width);
        for (source, sums) in geometry.sources().into_iter().zip(rows) {
            let weights = weight[source..].iter_mut().step_by(geometry.fan_in());
            weights.zip(sums).for_each(|(weight, sum)| *weight = *sum);
        }
        weight
    }
}

/// Why a part's slices exist.
const SIZED: &str = "the slices are as long as their images need";

/// Values of one image in each of a part's slices.
struct PartSizes {
    convolved: usize,
    padded: usize,
    input: usize,
}

/// Adds the sum over the pixels of a unit.
fn add_bias_gradients(convolved: &[f32], sums: &mut [f32]) {
    let mut unit = vec![0.0; sums.len()];
    for row in convolved.chunks_exact(sums.len()) {
        unit.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
    sums.iter_mut().zip(&unit).for_each(|(sum, value)| *sum += value);
}

/// Some images of a block.
struct Part<'a> {
    pass: &'a GroupPass<'a>,
    images: Range<usize>,
    /// Gradients of the outputs before `ReLU` and pooling.
    convolved: &'a mut [f32],
    /// Padded inputs; empty if they are not copied.
    padded: &'a mut [f32],
    /// Empty if it is not wanted.
    input_gradients: &'a mut [f32],
}

impl WithSimd for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { pass, images, convolved, padded, input_gradients } = self;
        let GroupPass { geometry, saved, group, ref panels, .. } = *pass;
        let (input_size, output_size) = (geometry.input_size(), geometry.output_size());
        let gradients = &pass.gradients[images.start * output_size..images.end * output_size];
        let active = saved.active.images(images.clone(), output_size);
        let channels = Channels { group, width: panels.width };
        relu_and_pool_backward(simd, geometry, channels, gradients, &active, convolved);
        if !padded.is_empty() {
            let input = &saved.input[images.start * input_size..images.end * input_size];
            geometry.pad(input, group, padded);
        }
        if let Some(input_pass) = &pass.input_pass {
            input_pass.compute(simd, geometry, channels, convolved, input_gradients);
        }
    }
}

//! The CPU's kernels on burn's tensors.

use std::borrow::Cow;

use burn::backend::flex::{Flex, FlexTensor, Layout};
use burn::tensor::{Shape, TensorData};

use super::Kernels;
use crate::cpu::fully_connected::FullyConnected;
use crate::cpu::geometry::Geometry;
use crate::cpu::transpose::transpose;
use crate::cpu::{forward, local_response_norm, sgd};
use crate::{LayerOptions, LocalResponseNorm, Operation, SgdStep};

impl Kernels for Flex {
    fn layer(
        input: FlexTensor,
        weight: FlexTensor,
        bias: FlexTensor,
        options: LayerOptions,
    ) -> FlexTensor {
        layer_with_indices(&input, &weight, &bias, options, false).0
    }

    fn local_response_norm(input: FlexTensor, options: LocalResponseNorm) -> FlexTensor {
        let [_, channels, ..] = shape(&input);
        let output = local_response_norm::forward(options, channels, &channels_last(&input));
        from_channels_last(output, shape(&input))
    }

    fn sgd_step(
        weight: FlexTensor,
        velocity: FlexTensor,
        gradient: FlexTensor,
        options: SgdStep,
    ) -> (FlexTensor, FlexTensor) {
        // The buffers of the velocity and of the gradient are used again, if nothing else uses them.
        let [mut velocity, mut new] = [velocity, gradient].map(own_layout);
        sgd::step(options, &values(&weight), velocity.storage_mut(), new.storage_mut());
        (new, velocity)
    }
}

/// The output of a layer, and the indices of max pooling if they are wanted.
pub(super) fn layer_with_indices(
    input: &FlexTensor,
    weight: &FlexTensor,
    bias: &FlexTensor,
    options: LayerOptions,
    with_indices: bool,
) -> (FlexTensor, Vec<u32>) {
    let shapes = (shape(input), shape(weight));
    let (weight, bias) = (values(weight), values(bias));
    let geometry = match LayerGeometry::new(shapes.0, shapes.1, options) {
        LayerGeometry::Convolution(geometry) => geometry,
        LayerGeometry::FullyConnected(layer) => {
            let output = layer.forward(&values(input), &weight, &bias);
            let data = TensorData::new(output, [layer.images, layer.outputs, 1, 1]);
            return (FlexTensor::from_data(data), Vec::new());
        }
    };
    let (output, indices) =
        forward::forward(&geometry, &channels_last(input), &weight, &bias, with_indices);
    let [height, width] = geometry.output;
    let channels = geometry.outputs * geometry.groups;
    (from_channels_last(output, [geometry.images, channels, height, width]), indices)
}

/// The sizes of a layer.
pub(super) enum LayerGeometry {
    Convolution(Geometry),
    FullyConnected(FullyConnected),
}

impl LayerGeometry {
    pub(super) fn new(input: [usize; 4], weight: [usize; 4], options: LayerOptions) -> Self {
        let LayerOptions { operation, relu, pool } = options;
        match operation {
            Operation::Convolution { stride, padding, groups } => {
                let numbers = (stride, padding, groups);
                Self::Convolution(Geometry::new(input, weight, numbers, (relu, pool)))
            }
            Operation::FullyConnected => {
                assert_eq!(pool, None, "a fully connected layer has no pixels to pool");
                Self::FullyConnected(FullyConnected::new(input, weight, relu))
            }
        }
    }
}

/// The sizes of a tensor with four dimensions.
pub(super) fn shape(tensor: &FlexTensor) -> [usize; 4] {
    std::array::from_fn(|dimension| tensor.layout().shape()[dimension])
}

/// A tensor whose storage has its values only, in the order of its dimensions.
fn own_layout(tensor: FlexTensor) -> FlexTensor {
    let is_own = tensor
        .as_slice::<f32>()
        .is_some_and(|values| values.len() == tensor.storage::<f32>().len());
    if is_own { tensor } else { FlexTensor::from_data(tensor.into_data()) }
}

/// The values of a tensor in the order of its dimensions.
pub(super) fn values(tensor: &FlexTensor) -> Cow<'_, [f32]> {
    if let Some(values) = tensor.as_slice::<f32>() {
        return Cow::Borrowed(values);
    }
    let copy = tensor.to_contiguous();
    Cow::Owned(copy.as_slice::<f32>().expect("it was made contiguous").to_vec())
}

/// The values of a tensor `[batch, channels, height, width]` in the order `[batch, height, width,
/// channels]`. They are copied only if they are in another order.
pub(super) fn channels_last(tensor: &FlexTensor) -> Cow<'_, [f32]> {
    let sizes = shape(tensor);
    let [batch, channels, height, width] = sizes;
    let expected = [height * width * channels, 1, width * channels, channels];
    let strides = tensor.layout().strides();
    let is_last = (0..4).all(|dimension| {
        sizes[dimension] == 1 || strides[dimension] == expected[dimension].cast_signed()
    });
    if is_last {
        let start = tensor.layout().start_offset();
        let count = batch * channels * height * width;
        return Cow::Borrowed(&tensor.storage::<f32>()[start..start + count]);
    }
    let (values, size) = (values(tensor), channels * height * width);
    let mut target = vec![0.0; values.len()];
    for image in 0..batch {
        let image = image * size..(image + 1) * size;
        transpose(&values[image.clone()], height * width, &mut target[image]);
    }
    Cow::Owned(target)
}

/// A tensor `[batch, channels, height, width]` of values in the order `[batch, height, width,
/// channels]`.
pub(super) fn from_channels_last(values: Vec<f32>, sizes: [usize; 4]) -> FlexTensor {
    let [batch, channels, height, width] = sizes;
    let data = TensorData::new(values, [batch, height, width, channels]);
    let size = height * width * channels;
    let strides = [size, 1, width * channels, channels].map(usize::cast_signed);
    FlexTensor::from_data(data).with_layout(Layout::new(Shape::from(sizes), strides.to_vec(), 0))
}

//! The operations composed of burn's, for devices without a kernel of ours and to test the kernels.

use burn::nn::LocalResponseNormConfig;
use burn::tensor::activation::relu;
use burn::tensor::module::{conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{Tensor, TensorData};

use crate::{LayerOptions, LocalResponseNorm, Operation, Pool, SgdStep};

/// As [`crate::layer`].
#[must_use]
pub fn layer(
    input: Tensor<4>,
    weight: Tensor<4>,
    bias: Tensor<1>,
    options: LayerOptions,
) -> Tensor<4> {
    let mut output = match options.operation {
        Operation::Convolution { stride, padding, groups } => {
            let options = ConvOptions::new([stride; 2], [padding; 2], [1; 2], 1);
            grouped_convolution(input, weight, bias, options, groups)
        }
        Operation::FullyConnected => {
            let [batch, ..] = input.dims();
            let [out, ..] = weight.dims();
            let weight = weight.flatten::<2>(1, 3).transpose();
            let output = input.flatten::<2>(1, 3).matmul(weight) + bias.unsqueeze();
            output.reshape([batch, out, 1, 1])
        }
    };
    if options.relu {
        output = relu(output);
    }
    if let Some(Pool { size, stride }) = options.pool {
        output = max_pool2d(output, MaxPoolOptions::new([size; 2]).with_stride([stride; 2]));
    }
    output
}

/// The most multiplications by 0 of a forward pass. An estimate: forward and backward, a GPU of 20 trillion
/// multiplications a second does three times as many in 0.6 ms. Two convolutions of half the channels
/// instead take 35 more launches, about 1 ms.
const MOST_MULTIPLICATIONS_BY_ZERO: usize = 4_000_000_000;

/// A grouped convolution as ungrouped ones: on GPUs, burn 0.22 computes grouped convolutions without tensor
/// cores. A small one gets weights of 0 between the groups. A large one becomes a convolution for each group.
fn grouped_convolution(
    input: Tensor<4>,
    weight: Tensor<4>,
    bias: Tensor<1>,
    options: ConvOptions<2>,
    groups: usize,
) -> Tensor<4> {
    if groups == 1 {
        return conv2d(input, weight, Some(bias), options);
    }
    let [batch, _, rows, columns] = input.dims();
    let outputs = rows / options.stride[0] * (columns / options.stride[1]);
    let between_groups = batch * outputs * weight.dims().iter().product::<usize>() * (groups - 1);
    if between_groups <= MOST_MULTIPLICATIONS_BY_ZERO {
        return conv2d(input, ungrouped_weights(weight, groups), Some(bias), options);
    }
    convolution_for_each_group(input, weight, bias, &options, groups)
}

fn convolution_for_each_group(
    input: Tensor<4>,
    weight: Tensor<4>,
    bias: Tensor<1>,
    options: &ConvOptions<2>,
    groups: usize,
) -> Tensor<4> {
    let inputs = input.chunk(groups, 1).into_iter();
    let weights = weight.chunk(groups, 0).into_iter().zip(bias.chunk(groups, 0));
    let outputs = inputs
        .zip(weights)
        .map(|(input, (weight, bias))| conv2d(input, weight, Some(bias), options.clone()));
    Tensor::cat(outputs.collect(), 1)
}

/// `[out, channels / groups, height, width]` as `[out, channels, height, width]`, with 0 between the groups.
fn ungrouped_weights(weight: Tensor<4>, groups: usize) -> Tensor<4> {
    let [out, channels, height, width] = weight.dims();
    // A few numbers from the host: on GPUs, burn 0.22 takes five launches to count and compare.
    let same =
        (0..groups * groups).map(|at| if at / groups == at % groups { 1.0_f32 } else { 0.0 });
    let same = TensorData::new(same.collect::<Vec<f32>>(), [groups, 1, groups, 1, 1, 1]);
    let same = Tensor::<6>::from_data(same, (&weight.device(), weight.dtype()));
    let by_group = weight.reshape([groups, out / groups, 1, channels, height, width]);
    (by_group * same).reshape([out, groups * channels, height, width])
}

/// As [`LocalResponseNorm::forward`].
#[must_use]
pub fn local_response_norm(input: Tensor<4>, options: LocalResponseNorm) -> Tensor<4> {
    let LocalResponseNorm { size, alpha, k } = options;
    let config = LocalResponseNormConfig::new(size).with_alpha(f64::from(alpha));
    config.with_beta(0.75).with_k(f64::from(k)).init().forward(input)
}

/// As [`SgdStep::apply`].
#[must_use]
pub fn sgd_step<const D: usize>(
    weight: Tensor<D>,
    velocity: Option<Tensor<D>>,
    gradient: Tensor<D>,
    options: SgdStep,
) -> (Tensor<D>, Tensor<D>) {
    let gradient = match options.weight_decay {
        0.0 => gradient,
        decay => gradient + weight.clone().mul_scalar(decay),
    };
    let velocity = match velocity {
        Some(velocity) => velocity.mul_scalar(options.momentum) + gradient,
        None => gradient,
    };
    (weight - velocity.clone().mul_scalar(options.learning_rate), velocity)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Distribution};

    use super::*;

    #[test]
    fn both_ways_to_compute_groups_equal_burns_grouped_convolution() {
        let device = Device::flex();
        let random = |shape: [usize; 4]| {
            Tensor::<4>::random(shape, Distribution::Uniform(-1.0, 1.0), &device)
        };
        let (input, weight) = (random([2, 6, 7, 7]), random([8, 3, 3, 3]));
        let bias = Tensor::<1>::from_data([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], &device);
        let options = |groups| ConvOptions::new([2; 2], [1; 2], [1; 2], groups);
        let expected = conv2d(input.clone(), weight.clone(), Some(bias.clone()), options(2));
        let with_zeros = ungrouped_weights(weight.clone(), 2);
        let with_zeros = conv2d(input.clone(), with_zeros, Some(bias.clone()), options(1));
        let separate = convolution_for_each_group(input, weight, bias, &options(1), 2);
        for found in [with_zeros, separate] {
            let largest = (found - expected.clone()).abs().max().into_scalar::<f32>();
            assert!(largest < 1e-5, "{largest}");
        }
    }
}

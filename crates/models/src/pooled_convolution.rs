//! Fused convolution and max pooling, computed as one matrix product.

use burn::tensor::ops::PadMode;
use burn::tensor::{Tensor, s};

use crate::layer_config::Pool;

/// Computes a convolution and the max pooling of its output in one matrix product.
///
/// Each pooled output is the maximum of p² convolution outputs. These use the same small window of
/// the input, with the kernel at p² positions. The windows of all images are the columns of one
/// matrix. The rows of the other matrix are the kernels at the p² positions, padded with zeros to
/// the size of the window.
///
/// Multiplying by these zeros is wasteful. It pays off where gathering the input dominates the time
/// of a convolution: few channels, on a CPU. For finite values, the result is equal to convolution
/// and pooling up to rounding; adding the bias before or after the maximum gives the same bits.
///
/// # Shapes
/// - input: `[batch, channels, height, width]`; weight: `[out, channels, size, size]`; bias:
///   `[out]`
/// - output: `[batch, out, height, width]`, after pooling
pub(crate) fn pooled_convolution(
    input: Tensor<4>,
    weight: &Tensor<4>,
    bias: Tensor<1>,
    (stride, padding): (usize, usize),
    pool: Pool,
) -> Tensor<4> {
    let [batch, channels, ..] = input.dims();
    let [out, _, size, _] = weight.dims();
    // Side of the input window of one pooled output, and the stride of these windows.
    let (window, step) = (stride * (pool.size - 1) + size, stride * pool.stride);
    let input = match padding {
        0 => input,
        _ => input.pad((padding, padding, padding, padding), PadMode::Constant(0.0)),
    };
    let input = input.swap_dims(0, 1);
    let [_, _, height, width] = input.dims();
    let [rows, columns] = [height, width].map(|side| (side - window) / step + 1);
    let window_inputs = |(down, right): (usize, usize)| {
        let (last_row, last_column) = (step * (rows - 1) + 1, step * (columns - 1) + 1);
        let at = s![.., .., down..down + last_row;step, right..right + last_column;step];
        input.clone().slice(at).reshape([channels, batch * rows * columns])
    };
    let kernel = |(down, right): (usize, usize)| {
        let (above, left, margin) = (down * stride, right * stride, window - size);
        let sides = (left, margin - left, above, margin - above);
        let padded = weight.clone().pad(sides, PadMode::Constant(0.0));
        padded.permute([0, 2, 3, 1]).reshape([out, window * window * channels])
    };
    let window_inputs = Tensor::<2>::cat(positions(window).map(window_inputs).collect(), 0);
    let kernels = Tensor::<2>::cat(positions(pool.size).map(kernel).collect(), 0);
    let sums = kernels.matmul(window_inputs);
    let position_output = |number: usize| sums.clone().narrow(0, number * out, out);
    let rest = (1..pool.size * pool.size).map(position_output);
    let largest = rest.fold(position_output(0), Tensor::max_pair) + bias.reshape([out, 1]);
    largest.reshape([out, batch, rows, columns]).swap_dims(0, 1)
}

/// The positions (down, right) in a square, row by row.
fn positions(side: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..side).flat_map(move |down| (0..side).map(move |right| (down, right)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Initialization, NetworkConfig};
    use burn::tensor::module::{conv2d, max_pool2d};
    use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
    use burn::tensor::{Device, TensorData};
    use rand::RngExt;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn fused_pooling_equals_convolution_and_pooling() {
        let device = Device::flex();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut drawn = |shape: &[usize]| {
            let count = shape.iter().product();
            let values = (0..count).map(|_| rng.random_range(-1.0_f32..1.0)).collect::<Vec<_>>();
            TensorData::new(values, shape.to_vec())
        };
        // ([batch, channels, height, width], out, size, (stride, padding), (pool's size, its stride))
        let cases = [
            ([5, 1, 28, 28], 20, 5, (1, 0), (2, 2)),
            ([3, 3, 16, 15], 16, 3, (1, 1), (2, 2)),
            ([2, 2, 23, 21], 4, 4, (2, 1), (3, 2)),
            ([1, 1, 9, 9], 1, 3, (1, 2), (2, 3)),
            ([2, 1, 6, 6], 2, 6, (1, 0), (1, 1)),
        ];
        for case @ (shape, out, size, (stride, padding), (pool_size, pool_stride)) in cases {
            let input = Tensor::<4>::from_data(drawn(&shape), &device);
            let weight = Tensor::<4>::from_data(drawn(&[out, shape[1], size, size]), &device);
            let bias = Tensor::<1>::from_data(drawn(&[out]), &device);
            let options = ConvOptions::new([stride; 2], [padding; 2], [1; 2], 1);
            let plain = conv2d(input.clone(), weight.clone(), Some(bias.clone()), options);
            let options = MaxPoolOptions::new([pool_size; 2]).with_stride([pool_stride; 2]);
            let plain = max_pool2d(plain, options);
            let pool = Pool { size: pool_size, stride: pool_stride };
            let found = pooled_convolution(input, &weight, bias, (stride, padding), pool);
            assert_eq!(found.dims(), plain.dims(), "{case:?}");
            let difference = (found - plain).abs().max().into_scalar::<f32>();
            assert!(difference < 1e-5, "{difference} in {case:?}");
        }
    }

    #[test]
    fn infer_equals_forward() {
        let device = Device::flex();
        let networks =
            [("lenet", [1, 28, 28]), ("alexnet_small", [3, 16, 16]), ("mlp-9", [1, 4, 4])];
        for (name, input) in networks {
            let config = NetworkConfig {
                architecture: name.parse().unwrap(),
                input,
                classes: 7,
                width: 1.0,
                groups: true,
                local_response_norm: true,
                input_dropout: 0.0,
                dropout: 0.5,
            };
            let streams = |_: &str| ChaCha8Rng::seed_from_u64(3);
            let network = config.init(Initialization::He, streams, &device).unwrap().frozen();
            let is_at_once = network.layers()[0].fused_pooling(&device).is_some();
            assert_eq!(is_at_once, name != "mlp-9", "the first layer of {name}");
            let [channels, height, width] = input;
            let values: Vec<f32> =
                (0..4 * channels * height * width).map(|i| (i as f32 * 0.7).sin()).collect();
            let images = TensorData::new(values, [4, channels, height, width]);
            let images = Tensor::<4>::from_data(images, &device);
            let (plain, found) = (network.forward(images.clone()), network.infer(images));
            let largest = plain.clone().abs().max().into_scalar::<f32>();
            let difference = (found - plain).abs().max().into_scalar::<f32>();
            assert!(difference < 1e-5 * largest, "{difference} of {largest} in {name}");
        }
    }
}

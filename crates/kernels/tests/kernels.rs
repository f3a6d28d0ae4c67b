//! The CPU's kernels against burn's primitives, against finite differences, and their invariants.

use assay_kernels::{LayerOptions, LocalResponseNorm, Operation, Pool, SgdStep, layer, primitives};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// A layer on a batch: shapes `[batch, channels, height, width]` and `[out, in, height, width]`.
#[derive(Debug, Clone, Copy)]
struct Case {
    input: [usize; 4],
    weight: [usize; 4],
    options: LayerOptions,
}

fn convolution(
    input: [usize; 4],
    (out, kernel): (usize, [usize; 2]),
    (stride, padding, groups): (usize, usize, usize),
    relu: bool,
    pool: Option<(usize, usize)>,
) -> Case {
    let pool = pool.map(|(size, stride)| Pool { size, stride });
    let operation = Operation::Convolution { stride, padding, groups };
    let weight = [out, input[1] / groups, kernel[0], kernel[1]];
    Case { input, weight, options: LayerOptions { operation, relu, pool } }
}

fn fully_connected(input: [usize; 4], out: usize, relu: bool) -> Case {
    let options = LayerOptions { operation: Operation::FullyConnected, relu, pool: None };
    Case { input, weight: [out, input[1..].iter().product(), 1, 1], options }
}

/// Every combination that a network of this workspace uses, and some that none does.
fn cases() -> Vec<Case> {
    let no_pool = (true, None);
    let halved = (true, Some((2, 2)));
    let mut cases = Vec::new();
    for (input, filters, geometry, (relu, pool)) in [
        // The convolutions of alexnet_small, alexnet32, lenet and, with smaller images, alexnet.
        ([3, 3, 16, 16], (8, [3, 3]), (1, 1, 1), halved),
        ([5, 16, 16, 16], (32, [3, 3]), (1, 1, 2), halved),
        ([3, 32, 8, 8], (48, [3, 3]), (1, 1, 1), no_pool),
        ([2, 48, 8, 8], (48, [3, 3]), (1, 1, 2), no_pool),
        ([2, 3, 32, 32], (64, [5, 5]), (1, 2, 1), halved),
        ([2, 64, 8, 8], (128, [5, 5]), (1, 2, 2), halved),
        ([9, 1, 28, 28], (20, [5, 5]), (1, 0, 1), (false, Some((2, 2)))),
        ([3, 20, 12, 12], (50, [5, 5]), (1, 0, 1), (false, Some((2, 2)))),
        ([2, 3, 63, 63], (24, [11, 11]), (4, 0, 1), (true, Some((3, 2)))),
        ([2, 3, 64, 64], (16, [11, 11]), (4, 2, 1), (true, Some((3, 2)))),
        ([1, 24, 13, 13], (40, [5, 5]), (1, 2, 2), (true, Some((3, 2)))),
        // Odd numbers, unequal sides, strides that leave pixels out, pooling that leaves gaps.
        ([1, 1, 5, 5], (1, [3, 3]), (1, 1, 1), (false, None)),
        ([4, 6, 9, 7], (9, [3, 2]), (2, 1, 3), no_pool),
        ([2, 2, 10, 11], (5, [4, 4]), (3, 0, 1), (true, Some((2, 1)))),
        ([2, 5, 8, 9], (7, [1, 1]), (1, 0, 1), halved),
        ([2, 4, 8, 8], (6, [1, 1]), (2, 0, 2), (false, None)),
        ([1, 2, 7, 7], (3, [2, 2]), (1, 2, 1), (true, Some((2, 3)))),
        ([3, 4, 3, 3], (6, [3, 3]), (1, 0, 2), no_pool),
        ([300, 2, 3, 3], (4, [3, 3]), (1, 1, 1), halved),
    ] {
        cases.push(convolution(input, filters, geometry, relu, pool));
    }
    for (input, out, relu) in [
        ([16, 32, 4, 4], 128, true),
        ([300, 128, 1, 1], 100, false),
        ([5, 50, 4, 4], 500, true),
        ([1, 3, 2, 5], 1, false),
        ([7, 1100, 1, 1], 2, true),
    ] {
        cases.push(fully_connected(input, out, relu));
    }
    cases
}

fn draw(rng: &mut ChaCha8Rng, shape: &[usize]) -> TensorData {
    let count = shape.iter().product();
    let values: Vec<f32> = (0..count).map(|_| rng.random_range(-1.0..1.0)).collect();
    TensorData::new(values, shape.to_vec())
}

/// Input, weights, biases, and the gradient of the output.
struct Data {
    input: TensorData,
    weight: TensorData,
    bias: TensorData,
    gradient: Vec<f32>,
}

impl Data {
    fn draw(case: &Case, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Self {
            input: draw(&mut rng, &case.input),
            weight: draw(&mut rng, &case.weight),
            bias: draw(&mut rng, &case.weight[..1]),
            gradient: (0..1_000_000).map(|_| rng.random_range(-1.0..1.0)).collect(),
        }
    }
}

type LayerFunction = fn(Tensor<4>, Tensor<4>, Tensor<1>, LayerOptions) -> Tensor<4>;

/// Output, and the gradients of input, weights and biases.
fn run(case: &Case, data: &Data, function: LayerFunction) -> [Vec<f32>; 4] {
    let device = Device::flex().autodiff();
    let input = Tensor::<4>::from_data(data.input.clone(), &device).require_grad();
    let weight = Tensor::<4>::from_data(data.weight.clone(), &device).require_grad();
    let bias = Tensor::<1>::from_data(data.bias.clone(), &device).require_grad();
    let output = function(input.clone(), weight.clone(), bias.clone(), case.options);
    let shape = output.dims();
    let gradient = data.gradient[..shape.iter().product()].to_vec();
    let gradient = Tensor::<4>::from_data(TensorData::new(gradient, shape), &device);
    let gradients = (output.clone() * gradient).sum().backward();
    let vector = |data: TensorData| data.try_into_vec::<f32>().unwrap();
    [
        vector(output.into_data()),
        vector(input.grad(&gradients).unwrap().into_data()),
        vector(weight.grad(&gradients).unwrap().into_data()),
        vector(bias.grad(&gradients).unwrap().into_data()),
    ]
}

fn assert_close(found: &[f32], expected: &[f32], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(1e-3, |largest: f32, value| largest.max(value.abs()));
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            (found - expected).abs() <= 1e-5 * largest,
            "{what}, value {at}: {found} is not {expected}; the largest is {largest}"
        );
    }
}

#[test]
fn layers_equal_burns_primitives() {
    for case in cases() {
        let data = Data::draw(&case, 1);
        let found = run(&case, &data, layer);
        let expected = run(&case, &data, primitives::layer);
        let names = ["output", "gradient of input", "gradient of weights", "gradient of biases"];
        for ((found, expected), name) in found.iter().zip(&expected).zip(names) {
            assert_close(found, expected, &format!("{name} of {case:?}"));
        }
    }
}

/// The sum of the output times the gradient, in f64.
fn objective(case: &Case, data: &Data) -> f64 {
    let device = Device::flex();
    let tensor = |data: &TensorData| Tensor::<4>::from_data(data.clone(), &device);
    let bias = Tensor::from_data(data.bias.clone(), &device);
    let output = layer(tensor(&data.input), tensor(&data.weight), bias, case.options);
    let output = output.into_data().try_into_vec::<f32>().unwrap();
    output.iter().zip(&data.gradient).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// Changes one value and returns the change of the objective divided by that of the value.
fn slope(case: &Case, data: &mut Data, part: usize, at: usize) -> f64 {
    let mut moved = |step: f32| {
        let tensor = [&mut data.input, &mut data.weight, &mut data.bias][part].clone();
        let shape = tensor.shape().clone();
        let mut values = tensor.clone().try_into_vec::<f32>().unwrap();
        values[at] += step;
        *[&mut data.input, &mut data.weight, &mut data.bias][part] = TensorData::new(values, shape);
        let objective = objective(case, data);
        *[&mut data.input, &mut data.weight, &mut data.bias][part] = tensor;
        objective
    };
    let step = 1e-3;
    (moved(step) - moved(-step)) / f64::from(2.0 * step)
}

#[test]
fn gradients_equal_finite_differences() {
    for case in cases() {
        let mut data = Data::draw(&case, 2);
        let [_, gradients @ ..] = run(&case, &data, layer);
        let mut differing = 0;
        let mut compared = 0;
        for (part, gradient) in gradients.iter().enumerate() {
            for at in (0..gradient.len()).step_by(gradient.len().div_ceil(7)) {
                let expected = slope(&case, &mut data, part, at);
                let error = (f64::from(gradient[at]) - expected).abs();
                differing += usize::from(error > 2e-2 * (1.0 + expected.abs()));
                compared += 1;
            }
        }
        // A step can cross a kink of ReLU or pooling: few do.
        assert!(differing * 4 <= compared, "{differing} of {compared} differ in {case:?}");
    }
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    for case in cases() {
        let data = Data::draw(&case, 3);
        let on = |threads| pool(threads).install(|| run(&case, &data, layer));
        let expected = on(1);
        for threads in [2, 3, 7] {
            for (found, expected) in on(threads).iter().zip(&expected) {
                assert_eq!(bits(found), bits(expected), "{threads} threads, {case:?}");
            }
        }
    }
}

#[test]
fn the_batch_of_an_image_changes_no_bit_of_its_output() {
    let device = Device::flex();
    for case in cases() {
        let data = Data::draw(&case, 4);
        let images = Tensor::<4>::from_data(data.input.clone(), &device);
        let weight = Tensor::<4>::from_data(data.weight.clone(), &device);
        let bias = Tensor::<1>::from_data(data.bias.clone(), &device);
        let output = |images| layer(images, weight.clone(), bias.clone(), case.options);
        let vector = |tensor: Tensor<4>| tensor.into_data().try_into_vec::<f32>().unwrap();
        let all = output(images.clone());
        for image in [0, case.input[0] - 1] {
            let alone = output(images.clone().narrow(0, image, 1));
            let expected = all.clone().narrow(0, image, 1);
            assert_eq!(bits(&vector(alone)), bits(&vector(expected)), "image {image}, {case:?}");
        }
    }
}

#[test]
fn an_empty_batch_has_an_empty_output() {
    let device = Device::flex();
    for case in cases() {
        let data = Data::draw(&case, 8);
        let [_, channels, height, width] = case.input;
        let images = Tensor::<4>::zeros([0, channels, height, width], &device);
        let weight = Tensor::<4>::from_data(data.weight, &device);
        let output = layer(images, weight, Tensor::from_data(data.bias, &device), case.options);
        assert_eq!(output.dims()[..2], [0, case.weight[0]], "{case:?}");
    }
}

#[test]
#[should_panic(expected = "a bias for each output")]
fn a_bias_that_does_not_fit_is_refused() {
    let device = Device::flex();
    let case = fully_connected([4, 3, 1, 1], 2, false);
    let data = Data::draw(&case, 9);
    let images = Tensor::<4>::from_data(data.input, &device);
    let weight = Tensor::<4>::from_data(data.weight, &device);
    let _ = layer(images, weight, Tensor::zeros([1], &device), case.options);
}

#[test]
fn groups_off_the_cpu_equal_burns_grouped_convolution() {
    let grouped = |input, weight, bias, options: LayerOptions| {
        let Operation::Convolution { stride, padding, groups } = options.operation else {
            unreachable!("only convolutions have groups")
        };
        let options = ConvOptions::new([stride; 2], [padding; 2], [1; 2], groups);
        conv2d(input, weight, Some(bias), options)
    };
    let is_grouped =
        |case: &Case| matches!(case.options.operation, Operation::Convolution { groups: 2.., .. });
    for mut case in cases().into_iter().filter(is_grouped) {
        (case.options.relu, case.options.pool) = (false, None);
        let data = Data::draw(&case, 10);
        let found = run(&case, &data, primitives::layer);
        for (found, expected) in found.iter().zip(&run(&case, &data, grouped)) {
            assert_close(found, expected, &format!("{case:?}"));
        }
    }
}

#[test]
fn the_order_of_the_input_in_memory_changes_no_bit() {
    let device = Device::flex();
    let case = cases()[1];
    let data = Data::draw(&case, 5);
    let images = Tensor::<4>::from_data(data.input.clone(), &device);
    let weight = Tensor::<4>::from_data(data.weight.clone(), &device);
    let bias = Tensor::<1>::from_data(data.bias.clone(), &device);
    let output = |images| layer(images, weight.clone(), bias.clone(), case.options);
    let turned = images.clone().permute([0, 2, 3, 1]);
    // Copied in this order, and then with the strides of it.
    let copied = Tensor::<4>::from_data(turned.into_data(), &device).permute([0, 3, 1, 2]);
    let vector = |tensor: Tensor<4>| tensor.into_data().try_into_vec::<f32>().unwrap();
    assert_eq!(bits(&vector(output(copied))), bits(&vector(output(images))));
}

#[test]
fn nan_reaches_the_output_and_the_gradients() {
    let names = ["output", "gradient of input", "gradient of weights"];
    for case in cases() {
        let mut data = Data::draw(&case, 6);
        let mut bias = data.bias.clone().try_into_vec::<f32>().unwrap();
        bias.fill(f32::NAN);
        data.bias = TensorData::new(bias, [case.weight[0]]);
        let [output, ..] = run(&case, &data, layer);
        assert!(output.iter().all(|value| value.is_nan()), "{} of {case:?}", names[0]);
        let mut data = Data::draw(&case, 6);
        data.gradient.fill(f32::NAN);
        for (values, name) in run(&case, &data, layer)[1..3].iter().zip(&names[1..]) {
            assert!(values.iter().any(|value| value.is_nan()), "{name} of {case:?}");
        }
    }
}

#[test]
fn a_frozen_layer_passes_the_gradient_on() {
    let case = cases()[3];
    let data = Data::draw(&case, 7);
    let [_, expected, ..] = run(&case, &data, layer);
    let frozen: LayerFunction =
        |input, weight, bias, options| layer(input, weight.inner(), bias.inner(), options);
    let device = Device::flex().autodiff();
    let input = Tensor::<4>::from_data(data.input.clone(), &device).require_grad();
    let weight = Tensor::<4>::from_data(data.weight.clone(), &device);
    let bias = Tensor::<1>::from_data(data.bias.clone(), &device);
    let output = frozen(input.clone(), weight, bias, case.options);
    let shape = output.dims();
    let gradient = data.gradient[..shape.iter().product()].to_vec();
    let gradient = Tensor::<4>::from_data(TensorData::new(gradient, shape), &device);
    let gradients = (output * gradient).sum().backward();
    let found = input.grad(&gradients).unwrap().into_data().try_into_vec::<f32>().unwrap();
    assert_eq!(bits(&found), bits(&expected));
}

#[test]
fn local_response_norm_equals_burns_primitives() {
    let device = Device::flex().autodiff();
    let options = LocalResponseNorm { size: 5, alpha: 0.3, k: 1.0 };
    for shape in [[2, 16, 4, 5], [3, 1, 2, 2], [1, 7, 9, 1], [2, 64, 3, 3]] {
        let mut rng = ChaCha8Rng::seed_from_u64(8);
        let (values, gradient) = (draw(&mut rng, &shape), draw(&mut rng, &shape));
        let run = |function: fn(Tensor<4>, LocalResponseNorm) -> Tensor<4>| {
            let input = Tensor::<4>::from_data(values.clone(), &device).require_grad();
            let output = function(input.clone(), options);
            let gradient = Tensor::<4>::from_data(gradient.clone(), &device);
            let gradients = (output.clone() * gradient).sum().backward();
            [output, input.grad(&gradients).unwrap()]
                .map(|tensor: Tensor<4>| tensor.into_data().try_into_vec::<f32>().unwrap())
        };
        let found = run(|input, options| options.forward(input));
        let expected = run(primitives::local_response_norm);
        assert_close(&found[0], &expected[0], &format!("output of {shape:?}"));
        assert_close(&found[1], &expected[1], &format!("gradient of {shape:?}"));
    }
}

#[test]
fn a_step_of_the_optimizer_equals_burns_primitives_to_the_last_bit() {
    let device = Device::flex();
    let options = SgdStep { learning_rate: 0.03, momentum: 0.9, weight_decay: 5e-4 };
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let mut tensor = || Tensor::<4>::from_data(draw(&mut rng, &[7, 3, 5, 5]), &device);
    let (weight, velocity, gradient) = (tensor(), tensor(), tensor());
    for velocity in [None, Some(velocity)] {
        let found = options.apply(weight.clone(), velocity.clone(), gradient.clone());
        let expected = primitives::sgd_step(weight.clone(), velocity, gradient.clone(), options);
        let vector = |tensor: Tensor<4>| tensor.into_data().try_into_vec::<f32>().unwrap();
        assert_eq!(bits(&vector(found.0)), bits(&vector(expected.0)));
        assert_eq!(bits(&vector(found.1)), bits(&vector(expected.1)));
    }
}

//! Multilayer perceptrons: forward pass, initialization, dropout and max-norm constraint.

use assay_models::{Architecture, DropoutMasks, Initialization, Network, NetworkConfig};
use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn config(architecture: &str, input: [usize; 3], classes: usize) -> NetworkConfig {
    NetworkConfig {
        architecture: architecture.parse().unwrap(),
        input,
        classes,
        width: 1.0,
        groups: false,
        local_response_norm: false,
        input_dropout: 0.0,
        dropout: 0.0,
    }
}

fn drawn(config: &NetworkConfig, initialization: Initialization) -> Network {
    let streams =
        |layer: &str| ChaCha8Rng::seed_from_u64(u64::from(*layer.as_bytes().last().unwrap()));
    config.init(initialization, streams, &Device::flex()).unwrap()
}

/// A network with these weights and biases, layer by layer.
fn with_weights(config: &NetworkConfig, numbers: &[(&[f32], &[f32])]) -> Network {
    let layers =
        config.layers().unwrap().into_iter().zip(numbers).map(|(layer, (weight, bias))| {
            let weight = TensorData::new(weight.to_vec(), layer.weight_shape());
            let bias = TensorData::new(bias.to_vec(), [bias.len()]);
            let device = Device::flex();
            layer.with_weights(Tensor::from_data(weight, &device), Tensor::from_data(bias, &device))
        });
    Network::from_layers(layers.collect())
}

fn image<const N: usize>(pixels: [f32; N], shape: [usize; 3]) -> Tensor<4> {
    let [channels, height, width] = shape;
    let data = TensorData::new(pixels.to_vec(), [1, channels, height, width]);
    Tensor::from_data(data, &Device::flex())
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.inner().into_data().try_into_vec::<f32>().unwrap()
}

#[test]
fn a_relu_follows_the_hidden_layer_and_not_the_last() {
    // Hidden units 3 - 1 and 1 - 6, of which the second is cut off by the ReLU; outputs 2 + 1 and
    // -2 - 0.5.
    let numbers: [(&[f32], &[f32]); 2] =
        [(&[1.0, -1.0, 0.0, 1.0], &[0.0, -6.0]), (&[1.0, 9.0, -1.0, 9.0], &[1.0, -0.5])];
    let network = with_weights(&config("mlp-2", [1, 1, 2], 2), &numbers);
    assert_eq!(values(network.forward(image([3.0, 1.0], [1, 1, 2]))), [3.0, -2.5]);
}

#[test]
fn images_are_flattened_in_row_major_order() {
    let numbers: [(&[f32], &[f32]); 2] =
        [(&[1.0, 10.0, 100.0, 1e3], &[0.0]), (&[1.0, 2.0], &[0.0; 2])];
    for shape in [[2, 1, 2], [1, 2, 2], [4, 1, 1]] {
        let network = with_weights(&config("mlp-1", shape, 2), &numbers);
        assert_eq!(values(network.forward(image([1.0, 2.0, 3.0, 4.0], shape))), [4321.0, 8642.0]);
    }
}

#[test]
fn paper_initialization_of_an_mlp() {
    let network = drawn(&config("mlp-300-200", [1, 28, 28], 10), Initialization::Paper);
    for layer in network.layers() {
        let weights = values(layer.weight());
        let mean = |of: &dyn Fn(f64) -> f64| {
            weights.iter().map(|&weight| of(f64::from(weight))).sum::<f64>() / weights.len() as f64
        };
        let error = 0.01 / (weights.len() as f64).sqrt();
        assert!(mean(&|weight| weight).abs() < 4.0 * error, "{}", mean(&|weight| weight));
        let deviation = mean(&|weight| weight * weight).sqrt();
        assert!((deviation - 0.01).abs() < 4.0 * error / 2f64.sqrt(), "{deviation}");
        assert!(values(layer.bias()).iter().all(|&bias| bias == 0.0));
    }
}

#[test]
fn network_and_configuration_agree_on_multiply_adds() {
    let config = config("mlp-30-20", [1, 4, 4], 10);
    let network = drawn(&config, Initialization::He);
    assert_eq!(network.multiplications(), 16 * 30 + 30 * 20 + 20 * 10);
    assert_eq!(network.multiplications(), config.multiplications().unwrap());
}

#[test]
fn dropped_inputs_are_drawn_before_the_first_layer() {
    let plain = config("mlp-20-20", [1, 8, 8], 5);
    let network = drawn(&plain, Initialization::He);
    let dropping = drawn(&NetworkConfig { input_dropout: 0.25, ..plain }, Initialization::He);
    let pixels = std::array::from_fn::<f32, 64, _>(|i| i as f32 / 32.0 - 1.0);
    let stream = || DropoutMasks::new(ChaCha8Rng::seed_from_u64(5));
    let found = dropping.forward_layers(0..3, image(pixels, [1, 8, 8]), Some(&mut stream()));
    let fewer = stream().apply(image(pixels, [1, 8, 8]), 0.25);
    assert!(values(fewer.clone()).iter().filter(|&&pixel| pixel == 0.0).count() > 5);
    assert_eq!(values(found), values(network.forward(fewer)));
    // Evaluation does not use dropout.
    let whole = image(pixels, [1, 8, 8]);
    assert_eq!(values(dropping.forward(whole.clone())), values(network.forward(whole)));
}

#[test]
fn layers_are_cacheable_before_the_first_dropout() {
    let constant = |input_dropout, dropout, architecture| {
        let config =
            NetworkConfig { input_dropout, dropout, ..config(architecture, [1, 28, 28], 5) };
        drawn(&config, Initialization::He).frozen().cacheable_layers()
    };
    assert_eq!(constant(0.0, 0.0, "mlp-8-8"), 3);
    assert_eq!(constant(0.0, 0.5, "mlp-8-8"), 1);
    assert_eq!(constant(0.2, 0.0, "mlp-8-8"), 0);
    assert_eq!(constant(0.2, 0.5, "mlp-8-8"), 0);
    assert_eq!(constant(0.2, 0.0, "lenet"), 0);
}

#[test]
fn only_units_above_the_limit_are_rescaled() {
    // Squared norms 25 and 5 in the first layer, 9 and 16 in the second.
    let numbers: [(&[f32], &[f32]); 2] =
        [(&[3.0, 4.0, 1.0, 2.0], &[7.0, 8.0]), (&[3.0, 0.0, 0.0, -4.0], &[5.0, 6.0])];
    let mut network = with_weights(&config("mlp-2", [1, 1, 2], 2), &numbers);
    network.limit_squared_norms(9.0);
    let found: Vec<Vec<f32>> =
        network.layers().iter().map(|layer| values(layer.weight())).collect();
    let expected = [[1.8, 2.4, 1.0, 2.0], [3.0, 0.0, 0.0, -3.0]];
    for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }
    // Weights within the limit do not change at all.
    assert_eq!((found[0][2], found[0][3], found[1][0]), (1.0, 2.0, 3.0));
    assert_eq!(values(network.layers()[0].bias()), [7.0, 8.0]);
    assert_eq!(values(network.layers()[1].bias()), [5.0, 6.0]);
}

#[test]
fn weights_within_the_limit_do_not_change() {
    let mut network = drawn(&config("mlp-50-40", [1, 8, 8], 10), Initialization::He);
    let bits = |network: &Network| -> Vec<Vec<f32>> {
        network.layers().iter().map(|layer| values(layer.weight())).collect()
    };
    let before = bits(&network);
    for limit in [15.0, 7.3, 1e6] {
        network.limit_squared_norms(limit);
        assert_eq!(bits(&network), before, "a limit of {limit}");
    }
    network.limit_squared_norms(0.5);
    assert_ne!(bits(&network), before);
}

#[test]
fn a_filters_norm_includes_all_its_weights() {
    let config =
        NetworkConfig { architecture: Architecture::LeNet, ..config("mlp-1", [1, 28, 28], 5) };
    let mut network = drawn(&config, Initialization::He);
    let norms = |network: &Network| -> Vec<f64> {
        let layer = &network.layers()[1];
        let weights = values(layer.weight());
        let filters = weights.chunks_exact(layer.config().fan_in());
        let square = |weight: &f32| f64::from(*weight).powi(2);
        filters.map(|filter| filter.iter().map(square).sum()).collect()
    };
    // 20x5x5 weights with variance 2 / 500: squared norms of about 2.
    let before = norms(&network);
    network.limit_squared_norms(2.0);
    assert!(before.iter().any(|&norm| norm > 2.05) && before.iter().any(|&norm| norm < 1.95));
    for (after, before) in norms(&network).into_iter().zip(before) {
        assert!((after - before.min(2.0)).abs() < 1e-5, "{after} after {before}");
    }
}

#[test]
fn a_frozen_layer_is_not_rescaled() {
    let drawn = drawn(&config("mlp-20-20", [1, 8, 8], 5), Initialization::He);
    let mut network = drawn.clone().freeze(2);
    network.limit_squared_norms(0.1);
    for (index, (after, before)) in network.layers().iter().zip(drawn.layers()).enumerate() {
        let same = values(after.weight()) == values(before.weight());
        assert_eq!((same, after.is_trained()), (index < 2, index >= 2), "layer {index}");
    }
}

#[test]
#[should_panic(expected = "limit 0 is not a positive")]
fn a_limit_of_0_panics() {
    drawn(&config("mlp-2", [1, 1, 2], 2), Initialization::He).limit_squared_norms(0.0);
}

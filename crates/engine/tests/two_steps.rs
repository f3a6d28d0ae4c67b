//! Two steps of training against PyTorch's, which `make_two_steps.py` computed in float64.

use assay_engine::trainer::{LrStep, Sgd};
use assay_losses::cross_entropy;
use assay_models::{Architecture, LayerConfig, Network, NetworkConfig};
use assay_runs::TrainingConfig;
use burn::tensor::{Device, Int, Tensor, TensorData};
use safetensors::SafeTensors;

const FIXTURE: &[u8] = include_bytes!("fixtures/two_steps.safetensors");

const CONFIG: NetworkConfig = NetworkConfig {
    architecture: Architecture::AlexNetSmall,
    input: [3, 16, 16],
    classes: 5,
    width: 0.25,
    groups: true,
    local_response_norm: true,
    input_dropout: 0.0,
    dropout: 0.0,
};

fn schedule() -> TrainingConfig {
    TrainingConfig {
        epochs: 1,
        learning_rate: 0.05,
        bias_lr_factor: 2.0,
        lr_gamma: 0.1,
        momentum: 0.9,
        weight_decay: 5e-4,
        ..TrainingConfig::evaluation_only(6)
    }
}

/// The script's numbers, to the last bit.
fn numbers(count: usize, seed: usize, scale: f64) -> Vec<f32> {
    let value = |i: usize| ((31 * i * i + 7919 * i + seed) % 1009) as f64 - 504.0;
    (0..count).map(|i| (value(i) / 504.0 * scale) as f32).collect()
}

fn network(config: &NetworkConfig) -> Network {
    let device = Device::flex();
    let layer = |(number, layer): (usize, LayerConfig)| {
        let shape = layer.weight_shape();
        let scale = (6.0 / layer.fan_in() as f64).sqrt();
        let weight = numbers(shape.iter().product(), number + 1, scale);
        let bias = numbers(shape[0], number + 101, 0.1);
        layer.with_weights(
            Tensor::from_data(TensorData::new(weight, shape), &device),
            Tensor::from_data(TensorData::new(bias, [shape[0]]), &device),
        )
    };
    let layers = config.layers().unwrap();
    Network::from_layers(layers.into_iter().enumerate().map(layer).collect())
}

/// The network after two steps, and the loss before, between and after them.
fn two_steps(config: &NetworkConfig, schedule: &TrainingConfig) -> (Network, [f32; 3]) {
    let device = Device::flex();
    let pixels = TensorData::new(numbers(6 * 3 * 16 * 16, 1000, 2.0), [6, 3, 16, 16]);
    let images = Tensor::<4>::from_data(pixels, &device);
    let labels = Tensor::<1, Int>::from_data([0, 1, 2, 3, 4, 2], &device);
    let mut network = network(config);
    let mut optimizer = Sgd::new(schedule, 8);
    let loss = |network: &Network| cross_entropy(network.forward(images.clone()), labels.clone());
    let mut losses = [0.0; 3];
    for seen in &mut losses[..2] {
        let loss = loss(&network);
        let mut gradients = loss.backward();
        *seen = loss.into_scalar();
        optimizer.step(&mut network, &mut gradients, LrStep::from_schedule(schedule, 0.0, 0));
    }
    losses[2] = loss(&network).into_scalar();
    (network, losses)
}

fn floats(bytes: &[u8], name: &str) -> Vec<f32> {
    let tensors = SafeTensors::deserialize(bytes).unwrap();
    let four = |four: &[u8]| f32::from_le_bytes(four.try_into().unwrap());
    tensors.tensor(name).unwrap().data().chunks_exact(4).map(four).collect()
}

/// The largest difference of any weight or bias to the expected one, as a share of the largest
/// expected one of its tensor.
fn largest_difference(network: &Network) -> f32 {
    let found = network.to_safetensors();
    let tensors = SafeTensors::deserialize(&found).unwrap();
    let differences = tensors.names().into_iter().map(|name| {
        let (found, expected) = (floats(&found, name), floats(FIXTURE, name));
        assert_eq!(found.len(), expected.len(), "{name}");
        let largest = expected.iter().fold(0f32, |most, value| most.max(value.abs()));
        let pairs = found.iter().zip(&expected);
        let difference = pairs.fold(0f32, |most, (a, b)| most.max((a - b).abs()));
        difference / largest
    });
    differences.fold(0.0, f32::max)
}

#[test]
fn weights_and_losses_of_two_steps_are_pytorchs() {
    let (network, losses) = two_steps(&CONFIG, &schedule());
    for (found, expected) in losses.iter().zip(floats(FIXTURE, "losses")) {
        println!("loss {found}, PyTorch's {expected}");
        assert!((found / expected - 1.0).abs() < 1e-5, "loss {found} is not {expected}");
    }
    let difference = largest_difference(&network);
    println!("weights and biases differ by at most {difference:e} of the largest");
    assert!(difference < 1e-5, "weights differ by {difference:e} of the largest");
}

#[test]
fn the_comparison_would_notice_another_rule_or_another_network() {
    let differs = |config: &NetworkConfig, schedule: &TrainingConfig| {
        let difference = largest_difference(&two_steps(config, schedule).0);
        println!("{difference:e}");
        assert!(difference > 3e-5, "{difference:e}: {config:?} {schedule:?}");
    };
    differs(&CONFIG, &TrainingConfig { weight_decay: 0.0, ..schedule() });
    differs(&CONFIG, &TrainingConfig { momentum: 0.81, ..schedule() });
    differs(&CONFIG, &TrainingConfig { bias_lr_factor: 1.0, ..schedule() });
    differs(&CONFIG, &TrainingConfig { learning_rate: 0.0501, ..schedule() });
    differs(&NetworkConfig { local_response_norm: false, ..CONFIG }, &schedule());
}

//! Gradients of all weights and biases of whole networks, compared with central differences.
//!
//! The differences are computed in f64, which allows a tiny step. In f32, the step would have to be
//! thousands of times larger to exceed rounding errors, and most steps would then cross a kink of a
//! `ReLU` or max pooling. If a kink is within the step, the slopes on both sides differ. Such
//! values are skipped without looking at the gradient, but nearly all must remain. The remaining
//! error is the rounding of the f32 gradients: below 1e-6 of the largest.

use assay_models::{Architecture, Initialization, Network, NetworkConfig};
use burn::tensor::activation::log_softmax;
use burn::tensor::{DType, Device, FloatDType, Int, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const LABELS: [i32; 4] = [0, 2, 4, 1];
/// Weights, and biases, to check in each layer.
const SAMPLE: usize = 12;
/// Step of the differences. Their error is quadratic in it.
const STEP: f64 = 1e-6;
/// Tolerance, relative to the largest gradient of the layer's weights or biases.
const TOLERANCE: f64 = 1e-5;

fn config(architecture: Architecture, input: [usize; 3]) -> NetworkConfig {
    NetworkConfig {
        architecture,
        input,
        classes: 5,
        width: 0.25,
        groups: true,
        local_response_norm: true,
        input_dropout: 0.0,
        dropout: 0.5,
    }
}

/// He initialization with biases of about 0.1, so that no input is at the kink of a `ReLU`.
fn network(config: &NetworkConfig) -> Network {
    let streams =
        |layer: &str| ChaCha8Rng::seed_from_u64(u64::from(*layer.as_bytes().last().unwrap()));
    let mut network = config.init(Initialization::He, streams, &Device::flex()).unwrap();
    for layer in network.layers_mut() {
        let (weight, bias) = (layer.weight().inner(), layer.bias().inner());
        let numbers = (0..bias.dims()[0]).map(|i| 0.05 + 0.1 * ((i * 7) % 11) as f32 / 11.0);
        let shape = bias.dims();
        let numbers = TensorData::new(numbers.collect::<Vec<f32>>(), shape);
        layer.set(weight, Tensor::from_data(numbers, &Device::flex()));
    }
    network
}

fn images(config: &NetworkConfig) -> Tensor<4> {
    let [channels, height, width] = config.input;
    let mut rng = ChaCha8Rng::seed_from_u64(77);
    let length = LABELS.len() * channels * height * width;
    let pixels: Vec<f32> = (0..length).map(|_| rng.random_range(-1.5..1.5)).collect();
    let shape = [LABELS.len(), channels, height, width];
    Tensor::from_data(TensorData::new(pixels, shape), &Device::flex())
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.inner().into_data().try_into_vec::<f32>().unwrap()
}

/// A frozen copy of the network in f64.
fn in_f64(network: &Network) -> Network {
    let layers = network.layers().iter().map(|layer| {
        let (weight, bias) = (layer.weight().inner(), layer.bias().inner());
        let (weight, bias) = (weight.cast(FloatDType::F64), bias.cast(FloatDType::F64));
        layer.config().with_weights(weight, bias).freeze()
    });
    Network::from_layers(layers.collect())
}

/// Mean cross-entropy of a network in f64.
fn loss(network: &Network, images: &Tensor<4>) -> f64 {
    let logits = network.forward(images.clone()).into_data().try_into_vec::<f64>().unwrap();
    let rows = logits.chunks_exact(logits.len() / LABELS.len()).zip(LABELS);
    let of_row = |(row, label): (&[f64], i32)| {
        row.iter().map(|logit| logit.exp()).sum::<f64>().ln() - row[label as usize]
    };
    rows.map(of_row).sum::<f64>() / LABELS.len() as f64
}

/// Index of a weight or bias in a layer.
#[derive(Clone, Copy, Debug)]
enum Place {
    Weight(usize),
    Bias(usize),
}

/// The tensor with one value changed.
fn changed<const D: usize>(tensor: Tensor<D>, index: usize, by: f64) -> Tensor<D> {
    let shape = tensor.dims();
    let mut values = tensor.into_data().try_into_vec::<f64>().unwrap();
    values[index] += by;
    let data = TensorData::new(values, shape);
    Tensor::from_data(data, (&Device::flex(), DType::F64))
}

/// The loss with one parameter of one layer changed.
fn nudged(network: &Network, images: &Tensor<4>, number: usize, place: Place, by: f64) -> f64 {
    let mut layers = network.layers().to_vec();
    let layer = &mut layers[number];
    let (weight, bias) = (layer.weight(), layer.bias());
    let (weight, bias) = match place {
        Place::Weight(index) => (changed(weight, index, by), bias),
        Place::Bias(index) => (weight, changed(bias, index, by)),
    };
    *layer = layer.config().with_weights(weight, bias).freeze();
    loss(&Network::from_layers(layers), images)
}

/// The central difference; none if the loss is not smooth within the step.
fn slope(network: &Network, images: &Tensor<4>, number: usize, place: Place) -> Option<f64> {
    let [below, here, above] =
        [-STEP, 0.0, STEP].map(|by| nudged(network, images, number, place, by));
    let (before, after) = ((here - below) / STEP, (above - here) / STEP);
    // Curvatures are about 1 to 100 here; kinks change the slope by far more.
    ((before - after).abs() < 100.0 * STEP).then_some(f64::midpoint(before, after))
}

fn check(config: &NetworkConfig) {
    let (network, images) = (network(config), images(config));
    let labels = Tensor::<1, Int>::from_data(LABELS, &Device::flex());
    let logits = log_softmax(network.forward(images.clone()), 1);
    let loss = logits.gather(1, labels.reshape([LABELS.len(), 1])).mean().neg();
    let gradients = loss.backward();
    let (exact, images) = (in_f64(&network), images.cast(FloatDType::F64));
    let mut rng = ChaCha8Rng::seed_from_u64(78);
    for (number, layer) in network.layers().iter().enumerate() {
        let of_weight = values(layer.weight().grad(&gradients).unwrap());
        let of_bias = values(layer.bias().grad(&gradients).unwrap());
        let mut sample =
            |all: usize| -> Vec<usize> { (0..SAMPLE).map(|_| rng.random_range(0..all)).collect() };
        let weights: Vec<Place> = sample(of_weight.len()).into_iter().map(Place::Weight).collect();
        let biases: Vec<Place> = sample(of_bias.len()).into_iter().map(Place::Bias).collect();
        for (gradient, places) in [(of_weight, weights), (of_bias, biases)] {
            let slopes = |place| slope(&exact, &images, number, place);
            compare(&layer.config().name, &gradient, &places, slopes);
        }
    }
}

/// Compares gradients with slopes for some weights or biases of a layer.
fn compare(name: &str, gradient: &[f32], places: &[Place], slope: impl Fn(Place) -> Option<f64>) {
    let largest = gradient.iter().fold(0.0, |most, slope| slope.abs().max(most));
    assert!(largest > 1e-3, "{name}: no gradient is larger than {largest}");
    let (mut smooth, mut worst) = (0, 0f64);
    for &place in places {
        let Some(slope) = slope(place) else { continue };
        let (Place::Weight(index) | Place::Bias(index)) = place;
        let found = gradient[index];
        let error = (slope - f64::from(found)).abs() / f64::from(largest);
        assert!(error < TOLERANCE, "{name}, {place:?}: {found}, by differences {slope}");
        smooth += 1;
        worst = worst.max(error);
    }
    println!("{name}: {smooth} of {}, off by {worst:.1e} of the largest, {largest}", places.len());
    assert!(smooth + 2 >= places.len(), "{name}: {smooth} of {} are smooth", places.len());
}

#[test]
fn gradients_of_alexnet_small_match_finite_differences() {
    check(&config(Architecture::AlexNetSmall, [3, 16, 16]));
}

#[test]
fn gradients_of_lenet_match_finite_differences() {
    check(&config(Architecture::LeNet, [1, 28, 28]));
}

#[test]
fn gradients_of_alexnet32_match_finite_differences() {
    check(&NetworkConfig { width: 0.125, ..config(Architecture::AlexNet32, [3, 32, 32]) });
}

#[test]
fn gradients_of_an_mlp_match_finite_differences() {
    check(&config("mlp-40-24".parse().unwrap(), [1, 6, 5]));
}

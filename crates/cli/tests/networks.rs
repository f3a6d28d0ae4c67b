//! Copying, freezing, dropout and weight files, bit for bit. Gradients are compared with finite differences.

use assay_losses::cross_entropy;
use assay_models::{Architecture, DropoutMasks, Initialization, Network, NetworkConfig};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

fn config(architecture: Architecture) -> NetworkConfig {
    let input = if architecture == Architecture::LeNet { [1, 28, 28] } else { [3, 16, 16] };
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

/// A network whose layers have random streams that depend on their name and `seed`.
fn network(config: &NetworkConfig, seed: u64) -> Network {
    let streams = |layer: &str| {
        let name: u64 = layer.bytes().map(u64::from).sum();
        ChaCha8Rng::seed_from_u64(seed * 10_000 + name)
    };
    config.init(Initialization::He, streams, &Device::flex()).unwrap()
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.inner().into_data().try_into_vec::<f32>().unwrap()
}

fn bits(network: &Network, layer: usize) -> Vec<u32> {
    let layer = &network.layers()[layer];
    let both = [values(layer.weight()), values(layer.bias())].concat();
    both.iter().map(|value| value.to_bits()).collect()
}

fn images(config: &NetworkConfig, count: usize) -> Tensor<4> {
    let [channels, height, width] = config.input;
    let length = count * channels * height * width;
    let pixels: Vec<f32> = (0..length).map(|i| ((i * 7919) % 23) as f32 / 11.0 - 1.0).collect();
    let data = TensorData::new(pixels, [count, channels, height, width]);
    Tensor::from_data(data, &Device::flex())
}

#[test]
fn transplanted_layers_are_copied_and_the_others_keep_their_initialization() {
    let config = config(Architecture::AlexNetSmall);
    let (source, fresh) = (network(&config, 1), network(&config, 2));
    for n in 0..=8 {
        let target = fresh.clone().transplant(&source, n);
        for layer in 0..8 {
            let expected = if layer < n { &source } else { &fresh };
            assert_eq!(bits(&target, layer), bits(expected, layer), "n = {n}, layer {layer}");
        }
        let at_cut =
            |network: &Network| values(network.forward_layers(0..n, images(&config, 3), None));
        assert_eq!(at_cut(&target), at_cut(&source));
    }
}

#[test]
#[should_panic(expected = "layer conv2 is frozen")]
fn a_frozen_layer_refuses_new_weights() {
    let mut network = network(&config(Architecture::AlexNetSmall), 1).freeze(2);
    let layer = &mut network.layers_mut()[1];
    let (weight, bias) = (layer.weight(), layer.bias());
    layer.set(weight, bias);
}

#[test]
fn only_trained_layers_have_gradients() {
    let config = config(Architecture::AlexNetSmall);
    let network = network(&config, 1).freeze(3);
    let labels = Tensor::<1, Int>::from_data([0, 1], &Device::flex());
    let gradients = cross_entropy(network.forward(images(&config, 2)), labels).backward();
    for (index, layer) in network.layers().iter().enumerate() {
        assert_eq!(layer.weight().grad(&gradients).is_some(), index >= 3, "layer {index}");
    }
}

#[test]
fn cacheable_layers_end_before_the_first_active_dropout() {
    let with = |dropout, frozen| {
        let config = NetworkConfig { dropout, ..config(Architecture::AlexNetSmall) };
        network(&config, 1).freeze(frozen).cacheable_layers()
    };
    // There is no dropout before fc6, but before fc7 and fc8.
    assert_eq!([with(0.5, 3), with(0.5, 6), with(0.5, 7)], [3, 6, 6]);
    assert_eq!(with(0.0, 7), 7);
}

#[test]
#[expect(clippy::float_cmp, reason = "zero, one and two are exact")]
fn dropout_has_the_right_rate_and_mean_and_is_reproducible() {
    let ones = Tensor::<2>::ones([100, 400], &Device::flex());
    let drop = |seed, share| {
        let mut masks = DropoutMasks::new(ChaCha8Rng::seed_from_u64(seed));
        values(masks.apply(ones.clone(), share))
    };
    let half = drop(1, 0.5);
    assert!(half.iter().all(|&value| value == 0.0 || value == 2.0));
    let mean = half.iter().sum::<f32>() / half.len() as f32;
    // Standard error: 1 / sqrt(40,000) = 0.005.
    assert!((mean - 1.0).abs() < 0.02, "{mean}");
    assert_eq!(half, drop(1, 0.5));
    assert_ne!(half, drop(2, 0.5));
    assert!(drop(1, 0.0).iter().all(|&value| value == 1.0));
    let fifth = drop(1, 0.2);
    let dropped = fifth.iter().filter(|&&value| value == 0.0).count() as f32 / 40_000.0;
    assert!((dropped - 51.0 / 256.0).abs() < 0.01, "{dropped}");
}

#[test]
fn saved_weights_have_pytorchs_names_and_load_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    for architecture in [Architecture::AlexNetSmall, Architecture::LeNet] {
        let file = folder.path().join(architecture.to_string());
        let config = config(architecture);
        let written = network(&config, 3);
        std::fs::write(&file, written.to_safetensors()).unwrap();
        let read = config.load(&file, &Device::flex()).unwrap();
        assert_eq!(read.to_safetensors(), written.to_safetensors());
    }
    let bytes = network(&config(Architecture::LeNet), 3).to_safetensors();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(tensors.tensor("conv2.weight").unwrap().shape(), [12, 6, 5, 5]);
    assert_eq!(tensors.tensor("fc4.weight").unwrap().shape(), [5, 126]);
}

#[test]
fn damaged_and_unsuitable_weight_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let lenet = config(Architecture::LeNet);
    let bytes = network(&lenet, 3).to_safetensors();
    let error = |name: &str, bytes: &[u8], config: &NetworkConfig| {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        let error = config.load(&file, &Device::flex()).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
        error
    };
    for cut in [0, 4, 8, 100, bytes.len() - 1] {
        assert!(error("truncated", &bytes[..cut], &lenet).contains("damaged"));
    }
    let mut garbled = bytes.clone();
    garbled[9] ^= 0x55;
    error("garbled", &garbled, &lenet);
    let other = error("other", &bytes, &config(Architecture::AlexNetSmall));
    assert!(other.contains("\"conv1.weight\""), "{other}");
    let more = NetworkConfig { classes: 7, ..lenet };
    let classes = error("classes", &bytes, &more);
    assert!(classes.contains("[5, 126]") && classes.contains("[7, 126]"), "{classes}");
}

/// The loss of a network on a fixed batch.
fn loss(network: &Network, config: &NetworkConfig) -> f64 {
    let labels = Tensor::<1, Int>::from_data([0, 2, 4, 1], &Device::flex());
    let loss = cross_entropy(network.frozen().forward(images(config, 4)), labels);
    f64::from(loss.into_scalar::<f32>())
}

fn nudged(network: &Network, layer: usize, index: usize, by: f32) -> Network {
    let mut network = network.clone();
    let changed = &mut network.layers_mut()[layer];
    let (weight, bias) = (changed.weight().inner(), changed.bias().inner());
    let shape = weight.dims();
    let mut numbers = values(weight);
    numbers[index] += by;
    let weight = Tensor::from_data(TensorData::new(numbers, shape), &Device::flex());
    changed.set(weight, bias);
    network
}

#[test]
fn gradients_of_whole_networks_match_central_differences() {
    for architecture in [Architecture::AlexNetSmall, Architecture::LeNet] {
        let config = config(architecture);
        let network = network(&config, 5);
        let labels = Tensor::<1, Int>::from_data([0, 2, 4, 1], &Device::flex());
        let gradients = cross_entropy(network.forward(images(&config, 4)), labels).backward();
        for (number, layer) in network.layers().iter().enumerate() {
            let gradient = values(layer.weight().grad(&gradients).unwrap());
            // Only large weights are tested: the loss is an f32, so small gradients drown in rounding.
            let mut order: Vec<usize> = (0..gradient.len()).collect();
            order.sort_by(|&a, &b| gradient[b].abs().total_cmp(&gradient[a].abs()));
            let step = 2e-3;
            let mut errors: Vec<f64> = order[..9.min(order.len())]
                .iter()
                .map(|&index| {
                    let above = loss(&nudged(&network, number, index, step), &config);
                    let below = loss(&nudged(&network, number, index, -step), &config);
                    let slope = (above - below) / (2.0 * f64::from(step));
                    (slope / f64::from(gradient[index]) - 1.0).abs()
                })
                .collect();
            errors.sort_by(f64::total_cmp);
            // A kink of ReLU or pooling can affect a few weights; a wrong gradient affects all.
            let median = errors[errors.len() / 2];
            let name = &config.architecture;
            assert!(median < 0.02, "{name}, layer {}: {errors:?}", number + 1);
        }
    }
}

//! Transplanting copies layers: source and target are independent afterwards.

use assay_models::{Architecture, DropoutMasks, Initialization, Layer, Network, NetworkConfig};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const CONFIG: NetworkConfig = NetworkConfig {
    architecture: Architecture::AlexNetSmall,
    input: [3, 16, 16],
    classes: 5,
    width: 0.25,
    groups: true,
    local_response_norm: true,
    input_dropout: 0.0,
    dropout: 0.5,
};

/// A network in which each layer has its own random stream.
fn network(config: &NetworkConfig, seed: u64) -> Network {
    let streams = |layer: &str| {
        let last = u64::from(*layer.as_bytes().last().unwrap());
        ChaCha8Rng::seed_from_u64(1000 * seed + last)
    };
    config.init(Initialization::He, streams, &Device::flex()).unwrap()
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<u32> {
    let numbers = tensor.inner().into_data().try_into_vec::<f32>().unwrap();
    numbers.into_iter().map(f32::to_bits).collect()
}

/// The bits of the weights and biases of each layer.
fn bits(network: &Network) -> Vec<Vec<u32>> {
    let layers = network.layers().iter();
    layers.map(|layer| [values(layer.weight()), values(layer.bias())].concat()).collect()
}

fn images() -> Tensor<4> {
    let pixels: Vec<f32> =
        (0..4 * 3 * 16 * 16).map(|i| ((i * 7919) % 23) as f32 / 11.0 - 1.0).collect();
    Tensor::from_data(TensorData::new(pixels, [4, 3, 16, 16]), &Device::flex())
}

/// Gradients of the sum of the squared logits.
fn gradients(network: &Network) -> Gradients {
    network.forward(images()).powi_scalar(2).sum().backward()
}

/// Adds 1 to all trained weights and biases.
fn changed(mut network: Network) -> Network {
    for layer in network.layers_mut().iter_mut().filter(|layer| layer.is_trained()) {
        let (weight, bias) = (layer.weight().inner(), layer.bias().inner());
        layer.set(weight.add_scalar(1.0), bias.add_scalar(1.0));
    }
    network
}

#[test]
fn source_and_target_are_independent() {
    let (source, fresh) = (network(&CONFIG, 1), network(&CONFIG, 2));
    let before = bits(&source);
    let target = fresh.transplant(&source, 8);
    let moved = changed(target.clone());
    assert!(bits(&moved).iter().zip(&before).all(|(after, before)| after != before));
    assert_eq!((bits(&source), bits(&target)), (before.clone(), before.clone()));
    let source = changed(source);
    assert!(bits(&source).iter().zip(&before).all(|(after, before)| after != before));
    assert_eq!(bits(&target), before);
}

#[test]
fn transplanted_layers_are_trainable() {
    let source = network(&CONFIG, 1).frozen();
    let target = network(&CONFIG, 2).transplant(&source, 5);
    assert!(target.layers().iter().all(Layer::is_trained));
    assert!(source.layers().iter().all(|layer| !layer.is_trained()));
    let (all, trained) = target.clone().freeze(5).parameters();
    // fc6 and fc7 have 32 inputs and 32 outputs, fc8 has 32 and 5.
    assert_eq!(trained, 2 * (32 * 32 + 32) + 32 * 5 + 5);
    assert_eq!(target.parameters(), (all, all));
}

#[test]
fn layers_have_independent_random_streams() {
    let more = NetworkConfig { classes: 9, ..CONFIG };
    assert_eq!(bits(&network(&CONFIG, 1))[..7], bits(&network(&more, 1))[..7]);
}

#[test]
fn a_source_with_other_classes_gives_all_but_the_last_layer() {
    let source = network(&NetworkConfig { classes: 9, ..CONFIG }, 1);
    let target = network(&CONFIG, 2).transplant(&source, 7);
    assert_eq!(bits(&target)[..7], bits(&source)[..7]);
    assert_eq!(bits(&target)[7], bits(&network(&CONFIG, 2))[7]);
}

#[test]
#[should_panic(expected = "a copied layer must have the same")]
fn transplanting_a_last_layer_of_other_classes_panics() {
    let source = network(&NetworkConfig { classes: 9, ..CONFIG }, 1);
    let _ = network(&CONFIG, 2).transplant(&source, 8);
}

#[test]
fn freezing_does_not_change_outputs_or_other_gradients() {
    let trained = network(&CONFIG, 1);
    let whole = gradients(&trained);
    for n in 1..8 {
        let part = trained.clone().freeze(n);
        assert_eq!(bits(&part), bits(&trained));
        assert_eq!(values(part.forward(images())), values(trained.forward(images())));
        let found = gradients(&part);
        for (index, layer) in part.layers().iter().enumerate() {
            let (weight, bias) = (layer.weight().grad(&found), layer.bias().grad(&found));
            assert_eq!((weight.is_some(), bias.is_some()), (index >= n, index >= n), "n = {n}");
            let same = &trained.layers()[index];
            let expected = (same.weight().grad(&whole), same.bias().grad(&whole));
            if let (Some(weight), Some(bias)) = (weight, bias) {
                assert_eq!(values(weight), values(expected.0.unwrap()), "n = {n}, layer {index}");
                assert_eq!(values(bias), values(expected.1.unwrap()), "n = {n}, layer {index}");
            }
        }
    }
}

#[test]
fn masks_are_used_only_with_dropout() {
    let forward = |dropout| {
        let network = network(&NetworkConfig { dropout, ..CONFIG }, 1);
        let mut masks = DropoutMasks::new(ChaCha8Rng::seed_from_u64(3));
        values(network.forward_layers(0..8, images(), Some(&mut masks)))
    };
    let without = values(network(&CONFIG, 1).forward(images()));
    assert_eq!(forward(0.0), without);
    assert_ne!(forward(0.5), without);
}

//! Tests of the optimizer: clipping, weight decay and the schedule.

use super::*;
use assay_models::{Architecture, Initialization, NetworkConfig};
use assay_runs::MomentumWarmup;
use burn::tensor::Device;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Takes one step at a learning rate of 1 on a perceptron whose first layer is frozen. Returns by how much
/// each parameter decreased, and the parameters before the step.
fn step_difference(max_gradient_norm: f64, weight_decay: f64) -> (Vec<f32>, Vec<f32>) {
    let schedule =
        TrainingConfig { weight_decay, max_gradient_norm, ..TrainingConfig::evaluation_only(2) };
    let config = NetworkConfig {
        architecture: "mlp-6-5".parse::<Architecture>().unwrap(),
        input: [1, 2, 2],
        classes: 3,
        width: 1.0,
        groups: false,
        local_response_norm: false,
        input_dropout: 0.0,
        dropout: 0.0,
    };
    let device = Device::flex();
    let streams = |_: &str| ChaCha8Rng::seed_from_u64(1);
    let mut network = config.init(Initialization::He, streams, &device).unwrap().freeze(1);
    let images = Tensor::<4>::from_data([[[[3.0, -1.0], [2.0, 5.0]]]], &device);
    let values = |network: &Network| -> Vec<f32> {
        let layer_values = |layer: &Layer| {
            let weight = layer.weight().inner().into_data().try_to_vec::<f32>().unwrap();
            let bias = layer.bias().inner().into_data().try_to_vec::<f32>().unwrap();
            [weight, bias].concat()
        };
        network.layers().iter().flat_map(layer_values).collect()
    };
    let before = values(&network);
    let mut gradients = network.forward(images).square().sum().backward();
    let rates = LrStep { learning_rate: 1.0, momentum: 0.0 };
    Sgd::new(&schedule, 3).step(&mut network, &mut gradients, rates);
    let after = values(&network);
    (before.iter().zip(after).map(|(before, after)| before - after).collect(), before)
}

fn norm(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn a_long_gradient_is_scaled_to_the_limit_and_a_short_one_is_unchanged() {
    let (free, _) = step_difference(0.0, 0.0);
    let length = norm(&free);
    assert!(length > 1.0, "{length}: nothing to clip");
    let (limited, _) = step_difference(0.5, 0.0);
    assert!((norm(&limited) - 0.5).abs() < 1e-5, "{}", norm(&limited));
    for (free, limited) in free.iter().zip(&limited) {
        let expected = f64::from(*free) * 0.5 / length;
        assert!((f64::from(*limited) - expected).abs() < 1e-6, "{limited}, not {expected}");
    }
    assert_eq!(step_difference(2.0 * length, 0.0).0, free);
}

#[test]
fn weight_decay_is_not_clipped() {
    let (limited, before) = step_difference(0.5, 0.0);
    let (decayed, _) = step_difference(0.5, 0.25);
    let pairs = limited.iter().zip(&decayed).zip(&before);
    let mut decays = 0;
    for (index, ((limited, decayed), before)) in pairs.enumerate() {
        let difference = decayed - limited;
        let decay = 0.25 * before;
        // The first layer is frozen, and biases start at 0.
        let frozen = index < 4 * 6 + 6;
        assert!((difference - if frozen { 0.0 } else { decay }).abs() < 1e-5, "{difference}");
        decays += usize::from(!frozen && decay != 0.0);
    }
    assert_eq!(decays, 6 * 5 + 5 * 3);
}

#[test]
fn an_infinite_gradient_becomes_nan() {
    let device = Device::flex();
    let with = |value: f32| LayerGradient {
        weight: Tensor::from_data([[[[value, 1.0]]]], &device),
        bias: Tensor::from_data([1.0], &device),
    };
    let mut gradients = [None, Some(with(f32::INFINITY)), Some(with(1.0))];
    clip_norm(&mut gradients, 1.0);
    let last = gradients[2].as_ref().unwrap();
    assert!(last.bias.clone().into_scalar::<f32>().is_nan());
}

#[test]
fn the_learning_rate_falls_at_drops_and_per_epoch_and_momentum_grows_linearly() {
    let schedule = TrainingConfig {
        epochs: 10,
        learning_rate: 0.8,
        lr_milestones: vec![0.5, 0.75],
        lr_gamma: 0.1,
        momentum: 0.9,
        lr_epoch_gamma: 0.5,
        momentum_warmup: Some(MomentumWarmup { from: 0.5, epochs: 4 }),
        ..TrainingConfig::evaluation_only(1)
    };
    // (share, epoch), then 0.8 * 0.1 per drop * 0.5 per epoch, then 0.5 + 0.4 * epoch / 4.
    let expected = [
        ((0.0, 0), (0.8, 0.5)),
        ((0.1, 1), (0.4, 0.6)),
        ((0.5, 5), (0.8 * 0.1 / 32.0, 0.9)),
        ((0.8, 8), (0.8 * 0.01 / 256.0, 0.9)),
    ];
    for ((share, epoch), (learning_rate, momentum)) in expected {
        let rates = LrStep::from_schedule(&schedule, share, epoch);
        let ratio = rates.learning_rate / learning_rate;
        assert!((ratio - 1.0).abs() < 1e-12, "{rates:?}, epoch {epoch}");
        assert!((rates.momentum - momentum).abs() < 1e-12, "{rates:?}, epoch {epoch}");
    }
}

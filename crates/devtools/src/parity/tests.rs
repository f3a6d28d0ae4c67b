//! The processor beside itself, beside itself with something changed, and with operands rounded.

use assay_models::{Layer, Network, save_networks};
use burn::tensor::{Device, Tensor, TensorData};

use super::*;
use assay_engine::device::{DeviceName, Opened, Precision};

fn case(name: &str) -> NetworkCase {
    NetworkCase::all().into_iter().find(|case| case.name == name).unwrap()
}

/// What the processor says of a state, and what each layer was given.
fn said(
    case: &NetworkCase,
    state: &State,
    given: Option<&LayerInputs>,
) -> (Vec<Said>, LayerInputs) {
    let mut recorder = Recorder::new(&case.name, state.after_steps);
    let inputs = network(case, state, &Device::flex(), given, &mut recorder).unwrap();
    (recorder.finish().0, inputs)
}

/// The first operation of which a changed case says something else, from a state of the right one.
fn first_difference(right: &NetworkCase, changed: &NetworkCase) -> Option<String> {
    let state = right.states(&[2]).unwrap().remove(0);
    let (known, inputs) = said(right, &state, None);
    let (found, _) = said(changed, &state, Some(&inputs));
    let comparisons = compared(&known, &found, None, Precision::F32);
    let first = comparisons.iter().find(|comparison| !comparison.verdict.agrees());
    first.map(|first| first.operation.to_string())
}

#[test]
fn every_network_on_the_processor_says_what_it_says_there_to_the_last_bit() {
    for case in NetworkCase::all() {
        let state = case.states(&[1]).unwrap().remove(0);
        let (first, inputs) = said(&case, &state, None);
        let (second, _) = said(&case, &state, Some(&inputs));
        let layers = inputs.0.len();
        // Data, logits, confidences, evaluation and loss; a layer's output, and of both its parameters
        // a gradient, a velocity and what a step makes of it.
        assert_eq!(first.len(), 5 + 7 * layers, "{}", case.name);
        assert_eq!(first, second, "{}", case.name);
    }
}

#[test]
fn a_changed_step_is_found_and_named_by_its_first_operation() {
    let right = case("mlp-48-40");
    assert_eq!(first_difference(&right, &right), None);
    let mut changed = right.clone();
    changed.schedule.momentum = 0.89;
    let name = first_difference(&right, &changed).unwrap();
    assert_eq!(name, "mlp-48-40 after 2 steps: velocity of fc1.weight");
    let mut changed = right.clone();
    changed.schedule.learning_rate *= 1.01;
    let name = first_difference(&right, &changed).unwrap();
    assert!(name.contains(": step of fc"), "{name}");
}

#[test]
fn a_changed_layer_and_a_changed_dropout_are_found_and_named() {
    let right = case("alexnet_small");
    let mut changed = right.clone();
    changed.config.normalization = false;
    let name = first_difference(&right, &changed).unwrap();
    assert_eq!(name, "alexnet_small after 2 steps: forward of conv1");
    let mut changed = right.clone();
    changed.config.dropout = 0.25;
    let name = first_difference(&right, &changed).unwrap();
    assert_eq!(name, "alexnet_small after 2 steps: loss of cross-entropy");
}

/// Rounds to this many significant bits, half away from zero.
fn rounded(value: f32, significant: u32) -> f32 {
    let dropped = 24 - significant;
    f32::from_bits((value.to_bits() + (1 << (dropped - 1))) & !((1 << dropped) - 1))
}

fn rounded_tensor<const D: usize>(tensor: Tensor<D>, significant: u32) -> Tensor<D> {
    let (device, data) = (tensor.device(), tensor.into_data());
    Tensor::from_data(rounded_data(&data, significant), &device)
}

fn rounded_data(data: &TensorData, significant: u32) -> TensorData {
    let values = data.clone().try_into_vec::<f32>().unwrap();
    let values: Vec<f32> = values.into_iter().map(|value| rounded(value, significant)).collect();
    TensorData::new(values, data.shape())
}

/// Comparisons with layers whose operands are rounded, as tensor cores do.
fn with_rounded_operands(
    case: &NetworkCase,
    significant: u32,
    as_if: Precision,
) -> Vec<Comparison> {
    let state = case.states(&[3]).unwrap().remove(0);
    let (known, inputs) = said(case, &state, None);
    let (network, optimizer) = case.restore(&state, &Device::flex()).unwrap();
    let velocities = optimizer.velocities(&network);
    let round = |layer: &Layer| {
        let weight = rounded_tensor(layer.weight().inner(), significant);
        layer.config().with_weights(weight, layer.bias().inner()).freeze()
    };
    let network = Network::from_layers(network.layers().iter().map(round).collect());
    let file = save_networks(&[("network.", &network), ("velocity.", &velocities)], None);
    let state = State { file, ..state };
    let inputs = inputs.0.iter().map(|data| rounded_data(data, significant)).collect();
    let (found, _) = said(case, &state, Some(&LayerInputs(inputs)));
    compared(&known, &found, None, as_if)
}

#[test]
fn rounded_operands_are_told_from_f32_and_pass_for_what_they_are() {
    assert_eq!(rounded(1.0 + 2f32.powi(-12), 11).to_bits(), 1f32.to_bits());
    let mut wrong = Vec::new();
    for (significant, precision) in [(11, Precision::Tf32), (8, Precision::Bf16)] {
        for case in NetworkCase::all() {
            for comparison in with_rounded_operands(&case, significant, precision) {
                let Comparison { operation, difference, verdict, .. } = &comparison;
                println!("{precision} {operation}: {difference:?}");
                let is_forward = operation.stage == Stage::Forward;
                let right =
                    if is_forward { *verdict == Verdict::AsOwnPrecision } else { verdict.agrees() };
                if !right {
                    wrong.push(comparison);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_processor_agrees_with_itself_on_what_is_asked_for_and_unknown_parts_are_named() {
    let opened = Opened { device: Device::flex(), precision: Precision::F32, card: None };
    let only = ["losses".to_owned()];
    let found = parity(DeviceName::Cpu, &opened, &only, &|_| ()).unwrap();
    // Value and gradient of nine losses from three states.
    assert_eq!(found.comparisons.len(), 54);
    assert!(found.comparisons.iter().all(|comparison| comparison.difference == Some(0.0)));
    assert!(table(&found).contains("54 as in f32; nothing differs"), "{}", table(&found));
    let error = parity(DeviceName::Cpu, &opened, &["vgg".to_owned()], &|_| ()).unwrap_err();
    assert!(error.to_string().contains("no part \"vgg\"; there are mlp-48-40, lenet"), "{error}");
}

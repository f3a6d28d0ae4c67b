//! Compares the CPU with itself, with changed networks, and with rounded operands.

use assay_models::{Layer, Network, save_networks};
use burn::tensor::{Device, Tensor, TensorData};

use super::case::{NetworkCase, State};
use super::comparison::{Comparison, Verdict, compare_all};
use super::network::run_network;
use super::recorder::{OperationResult, Recorder, Stage};
use super::suite::compare_device;
use super::table::table;
use assay_engine::device::{DeviceName, OpenDevice, Precision};

fn case(name: &str) -> NetworkCase {
    NetworkCase::all().into_iter().find(|case| case.name == name).unwrap()
}

/// The CPU's results for a state, and the input of each layer.
fn cpu_results(
    case: &NetworkCase,
    state: &State,
    given: Option<&[TensorData]>,
) -> (Vec<OperationResult>, Vec<TensorData>) {
    let mut recorder = Recorder::new(&case.name, state.after_steps);
    let inputs = run_network(case, state, &Device::flex(), given, &mut recorder).unwrap();
    (recorder.results, inputs)
}

fn recorded(results: Vec<OperationResult>) -> Recorder {
    let mut recorder = Recorder::new("changed", 0);
    recorder.results = results;
    recorder
}

/// The first operation for which a changed case disagrees, from a state of the right case.
fn first_difference(right: &NetworkCase, changed: &NetworkCase) -> Option<String> {
    let state = right.states(&[2], Precision::F32).unwrap().remove(0);
    let (reference, inputs) = cpu_results(right, &state, None);
    let (found, _) = cpu_results(changed, &state, Some(&inputs));
    let comparisons = compare_all(&reference, recorded(found), None, Precision::F32);
    let first = comparisons.iter().find(|comparison| !comparison.verdict.agrees());
    first.map(|first| first.operation.to_string())
}

#[test]
fn every_network_is_reproducible_on_the_cpu() {
    for case in NetworkCase::all() {
        let state = case.states(&[1], Precision::F32).unwrap().remove(0);
        let (first, inputs) = cpu_results(&case, &state, None);
        let (second, _) = cpu_results(&case, &state, Some(&inputs));
        let layers = inputs.len();
        // Data, logits, confidences, evaluation and loss. Per layer its output, and per parameter a gradient, a
        // velocity and the value after a step.
        assert_eq!(first.len(), 5 + 7 * layers, "{}", case.name);
        assert_eq!(first, second, "{}", case.name);
    }
}

#[test]
fn a_changed_step_is_found_in_its_first_operation() {
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
fn a_changed_layer_and_a_changed_dropout_are_found() {
    let right = case("alexnet_small");
    let mut changed = right.clone();
    changed.config.local_response_norm = false;
    let name = first_difference(&right, &changed).unwrap();
    assert_eq!(name, "alexnet_small after 2 steps: forward of conv1");
    let mut changed = right.clone();
    changed.config.dropout = 0.25;
    let name = first_difference(&right, &changed).unwrap();
    assert_eq!(name, "alexnet_small after 2 steps: loss of cross-entropy");
}

/// Rounds to `significant` bits, half away from zero.
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

/// Compares layers with rounded operands, as tensor cores compute them.
fn with_rounded_operands(
    case: &NetworkCase,
    significant: u32,
    as_if: Precision,
) -> Vec<Comparison> {
    let state = case.states(&[3], as_if).unwrap().remove(0);
    let (reference, inputs) = cpu_results(case, &state, None);
    let (network, optimizer) = case.restore(&state, &Device::flex()).unwrap();
    let velocities = optimizer.velocities(&network);
    let round = |layer: &Layer| {
        let weight = rounded_tensor(layer.weight().inner(), significant);
        layer.config().with_weights(weight, layer.bias().inner()).freeze()
    };
    let network = Network::from_layers(network.layers().iter().map(round).collect());
    let file = save_networks(&[("network.", &network), ("velocity.", &velocities)], None);
    let state = State { file, ..state };
    let inputs: Vec<_> = inputs.iter().map(|data| rounded_data(data, significant)).collect();
    let (found, _) = cpu_results(case, &state, Some(&inputs));
    compare_all(&reference, recorded(found), None, as_if)
}

#[test]
fn rounded_operands_are_distinguished_from_f32_and_accepted_in_their_precision() {
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
fn the_cpu_agrees_with_itself_and_unknown_parts_are_errors() {
    let opened = OpenDevice { device: Device::flex(), precision: Precision::F32, gpu_name: None };
    let only = ["losses".to_owned()];
    let found = compare_device(DeviceName::Cpu, &opened, &only).unwrap();
    // Value and gradient of nine losses for three states.
    assert_eq!(found.comparisons.len(), 54);
    assert!(found.comparisons.iter().all(|comparison| comparison.difference == Some(0.0)));
    assert!(table(&found).contains("54 as in f32; nothing differs"), "{}", table(&found));
    let error = compare_device(DeviceName::Cpu, &opened, &["vgg".to_owned()]).unwrap_err();
    assert!(error.to_string().contains("no part \"vgg\"; there are mlp-48-40, lenet"), "{error}");
}

//! How the networks of a sweep are initialized and which layers training changes, bit for bit, at toy size with the
//! real program.

use std::process::{Command, Stdio};

use assay_engine::profile::Profile;
use assay_fool_execute::FoolProfile;
use assay_models::{Initialization, Network};
use assay_runs::{Cell, CellSpec, RunDirectory, random_stream};
use assay_transfer::{TransferCell, Treatment};
use assay_transfer_execute::{
    HalvedDataModule, TransferProfile, initial_network, network_config, trained_network,
};
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor};

const TOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml");

const CHANGES: [&str; 3] = [
    "cells=[\"selffer\", \"transfer\", \"transfer_plus\", \"base_long\", \"random_he\", \"random_paper\"]",
    "cuts=[2, 7]",
    "run.keep_all_weights=true",
];

/// The weights and biases of a layer, as bits.
fn bits(network: &Network, layer: usize) -> Vec<u32> {
    let layer = &network.layers()[layer];
    let weight = layer.weight().inner().into_data().try_into_vec::<f32>().unwrap();
    let bias = layer.bias().inner().into_data().try_into_vec::<f32>().unwrap();
    weight.iter().chain(&bias).map(|value| value.to_bits()).collect()
}

/// The network of a cell after initialization, with nothing copied.
fn drawn(
    cell: &TransferCell,
    data_module: &HalvedDataModule,
    initialization: Initialization,
) -> Network {
    let owner = cell.stream_owner();
    let streams = |layer: &str| random_stream(&owner, &format!("weights of {layer}"));
    let config = network_config(cell, data_module).unwrap();
    config.init(initialization, streams, &Device::flex()).unwrap()
}

/// Returns how many layers do not have the cell's own initialization, and the network that they come from.
fn given(
    cell: &TransferCell,
    data_module: &HalvedDataModule,
    run: &RunDirectory,
) -> (usize, Network) {
    let base = || trained_network(&cell.bases()[0], data_module, run).unwrap();
    match cell.treatment {
        Treatment::Copied { layers, .. } => (usize::from(layers), base()),
        Treatment::BaseLong { .. } => (8, base()),
        Treatment::Random { layers, initialization, .. } => {
            let rule = initialization;
            (usize::from(layers), drawn(cell, data_module, rule))
        }
        _ => (0, drawn(cell, data_module, Initialization::He)),
    }
}

#[test]
fn every_treatment_copies_and_freezes_the_layers_that_its_name_says() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut sweep = Command::new(env!("CARGO_BIN_EXE_assay"));
    sweep.args(["transfer-sweep", "--profile", TOY, "--out"]).arg(&out);
    sweep.args(CHANGES.iter().flat_map(|change| ["--set", change]));
    assert!(sweep.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
    let run = RunDirectory::open(&out).unwrap();
    let profile = TransferProfile::read_with(TOY, &CHANGES).unwrap();
    let data_module = HalvedDataModule::open(&profile, None, &Device::flex()).unwrap();
    // Two bases, two long ones, and five kinds for two cut points and two targets.
    assert_eq!(run.plan().cells.len(), 2 + 2 + 5 * 2 * 2);
    for cell in run.plan().cells.iter().filter_map(Cell::downcast_ref::<TransferCell>) {
        let start = initial_network(cell, &data_module, &run).unwrap();
        let fresh = drawn(cell, &data_module, Initialization::He);
        let (layers, origin) = given(cell, &data_module, &run);
        let end = trained_network(cell, &data_module, &run).unwrap();
        let frozen = usize::from(cell.treatment.frozen_layers());
        for layer in 0..8 {
            let place = format!("{}, layer {}", cell.name(), layer + 1);
            let before = bits(&start, layer);
            let expected = if layer < layers { &origin } else { &fresh };
            assert_eq!(before, bits(expected, layer), "{place} does not begin as it should");
            assert_eq!(start.layers()[layer].is_trained(), layer >= frozen, "{place}");
            assert_eq!(before == bits(&end, layer), layer < frozen, "{place} after training");
        }
    }
}

#[test]
fn networks_that_are_compared_share_the_weights_of_their_own_layers_and_bases_share_none() {
    let profile = TransferProfile::read_with(TOY, &CHANGES).unwrap();
    let data_module = HalvedDataModule::open(&profile, None, &Device::flex()).unwrap();
    let plan = assay_transfer_execute::plan("toy", &profile, &data_module).unwrap();
    let owner = |name: &str| {
        let mut cells = plan.cells.iter().filter_map(Cell::downcast_ref::<TransferCell>);
        cells.find(|cell| cell.treatment.to_string() == name).unwrap().stream_owner()
    };
    for other in ["a2b", "a2b_plus", "random2_b_he", "random2_b_paper"] {
        assert_eq!(owner("b2b"), owner(other), "{other}");
    }
    for other in ["b7b", "a2a", "base_b", "base_b_long"] {
        assert_ne!(owner("b2b"), owner(other), "{other}");
    }
}

#[test]
fn all_layers_and_cells_are_initialized_differently() {
    let profile = TransferProfile::read(TOY, &[]).unwrap();
    let data_module = HalvedDataModule::open(&profile, None, &Device::flex()).unwrap();
    let plan = assay_transfer_execute::plan("toy", &profile, &data_module).unwrap();
    let cells = plan.cells[..4].iter().filter_map(Cell::downcast_ref::<TransferCell>);
    let networks: Vec<Network> =
        cells.map(|cell| drawn(cell, &data_module, Initialization::He)).collect();
    // fc6 and fc7 have the same shape at this width.
    let mut seen: Vec<Vec<u32>> =
        networks.iter().flat_map(|network| [5, 6].map(|layer| bits(network, layer))).collect();
    assert_eq!(seen[0].len(), seen[1].len());
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 8);
}

/// The standard deviation of a tensor's values.
fn deviation(tensor: Tensor<4>) -> f64 {
    let numbers = tensor.into_data().try_into_vec::<f32>().unwrap();
    let count = numbers.len() as f64;
    let mean = numbers.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let squares = numbers.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>();
    (squares / count).sqrt()
}

#[test]
fn the_papers_initialization_is_used_with_images_minus_their_mean() {
    let profile = TransferProfile::read_with(TOY, &CHANGES).unwrap();
    let data_module = HalvedDataModule::open(&profile, None, &Device::flex()).unwrap();
    let plan = assay_transfer_execute::plan("toy", &profile, &data_module).unwrap();
    let seen = |wanted| {
        let is_wanted = |cell: &&TransferCell| matches!(cell.treatment, Treatment::Random { initialization, .. } if initialization == wanted);
        let cell = plan
            .cells
            .iter()
            .filter_map(Cell::downcast_ref::<TransferCell>)
            .find(is_wanted)
            .unwrap();
        let (train, _) = data_module.batches(cell).unwrap();
        let rows: Vec<u32> = (0..train.source.rows() as u32).collect();
        (cell.clone(), train.source.batch(&rows).unwrap())
    };
    let (_, he) = seen(Initialization::He);
    let (cell, paper) = seen(Initialization::Paper);
    let divided = deviation(he);
    assert!((0.7..1.3).contains(&divided), "{divided}");
    let pixels = deviation(paper.clone());
    assert!(pixels > 30.0, "{pixels}");
    // As in the paper: AlexNet's conv1 makes a deviation of some 7 of one of 60, here of 27 inputs a place.
    let weight = drawn(&cell, &data_module, Initialization::Paper).layers()[0].weight().inner();
    let [_, channels, height, width] = weight.dims();
    let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
    let output = deviation(conv2d(paper, weight, None, options));
    let expected = 0.01 * pixels * ((channels * height * width) as f64).sqrt();
    assert!((0.5..2.0).contains(&(output / expected)), "{output} of {expected}");
    assert!(output > 1.0, "{output}");
}

#[test]
fn networks_without_a_published_initialization_refuse_it() {
    let refused = |change: &[&str]| {
        let changes: Vec<String> = change.iter().map(|&change| change.to_owned()).collect();
        format!("{:#}", TransferProfile::read_with("quick", &changes).unwrap_err())
    };
    let lenet = "network.architecture=lenet";
    let error = refused(&[lenet, "network.initialization=paper"]);
    assert!(error.contains("no paper gives an initialization for lenet"), "{error}");
    let error = refused(&[lenet, "cells=[\"random_paper\"]"]);
    assert!(error.contains("no paper gives an initialization for lenet"), "{error}");
    let changes = ["networks.network.initialization=paper".to_owned()];
    let error = format!("{:#}", FoolProfile::read_with("quick", &changes).unwrap_err());
    assert!(error.contains("alexnet_small is for inputs that are not divided"), "{error}");
}

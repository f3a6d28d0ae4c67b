//! How the networks of a sweep begin and which of their layers training leaves alone, bit for bit,
//! by the program itself at toy size, with dropout, groups and normalisation on.

use std::process::{Command, Stdio};

use assay_experiments::profile::Profile;
use assay_experiments::transfer::{
    HalvedMaterial, TransferProfile, initial_network, network_config, trained,
};
use assay_models::{Initialization, Network};
use assay_runs::{Cell, RunDirectory, TransferCell, Treatment, stream};
use burn::tensor::Device;

const TOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml");

const CHANGES: [&str; 3] = [
    "cells=[\"selffer\", \"transfer\", \"transfer_plus\", \"base_long\", \"random_he\", \"random_paper\"]",
    "cuts=[2, 7]",
    "run.keep_all_weights=true",
];

/// Weights and biases of a layer, as bits.
fn bits(network: &Network, layer: usize) -> Vec<u32> {
    let layer = &network.layers()[layer];
    let weight = layer.weight().inner().into_data().try_into_vec::<f32>().unwrap();
    let bias = layer.bias().inner().into_data().try_into_vec::<f32>().unwrap();
    weight.iter().chain(&bias).map(|value| value.to_bits()).collect()
}

/// The cell's network as its own streams draw it, nothing copied.
fn drawn(
    cell: &TransferCell,
    material: &HalvedMaterial,
    initialization: Initialization,
) -> Network {
    let streams = |layer: &str| stream(&cell.id(), &format!("weights of {layer}"));
    let config = network_config(cell, material).unwrap();
    config.init(initialization, streams, &Device::flex()).unwrap()
}

/// How many layers are not as the cell's own stream draws them by He's rule, and the network that
/// they are from.
fn given(cell: &TransferCell, material: &HalvedMaterial, run: &RunDirectory) -> (usize, Network) {
    let base = || trained(&cell.needs()[0], material, run).unwrap();
    match cell.treatment {
        Treatment::Copied { layers, .. } => (usize::from(layers), base()),
        Treatment::BaseLong { .. } => (8, base()),
        Treatment::Random { layers, initialization, .. } => {
            let rule = match initialization {
                assay_runs::Initialization::He => Initialization::He,
                assay_runs::Initialization::Paper => Initialization::Paper,
            };
            (usize::from(layers), drawn(cell, material, rule))
        }
        _ => (0, drawn(cell, material, Initialization::He)),
    }
}

#[test]
fn every_treatment_begins_and_freezes_as_its_name_says() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let mut sweep = Command::new(env!("CARGO_BIN_EXE_assay"));
    sweep.args(["transfer-sweep", "--profile", TOY, "--out"]).arg(&out);
    sweep.args(CHANGES.iter().flat_map(|change| ["--set", change]));
    assert!(sweep.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
    let run = RunDirectory::open(&out).unwrap();
    let profile = TransferProfile::read(TOY, &CHANGES.map(str::to_owned)).unwrap();
    let material = HalvedMaterial::open(&profile, None, &Device::flex()).unwrap();
    // Two bases, two long ones, and five kinds at two cut points for two targets.
    assert_eq!(run.plan().cells.len(), 2 + 2 + 5 * 2 * 2);
    for cell in run.plan().cells.iter().filter_map(Cell::transfer) {
        let start = initial_network(cell, &material, &run).unwrap();
        let fresh = drawn(cell, &material, Initialization::He);
        let (layers, origin) = given(cell, &material, &run);
        let end = trained(cell, &material, &run).unwrap();
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
fn no_two_layers_and_no_two_cells_are_drawn_alike() {
    let profile = TransferProfile::read(TOY, &[]).unwrap();
    let material = HalvedMaterial::open(&profile, None, &Device::flex()).unwrap();
    let plan = assay_experiments::transfer::plan("toy", &profile, &material).unwrap();
    let cells = plan.cells[..4].iter().filter_map(Cell::transfer);
    let networks: Vec<Network> =
        cells.map(|cell| drawn(cell, &material, Initialization::He)).collect();
    // fc6 and fc7 have the same shape at this width.
    let mut seen: Vec<Vec<u32>> =
        networks.iter().flat_map(|network| [5, 6].map(|layer| bits(network, layer))).collect();
    assert_eq!(seen[0].len(), seen[1].len());
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 8);
}

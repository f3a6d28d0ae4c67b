//! Files given to a sweep, such as weights and lists of classes, are identified by their content. Also tests how few
//! images are normalized.

use std::path::Path;

use assay_engine::profile::Profile;
use assay_models::{Initialization, NetworkConfig};
use assay_runs::{Cell, CellSpec, Plan, RunDirectory, random_stream};
use assay_transfer::TransferCell;
use assay_transfer_execute::{
    HalvedDataModule, TransferProfile, initial_network, network_config, plan,
};
use burn::tensor::Device;

const TOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml");

fn opened(changes: &[String]) -> anyhow::Result<(Plan, HalvedDataModule)> {
    let profile = TransferProfile::read_with(TOY, changes)?;
    let data_module = HalvedDataModule::open(&profile, None, &Device::flex())?;
    Ok((plan("toy", &profile, &data_module)?, data_module))
}

fn cells(plan: &Plan) -> Vec<&TransferCell> {
    plan.cells.iter().filter_map(Cell::downcast_ref).collect()
}

/// The planned cell whose name begins with `start`.
fn cell<'a>(plan: &'a Plan, start: &str) -> &'a TransferCell {
    cells(plan).into_iter().find(|cell| cell.name().starts_with(start)).unwrap()
}

fn text(key: &str, path: &Path) -> String {
    format!("{key}={}", toml::Value::String(path.display().to_string()))
}

/// Writes random weights, or weights that are not finite.
fn write(config: &NetworkConfig, name: &str, file: &Path) -> String {
    let network = config
        .init(Initialization::He, |layer| random_stream(&name, layer), &Device::flex())
        .unwrap();
    let mut bytes = network.to_safetensors();
    if name == "no number" {
        let end = bytes.len();
        bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    }
    std::fs::write(file, &bytes).unwrap();
    blake3::hash(&bytes).to_hex().to_string()
}

#[test]
fn changed_or_non_finite_base_weights_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("base.safetensors");
    let changes = [
        text("base_weights", &file),
        "splits=[\"weights\"]".to_owned(),
        "cells=[\"transfer_plus\"]".to_owned(),
    ];
    let (toy, toy_material) = opened(&[]).unwrap();
    let config = network_config(cells(&toy)[0], &toy_material).unwrap();
    let planned = write(&config, "one", &file);
    let (plan, data_module) = opened(&changes).unwrap();
    let run = RunDirectory::create_or_open(&folder.path().join("run"), plan).unwrap();
    let cell = cell(run.plan(), "a1b_plus");
    initial_network(cell, &data_module, &run).unwrap();
    let now = write(&config, "two", &file);
    let error = format!("{:#}", initial_network(cell, &data_module, &run).unwrap_err());
    for words in [&planned, &now, &file.display().to_string()] {
        assert!(error.contains(words), "{error}");
    }
    write(&config, "no number", &file);
    let error = format!("{:#}", opened(&changes).err().unwrap());
    assert!(error.contains("weights are finite numbers"), "{error}");
}

#[test]
fn a_list_of_classes_is_identified_by_its_name_and_content() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("of mine.toml");
    let changes = [
        format!("splits=[{}]", toml::Value::String(file.display().to_string())),
        "cells=[]".into(),
    ];
    let first = "a.indices = \"0-11\"\nb.rest = true\n";
    std::fs::write(&file, first).unwrap();
    let (before, data_module) = opened(&changes).unwrap();
    let digest = blake3::hash(first.as_bytes()).to_hex();
    // The folder has this name: no separator, no space.
    let start = format!("base_a.of-mine-{}.seed-0.", &digest[..8]);
    let base = cell(&before, &start);
    assert!(!base.name().contains(['/', '\\', ' ']));
    assert_eq!(data_module.halves(&base.split).unwrap().a, (0..12).collect::<Vec<_>>());
    std::fs::write(&file, first.replace("11", "9")).unwrap();
    let (after, reopened) = opened(&changes).unwrap();
    assert_eq!((before.cells.len(), after.cells.len()), (2, 2));
    assert!(before.cells.iter().all(|old| after.cells.iter().all(|new| new.id() != old.id())));
    let error = format!("{:#}", reopened.halves(&base.split).unwrap_err());
    for words in [base.split.to_string(), file.display().to_string()] {
        assert!(error.contains(&words), "{error}");
    }
    std::fs::remove_file(&file).unwrap();
    let error = format!("{:#}", opened(&changes).err().unwrap());
    assert!(error.contains("of mine.toml") && error.contains("no such file"), "{error}");
}

#[test]
fn normalization_of_few_images_uses_no_others() {
    let changes = ["images_per_class=[3, 100, 0]".to_owned(), "cuts=[1]".to_owned()];
    let (plan, data_module) = opened(&changes).unwrap();
    let of = |start: &str, images: Option<u32>| {
        let is = |cell: &&TransferCell| {
            cell.treatment.to_string() == start && cell.images_per_class == images
        };
        data_module.normalization(cells(&plan).into_iter().find(is).unwrap()).unwrap()
    };
    let (few, all) = (Some(3), None);
    assert_ne!(of("base_b", few), of("base_b", all));
    // Its source is the base that was trained on the same few images.
    assert_eq!(of("base_b_long", few), of("base_b", few));
    assert_eq!(of("random1_b_he", few), of("base_b", few));
    assert_eq!(of("scores_ab", few), of("base_a", few));
    // The source of a copied network was trained on all images.
    assert_eq!(of("a1b_plus", few), of("base_a", all));
    assert_eq!(of("b1b", few), of("base_b", all));
}

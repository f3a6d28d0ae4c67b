//! State dicts written by `torch.save`. The fixtures were made by `make_state_dict.py`.

use std::path::{Path, PathBuf};

use assay_models::NetworkConfig;
use burn::tensor::{Device, Tensor, TensorData};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

fn config(architecture: &str, classes: usize) -> NetworkConfig {
    NetworkConfig {
        architecture: architecture.parse().unwrap(),
        input: [1, 2, 3],
        classes,
        width: 1.0,
        groups: false,
        local_response_norm: false,
        input_dropout: 0.0,
        dropout: 0.0,
    }
}

/// The error for a file, which must name the file.
fn refused(config: &NetworkConfig, file: &Path) -> String {
    let error = config.load(file, &Device::flex()).unwrap_err().to_string();
    assert!(error.contains(file.to_str().unwrap()), "{error}");
    error
}

#[test]
fn a_state_dict_gives_pytorchs_logits() {
    let network = config("mlp-5-4", 3).load(&fixture("mlp.pth"), &Device::flex()).unwrap();
    let pixels: Vec<f32> = (0u8..12).map(|i| (f32::from(i) - 6.0) / 4.0).collect();
    let images = Tensor::from_data(TensorData::new(pixels, [2, 1, 2, 3]), &Device::flex());
    let found = network.frozen().forward(images).into_data().try_into_vec::<f32>().unwrap();
    // Printed by `make_state_dict.py`.
    let expected =
        [-0.153_058_8, 0.233_116_67, 0.455_648_48, -0.183_234_87, 0.196_504_95, 0.414_274_7f32];
    for (found, expected) in found.into_iter().zip(expected) {
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }
}

#[test]
fn state_dict_and_safetensors_give_the_same_weights() {
    let folder = tempfile::tempdir().unwrap();
    let config = config("mlp-5-4", 3);
    let network = config.load(&fixture("mlp.pth"), &Device::flex()).unwrap();
    let file = folder.path().join("mlp.safetensors");
    std::fs::write(&file, network.to_safetensors()).unwrap();
    let again = config.load(&file, &Device::flex()).unwrap();
    assert_eq!(again.to_safetensors(), network.to_safetensors());
}

#[test]
fn the_number_of_classes_is_read_from_a_state_dict() {
    let read = config("mlp-5-4", 10).with_classes_from_file(&fixture("mlp.pth")).unwrap();
    assert_eq!(read, config("mlp-5-4", 3));
}

#[test]
fn invalid_tensors_are_errors() {
    let shape = refused(&config("mlp-5-6", 3), &fixture("mlp.pth"));
    let expected = "tensor \"fc2.weight\" is F32 [4, 5], the network needs F32 [6, 5]";
    assert!(shape.contains(expected), "{shape}");
    let missing = refused(&config("mlp-5-4-3", 3), &fixture("mlp.pth"));
    let expected = "no tensor \"fc4.weight\"; the file has fc1.bias, fc1.weight, fc2.bias";
    assert!(missing.contains(expected), "{missing}");
    let double = refused(&config("mlp-5-4", 3), &fixture("mlp_double.pth"));
    assert!(
        double.contains("\"fc1.weight\" is F64 [5, 6], the network needs F32 [5, 6]"),
        "{double}"
    );
}

#[test]
fn a_truncated_state_dict_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cut.pth");
    let whole = std::fs::read(fixture("mlp.pth")).unwrap();
    for length in (0..whole.len()).step_by(37) {
        std::fs::write(&file, &whole[..length]).unwrap();
        let error = refused(&config("mlp-5-4", 3), &file);
        assert!(error.contains("damaged"), "{error}");
    }
}

#[test]
fn a_damaged_state_dict_never_panics() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("changed.pth");
    let whole = std::fs::read(fixture("mlp.pth")).unwrap();
    let mut refusals = 0;
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 0x11;
        std::fs::write(&file, &changed).unwrap();
        if let Err(error) = config("mlp-5-4", 3).load(&file, &Device::flex()) {
            assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
            refusals += 1;
        }
    }
    // Many bytes are padding, or belong to entries that are not read.
    println!("{refusals} of {} changes were noticed", whole.len());
    assert!(refusals > whole.len() / 10, "{refusals} of {}", whole.len());
}

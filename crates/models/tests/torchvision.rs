//! torchvision's `alexnet`: weights and logits from `make_torchvision.py`.

use std::path::Path;

use assay_models::{Architecture, NetworkConfig};
use burn::tensor::{Device, Tensor, TensorData};
use safetensors::SafeTensors;

/// The configuration of torchvision's network with `classes` outputs and a width factor.
fn torchvision(width: f64, classes: usize) -> NetworkConfig {
    NetworkConfig {
        architecture: Architecture::AlexNetTorchvision,
        input: [3, 224, 224],
        classes,
        width,
        groups: true,
        local_response_norm: true,
        input_dropout: 0.0,
        // As in torchvision; it must not be used in evaluation.
        dropout: 0.5,
    }
}

/// The two images of `make_torchvision.py`, bit by bit.
fn images() -> Tensor<4> {
    let value = |i: u32| (f64::from(i * 7919 % 1009) - 504.0) / 252.0;
    let pixels: Vec<f32> = (0..2 * 3 * 224 * 224).map(|i| value(i) as f32).collect();
    Tensor::from_data(TensorData::new(pixels, [2, 3, 224, 224]), &Device::flex())
}

/// The logits that torchvision computed for this file.
fn expected(file: &Path) -> Vec<f32> {
    let bytes = std::fs::read(file).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let bytes = tensors.tensor("logits").unwrap().data().to_vec();
    bytes.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect()
}

/// The largest difference between logits, and the largest logit (absolute values).
fn largest_difference(config: &NetworkConfig, file: &Path) -> (f32, f32) {
    let network = config.load(file, &Device::flex()).unwrap().frozen();
    let found = network.forward(images()).into_data().try_into_vec::<f32>().unwrap();
    let expected = expected(file);
    assert_eq!(found.len(), expected.len());
    let differences = found.iter().zip(&expected).map(|(found, expected)| (found - expected).abs());
    (
        differences.fold(0.0, f32::max),
        expected.iter().fold(0.0, |most, &logit| most.max(logit.abs())),
    )
}

#[test]
fn narrow_alexnet_gives_torchvisions_logits() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/alexnet_narrow.safetensors");
    let (difference, largest) = largest_difference(&torchvision(1.0 / 64.0, 8), &file);
    println!("differences of at most {difference:e} in logits of at most {largest}");
    assert!(difference <= 1e-5 * largest.max(1.0), "{difference} in logits of at most {largest}");
}

#[test]
fn the_number_of_classes_is_read_from_torchvisions_file() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/alexnet_narrow.safetensors");
    let config = torchvision(1.0 / 64.0, 1000).with_classes_from_file(&file).unwrap();
    assert_eq!(config, torchvision(1.0 / 64.0, 8));
}

#[test]
#[ignore = "needs ASSAY_TORCHVISION=FOLDER with the 233 MiB that `make_torchvision.py whole FOLDER` writes"]
fn full_alexnet_gives_torchvisions_logits() {
    let folder = std::env::var("ASSAY_TORCHVISION").expect("ASSAY_TORCHVISION names the folder");
    let file = Path::new(&folder).join("alexnet.safetensors");
    let (difference, largest) = largest_difference(&torchvision(1.0, 1000), &file);
    println!("differences of at most {difference:e} in logits of at most {largest}");
    assert!(difference <= 1e-5 * largest, "{difference} in logits of at most {largest}");
}

//! Invalid weight files: errors name the file and the tensor, and say what is expected.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use assay_models::{Architecture, Initialization, ModelError, NetworkConfig};
use burn::tensor::Device;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

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

/// Name to type, shape and bytes.
type Tensors = BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)>;

fn tensors() -> Tensors {
    let streams = |layer: &str| ChaCha8Rng::seed_from_u64(layer.len() as u64);
    let network = CONFIG.init(Initialization::He, streams, &Device::flex()).unwrap();
    let bytes = network.to_safetensors();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let tensors = tensors.tensors().into_iter();
    tensors
        .map(|(name, view)| (name, (view.dtype(), view.shape().to_vec(), view.data().to_vec())))
        .collect()
}

fn write(folder: &Path, tensors: &Tensors) -> PathBuf {
    let views = tensors.iter().map(|(name, (dtype, shape, bytes))| {
        (name.as_str(), TensorView::new(*dtype, shape.clone(), bytes).unwrap())
    });
    let file = folder.join("weights.safetensors");
    std::fs::write(&file, safetensors::serialize(views, None).unwrap()).unwrap();
    file
}

/// Loads changed tensors. The error must name the file and contain all words.
fn refused(change: impl FnOnce(&mut Tensors), words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let mut tensors = tensors();
    change(&mut tensors);
    let file = write(folder.path(), &tensors);
    let error = CONFIG.load(&file, &Device::flex()).unwrap_err().to_string();
    for word in [&[file.to_str().unwrap()], words].concat() {
        assert!(error.contains(word), "no {word:?} in: {error}");
    }
}

#[test]
fn names_and_shapes_are_those_of_pytorch() {
    let shapes: Vec<(String, Vec<usize>)> =
        tensors().into_iter().map(|(name, (_, shape, _))| (name, shape)).collect();
    let expected: [(&str, &[usize]); 16] = [
        ("conv1.bias", &[4]),
        ("conv1.weight", &[4, 3, 3, 3]),
        ("conv2.bias", &[8]),
        // With two groups, each filter has half of the channels as inputs.
        ("conv2.weight", &[8, 2, 3, 3]),
        ("conv3.bias", &[12]),
        ("conv3.weight", &[12, 8, 3, 3]),
        ("conv4.bias", &[12]),
        ("conv4.weight", &[12, 6, 3, 3]),
        ("conv5.bias", &[8]),
        ("conv5.weight", &[8, 6, 3, 3]),
        ("fc6.bias", &[32]),
        ("fc6.weight", &[32, 32]),
        ("fc7.bias", &[32]),
        ("fc7.weight", &[32, 32]),
        ("fc8.bias", &[5]),
        ("fc8.weight", &[5, 32]),
    ];
    let expected = expected.map(|(name, shape)| (name.to_owned(), shape.to_vec()));
    assert_eq!(shapes, expected);
}

#[test]
fn invalid_tensors_are_errors() {
    let missing = |tensors: &mut Tensors| drop(tensors.remove("fc7.bias"));
    refused(missing, &["no tensor \"fc7.bias\"", "conv1.weight"]);
    let flat = |tensors: &mut Tensors| {
        tensors.get_mut("conv3.weight").unwrap().1 = vec![12, 72];
    };
    refused(flat, &["\"conv3.weight\"", "F32 [12, 72]", "F32 [12, 8, 3, 3]"]);
    let integers = |tensors: &mut Tensors| tensors.get_mut("conv1.bias").unwrap().0 = Dtype::I32;
    refused(integers, &["\"conv1.bias\"", "I32 [4]", "needs F32 [4]"]);
    let shorter = |tensors: &mut Tensors| {
        let bias = tensors.get_mut("fc6.bias").unwrap();
        (bias.1, bias.2) = (vec![31], bias.2[..124].to_vec());
    };
    refused(shorter, &["\"fc6.bias\"", "F32 [31]", "F32 [32]"]);
}

#[test]
fn additional_tensors_are_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let mut tensors = tensors();
    tensors.insert("logits".to_owned(), (Dtype::F32, vec![1], vec![0; 4]));
    CONFIG.load(&write(folder.path(), &tensors), &Device::flex()).unwrap();
}

#[test]
fn load_exact_refuses_additional_tensors_and_infinities() {
    let folder = tempfile::tempdir().unwrap();
    let load =
        |tensors: &Tensors| CONFIG.load_exact(&write(folder.path(), tensors), &Device::flex());
    let bytes = load(&tensors()).unwrap().to_safetensors();
    let found = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(found.tensor("fc8.weight").unwrap().data(), tensors()["fc8.weight"].2);
    let mut more = tensors();
    more.insert("fc9.bias".to_owned(), (Dtype::F32, vec![1], vec![0; 4]));
    let error = load(&more).unwrap_err().to_string();
    assert!(error.contains("alexnet_small has no tensors fc9.bias; its tensors are"), "{error}");
    let mut wild = tensors();
    wild.get_mut("fc6.bias").unwrap().2[4..8].copy_from_slice(&f32::NAN.to_le_bytes());
    let error = load(&wild).unwrap_err().to_string();
    assert!(error.contains("weights.safetensors: tensor \"fc6.bias\" has NaN"), "{error}");
}

#[test]
fn a_truncated_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), &tensors());
    let whole = std::fs::read(&file).unwrap();
    for length in (0..whole.len()).step_by(97) {
        std::fs::write(&file, &whole[..length]).unwrap();
        let error = CONFIG.load(&file, &Device::flex()).unwrap_err().to_string();
        assert!(error.contains(file.to_str().unwrap()) && error.contains("damaged"), "{error}");
    }
}

#[test]
fn a_damaged_header_never_panics() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), &tensors());
    let whole = std::fs::read(&file).unwrap();
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let (mut tried, mut refused) = (0, 0);
    for place in (0..header).step_by(7) {
        tried += 1;
        let mut changed = whole.clone();
        changed[place] ^= 0x11;
        std::fs::write(&file, &changed).unwrap();
        if let Err(error) = CONFIG.load(&file, &Device::flex()) {
            assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
            refused += 1;
        }
    }
    // Spaces that pad the header may change without harm.
    assert!(refused > tried * 9 / 10, "{refused} of {tried} changes were noticed");
}

#[test]
fn missing_files_and_folders_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("nothing.safetensors"), folder.path().to_owned()] {
        let error = CONFIG.load(&path, &Device::flex()).unwrap_err();
        assert!(matches!(&error, ModelError::Io { path: named, .. } if *named == path), "{error}");
    }
}

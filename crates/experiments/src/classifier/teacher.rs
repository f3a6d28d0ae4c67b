//! What a teacher says of the training images, kept in a file of the run.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use assay_datasets::{Batches, Normalisation};
use assay_models::Network;
use assay_runs::{Cell, ClassifierCell, Outcome, Record, Views, write_atomically};
use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::material::{Material, Part};
use crate::network::network_config;
use crate::worker::Desk;

/// Rows run through a teacher at a time.
const BATCH: usize = 256;

/// A file of a teacher's outputs that is not used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}; delete it, and the teacher is asked again")]
pub struct TeacherError {
    path: PathBuf,
    reason: String,
}

/// A teacher's logits of every row of the training images in these views, `[rows, classes]`, on the
/// device; from the run's file where there is one, which is written otherwise. Dropout is off, and
/// nothing is learnt: the teacher is frozen.
///
/// # Errors
/// When the teacher's weights or the file cannot be read or written, or the file is of another
/// teacher or of other images.
pub fn outputs(
    teacher: &ClassifierCell,
    views: &Views,
    normalisation: &Normalisation,
    material: &Material,
    desk: &Desk,
) -> Result<Tensor<2>> {
    let cell = Cell::from(teacher.clone());
    if let Some(Record { outcome: Outcome::Diverged { epoch }, .. }) = desk.run.record(&cell)? {
        bail!("its teacher {} diverged in epoch {epoch}: there is nothing to learn", cell.name());
    }
    let weights = desk.run.weights(&cell);
    let bytes = std::fs::read(&weights).with_context(|| weights.display().to_string())?;
    let inputs = inputs(views, normalisation, material)?;
    let key = HashMap::from([
        ("teacher".to_owned(), blake3::hash(&bytes).to_hex().to_string()),
        ("inputs".to_owned(), inputs.clone()),
    ]);
    let path = desk.run.teacher_outputs(&cell, &inputs[..16]);
    let bank = material.bank(Part::Train, views)?.normalised_by(normalisation)?;
    let classes = material.data().classes.len();
    if path.exists() {
        return Ok(read(&path, &key, [bank.rows(), classes], material.device())?);
    }
    let config = network_config(&teacher.network, material.shape(views), classes)?;
    let network = config.load(&weights, material.device())?.frozen();
    let logits = ask(&network, &bank);
    write(&path, key, &logits)?;
    Ok(logits)
}

/// What tells the rows of one set of images apart from those of any other.
fn inputs(views: &Views, normalisation: &Normalisation, material: &Material) -> Result<String> {
    let all = (&material.data().fingerprint, views, normalisation);
    Ok(blake3::hash(&serde_json::to_vec(&all)?).to_hex().to_string())
}

fn ask(network: &Network, bank: &dyn Batches) -> Tensor<2> {
    let rows: Vec<u32> = (0..bank.rows() as u32).collect();
    Tensor::cat(rows.chunks(BATCH).map(|rows| network.forward(bank.batch(rows))).collect(), 0)
}

fn write(path: &Path, key: HashMap<String, String>, logits: &Tensor<2>) -> Result<()> {
    let shape = logits.dims().to_vec();
    let values = logits.clone().into_data().convert::<f32>().try_into_vec::<f32>();
    let values = values.expect("just converted");
    let bytes: Vec<u8> = values.into_iter().flat_map(f32::to_le_bytes).collect();
    let view = TensorView::new(Dtype::F32, shape, &bytes)?;
    let file = safetensors::serialize([("logits", view)], Some(key))?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    Ok(write_atomically(path, &file)?)
}

fn read(
    path: &Path,
    key: &HashMap<String, String>,
    shape: [usize; 2],
    device: &Device,
) -> Result<Tensor<2>, TeacherError> {
    let wrong = |reason: String| TeacherError { path: path.to_owned(), reason };
    let file = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let damaged = |error| wrong(format!("not a safetensors file, or damaged: {error}"));
    let (_, header) = SafeTensors::read_metadata(&file).map_err(damaged)?;
    if header.metadata().as_ref() != Some(key) {
        return Err(wrong("it is of another teacher or of other images".to_owned()));
    }
    let tensors = SafeTensors::deserialize(&file).map_err(damaged)?;
    let logits = tensors.tensor("logits").map_err(damaged)?;
    if logits.shape() != shape || logits.dtype() != Dtype::F32 {
        return Err(wrong(format!("it holds {:?}, not F32 {shape:?}", logits.shape())));
    }
    let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    let values: Vec<f32> = logits.data().chunks_exact(4).map(number).collect();
    Ok(Tensor::from_data(TensorData::new(values, shape), device))
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_datasets::{ViewBank, ViewSettings, forms};
    use assay_models::{Initialization, NetworkConfig};
    use assay_runs::stream;

    fn key(teacher: &str) -> HashMap<String, String> {
        HashMap::from([("teacher".to_owned(), teacher.to_owned())])
    }

    #[test]
    fn outputs_read_back_as_they_were_and_are_refused_to_another_teacher_or_shape() {
        let (folder, device) = (tempfile::tempdir().unwrap(), Device::flex());
        let path = folder.path().join("teachers").join("outputs.safetensors");
        let logits = Tensor::<2>::from_data([[1.5, -2.0], [0.25, 1e-8], [3.0, 4.0]], &device);
        write(&path, key("one"), &logits).unwrap();
        let back = read(&path, &key("one"), [3, 2], &device).unwrap();
        assert_eq!(back.into_data(), logits.into_data());
        let error = |key, shape| read(&path, &key, shape, &device).unwrap_err().to_string();
        assert!(error(key("two"), [3, 2]).contains("another teacher or of other images"));
        assert!(error(key("one"), [2, 2]).contains("it holds [3, 2], not F32 [2, 2]"));
    }

    #[test]
    fn a_teacher_with_dropout_says_the_same_each_time_and_has_no_gradient() {
        let settings = forms::Settings { train_per_class: 1, test_per_class: 1, size: 16, seed: 0 };
        let (images, _) = forms::generate(&settings).unwrap();
        let (device, plain) = (Device::flex(), Normalisation::identity(3));
        let bank = ViewBank::plain(&images, &ViewSettings::PLAIN, &plain, &device).unwrap();
        let config = NetworkConfig {
            architecture: "mlp-16".parse().unwrap(),
            input: [3, 16, 16],
            classes: 24,
            width: 1.0,
            groups: false,
            normalization: false,
            input_dropout: 0.5,
            dropout: 0.5,
        };
        let network = config.init(Initialization::He, |layer| stream(&"teacher", layer), &device);
        let network = network.unwrap().frozen();
        let (first, second) = (ask(&network, &bank), ask(&network, &bank));
        assert!(!first.is_autodiff());
        assert_eq!(first.into_data(), second.into_data());
    }

    #[test]
    fn a_truncated_file_is_refused_and_named() {
        let (folder, device) = (tempfile::tempdir().unwrap(), Device::flex());
        let path = folder.path().join("outputs.safetensors");
        write(&path, key("one"), &Tensor::<2>::zeros([3, 2], &device)).unwrap();
        let file = std::fs::read(&path).unwrap();
        std::fs::write(&path, &file[..file.len() - 4]).unwrap();
        let error = read(&path, &key("one"), [3, 2], &device).unwrap_err().to_string();
        assert!(error.contains("outputs.safetensors") && error.contains("damaged"), "{error}");
    }
}

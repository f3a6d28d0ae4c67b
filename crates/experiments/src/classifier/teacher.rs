//! What a teacher says of the training images, kept in a file of the run as far as it fits.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use assay_datasets::{Batches, DataError, Normalisation};
use assay_models::Network;
use assay_runs::{Cell, ClassifierCell, Outcome, Record, Views, write_atomically};
use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::Teachers;
use crate::material::{Material, Part};
use crate::network::network_config;
use crate::worker::Desk;

/// A file of a teacher's outputs that is not used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}; delete it, and the teacher is asked again")]
pub struct TeacherError {
    path: PathBuf,
    reason: String,
}

/// The images that students of one kind see, as their teachers are asked of them.
pub struct Questions<'a> {
    /// The data.
    pub material: &'a Material,
    /// The students' views.
    pub views: &'a Views,
    /// How images are normalised.
    pub normalisation: &'a Normalisation,
    /// Images a step of the students.
    pub batch: usize,
}

impl Questions<'_> {
    /// Teachers as they are asked: what they say of every row is kept where it takes no more than the
    /// worker's budget for what never changes, and they are asked at every step otherwise. On a CPU both come
    /// to the same, to the last bit. Dropout is off, and nothing is learnt: teachers are frozen.
    ///
    /// # Errors
    /// When a teacher diverged, its weights or the file of what it said cannot be read or written, or the
    /// file is of another teacher or of other images.
    pub fn asked_of(&self, teachers: &[ClassifierCell], desk: &Desk) -> Result<Teachers> {
        let bank = self.material.bank(Part::Train, self.views)?;
        let bank = bank.normalised_by(self.normalisation)?;
        let logits = teachers.len() * bank.rows() * self.material.data().classes.len();
        if 4 * logits as u64 <= desk.settings.cache_mebibytes << 20 {
            let said = teachers.iter().map(|teacher| self.outputs(teacher, &bank, desk));
            return Ok(Teachers::Kept(said.collect::<Result<_>>()?));
        }
        let networks = teachers.iter().map(|teacher| self.network(teacher, desk));
        Ok(Teachers::Live(networks.collect::<Result<_>>()?))
    }

    fn network(&self, teacher: &ClassifierCell, desk: &Desk) -> Result<Network> {
        let cell = Cell::from(teacher.clone());
        if let Some(Record { outcome: Outcome::Diverged { epoch }, .. }) = desk.run.record(&cell)? {
            let name = cell.name();
            bail!("its teacher {name} diverged in epoch {epoch}: there is nothing to learn");
        }
        let classes = self.material.data().classes.len();
        let config = network_config(&teacher.network, self.material.shape(self.views), classes)?;
        Ok(config.load(&desk.run.weights(&cell), self.material.device())?.frozen())
    }

    /// A teacher's logits of every row, `[rows, classes]`, on the device; from the run's file where there
    /// is one, which is written otherwise.
    fn outputs(
        &self,
        teacher: &ClassifierCell,
        bank: &dyn Batches,
        desk: &Desk,
    ) -> Result<Tensor<2>> {
        let network = self.network(teacher, desk)?;
        let cell = Cell::from(teacher.clone());
        let weights = desk.run.weights(&cell);
        let weights = std::fs::read(&weights).with_context(|| weights.display().to_string())?;
        let inputs = self.identity()?;
        let key = HashMap::from([
            ("teacher".to_owned(), blake3::hash(&weights).to_hex().to_string()),
            ("inputs".to_owned(), inputs.clone()),
        ]);
        let path = desk.run.teacher_outputs(&cell, &inputs[..16]);
        let shape = [bank.rows(), self.material.data().classes.len()];
        kept(&path, key, shape, self.material.device(), || Ok(ask(&network, bank, self.batch)?))
    }

    /// What tells these rows, and how they are asked, apart from any others.
    pub(super) fn identity(&self) -> Result<String> {
        let Self { material, views, normalisation, batch } = self;
        let all = (&material.data().fingerprint, views, normalisation, batch);
        Ok(blake3::hash(&serde_json::to_vec(&all)?).to_hex().to_string())
    }
}

/// The logits in a file that is of this key and shape; where there is no file, those that are given, which
/// are then kept there.
pub(super) fn kept(
    path: &Path,
    key: HashMap<String, String>,
    shape: [usize; 2],
    device: &Device,
    ask: impl FnOnce() -> Result<Tensor<2>>,
) -> Result<Tensor<2>> {
    if path.exists() {
        return Ok(read(path, &key, shape, device)?);
    }
    let logits = ask()?;
    write(path, key, &logits)?;
    Ok(logits)
}

/// Asks of every row, `batch` rows at a time as a student's steps do. The last batch is filled up with
/// repeated rows: on a CPU a row's logits then are, to the last bit, what they would be at a step.
fn ask(network: &Network, bank: &dyn Batches, batch: usize) -> Result<Tensor<2>, DataError> {
    let rows = bank.rows();
    let filled: Vec<u32> =
        (0..rows.next_multiple_of(batch)).map(|row| row.min(rows - 1) as u32).collect();
    bank.read_ahead(&filled)?;
    let batches = filled.chunks_exact(batch).enumerate().map(|(number, filled)| {
        let said = network.forward(bank.batch(filled)?);
        Ok(said.narrow(0, 0, batch.min(rows - number * batch)))
    });
    Ok(Tensor::cat(batches.collect::<Result<_, DataError>>()?, 0))
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
    use burn::tensor::Int;

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

    /// 24 images, one of each class.
    fn forms_bank() -> ViewBank {
        let settings = forms::Settings { train_per_class: 1, test_per_class: 1, size: 16, seed: 0 };
        let (images, _) = forms::generate(&settings).unwrap();
        let plain = Normalisation::identity(3);
        ViewBank::plain(&images, &ViewSettings::PLAIN, &plain, &Device::flex()).unwrap()
    }

    fn config(architecture: &str, dropout: f64) -> NetworkConfig {
        NetworkConfig {
            architecture: architecture.parse().unwrap(),
            input: [3, 16, 16],
            classes: 24,
            width: 0.5,
            groups: false,
            normalization: false,
            input_dropout: dropout,
            dropout,
        }
    }

    #[test]
    fn a_teacher_with_dropout_says_the_same_each_time_and_has_no_gradient() {
        let (bank, device) = (forms_bank(), Device::flex());
        let network = config("mlp-32", 0.5).init(
            Initialization::He,
            |layer| stream(&"teacher", layer),
            &device,
        );
        let network = network.unwrap().frozen();
        let ask = || ask(&network, &bank, 7).unwrap();
        let (first, second) = (ask(), ask());
        assert!(!first.is_autodiff());
        assert_eq!(first.into_data(), second.into_data());
    }

    #[test]
    fn what_was_kept_of_a_row_is_what_a_step_would_hear_whatever_else_is_in_its_batch() {
        let (bank, device) = (forms_bank(), Device::flex());
        let network = config("alexnet_small", 0.0).init(
            Initialization::He,
            |layer| stream(&"teacher", layer),
            &device,
        );
        let network = network.unwrap().frozen();
        let kept = ask(&network, &bank, 5).unwrap();
        let live = network.forward(bank.batch(&[23, 4, 4, 0, 9]).unwrap());
        let rows = Tensor::<1, Int>::from_data([23, 4, 4, 0, 9], &device);
        assert_eq!(kept.select(0, rows).into_data(), live.into_data());
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

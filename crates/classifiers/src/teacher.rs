//! Teachers and the cache of their logits in the run's directory.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use assay_classifier_cells::ClassifierCell;
use assay_datasets::{BatchSource, DataError, Normalization};
use assay_models::Network;
use assay_runs::{Cell, Outcome, Record, ViewConfig, digest, write_atomically};
use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::Teachers;
use assay_engine::data_module::{DataModule, Split};
use assay_engine::network::{load_finished_network, network_config};
use assay_engine::panics;
use assay_engine::worker::CellContext;

/// Identifies the logits in a cache file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CacheKey {
    /// BLAKE3 hash of the teacher's weights, or of the weights of all networks of an ensemble.
    pub teacher: String,
    /// Hash of data set, views, normalization and batch size.
    pub inputs: String,
}

/// The metadata entry of a cache file: teacher, inputs and digest of the logits. A single entry, since the
/// order of several would not be fixed.
const METADATA_KEY: &str = "of";

/// The rows for which teachers are evaluated: all views of all training images.
pub struct TeacherQueries<'a> {
    /// The data set.
    pub data_module: &'a DataModule,
    /// The students' views.
    pub views: &'a ViewConfig,
    /// How images are normalized.
    pub normalization: &'a Normalization,
    /// The batch size of the students.
    pub batch: usize,
}

impl TeacherQueries<'_> {
    /// Loads teachers: with cached logits if they fit into the worker's cache, otherwise as networks.
    ///
    /// On a CPU both give the same results to the last bit. Teachers are frozen and use no dropout.
    ///
    /// # Errors
    /// Returns an error if a teacher diverged, if its weights do not match its record, or if its cache file
    /// cannot be read or written.
    pub fn load_teachers(
        &self,
        teachers: &[ClassifierCell],
        context: &CellContext,
    ) -> Result<Teachers> {
        let bank = self.data_module.view_source(Split::Train, self.views)?;
        let bank = bank.with_normalization(self.normalization)?;
        let logits = teachers.len() * bank.rows() * self.data_module.data().classes.len();
        if 4 * logits as u64 <= context.run_settings.cache_mebibytes << 20 {
            let logits = teachers.iter().map(|teacher| self.logits(teacher, &bank, context));
            return Ok(Teachers::Cached(logits.collect::<Result<_>>()?));
        }
        let networks = teachers.iter().map(|teacher| self.network(teacher, context));
        Ok(Teachers::Online(networks.collect::<Result<_>>()?))
    }

    fn record(cell: &Cell, context: &CellContext) -> Result<Record> {
        let (record, name) = (context.run.record(cell)?, cell.name());
        let record = record.with_context(|| format!("its teacher {name} has no record"))?;
        if let Outcome::Diverged { epoch } = record.outcome {
            bail!("its teacher {name} diverged in epoch {epoch}: it cannot be distilled");
        }
        Ok(record)
    }

    fn network(&self, teacher: &ClassifierCell, context: &CellContext) -> Result<Network> {
        let cell = Cell::from(teacher.clone());
        Self::record(&cell, context)?;
        let classes = self.data_module.data().classes.len();
        let config = network_config(&teacher.network, self.data_module.shape(self.views), classes)?;
        let device = self.data_module.device();
        Ok(load_finished_network(&context.run, &cell, &config, device)?.frozen())
    }

    /// A teacher's logits for all rows, `[rows, classes]`, on the device; cached in a file of the run.
    fn logits(
        &self,
        teacher: &ClassifierCell,
        bank: &dyn BatchSource,
        context: &CellContext,
    ) -> Result<Tensor<2>> {
        let cell = Cell::from(teacher.clone());
        let key = CacheKey {
            teacher: Self::record(&cell, context)?.weights,
            inputs: self.fingerprint()?,
        };
        let path = context.run.teacher_outputs(&cell, &key.inputs[..16]);
        let shape = [bank.rows(), self.data_module.data().classes.len()];
        let device = self.data_module.device();
        cached_logits(&path, &key, shape, device, context, || {
            Ok(compute_logits(&self.network(teacher, context)?, bank, self.batch)?)
        })
    }

    /// A hash of everything that determines the rows and how they are batched.
    pub(super) fn fingerprint(&self) -> Result<String> {
        let Self { data_module, views, normalization, batch } = self;
        let all = (&data_module.data().fingerprint, views, normalization, batch);
        Ok(digest(&serde_json::to_vec(&all)?))
    }
}

/// Loads logits from a cache file. If it is missing, damaged or has another key or shape, computes and
/// saves them.
pub(super) fn cached_logits(
    path: &Path,
    key: &CacheKey,
    shape: [usize; 2],
    device: &Device,
    context: &CellContext,
    compute: impl FnOnce() -> Result<Tensor<2>>,
) -> Result<Tensor<2>> {
    if path.exists() {
        let file = std::fs::read(path).with_context(|| path.display().to_string())?;
        match from_file(&file, key, shape, device) {
            Ok(logits) => return Ok(logits),
            Err(reason) => {
                let path = path.display();
                context.warn(&format!("{path}: {reason}; the teacher is evaluated again"));
            }
        }
    }
    let logits = compute()?;
    // This waits for the device. Only then is a panic on one of its threads known.
    let file = to_file(key, &logits)?;
    panics::ensure_none()?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    write_atomically(path, &file)?;
    Ok(logits)
}

/// Computes the logits of all rows, `batch` rows at a time.
///
/// The last batch is padded with copies of the last row: a GPU may round differently in a batch of
/// another size. On a CPU, a row's logits are the same to the last bit in every batch.
fn compute_logits(
    network: &Network,
    bank: &dyn BatchSource,
    batch: usize,
) -> Result<Tensor<2>, DataError> {
    let rows = bank.rows();
    let padded: Vec<u32> =
        (0..rows.next_multiple_of(batch)).map(|row| row.min(rows - 1) as u32).collect();
    bank.prefetch(&padded)?;
    let batches = padded.chunks_exact(batch).enumerate().map(|(number, padded)| {
        let logits = network.forward(bank.batch(padded)?);
        Ok(logits.narrow(0, 0, batch.min(rows - number * batch)))
    });
    Ok(Tensor::cat(batches.collect::<Result<_, DataError>>()?, 0))
}

fn to_file(key: &CacheKey, logits: &Tensor<2>) -> Result<Vec<u8>> {
    let shape = logits.dims().to_vec();
    let values = logits.clone().into_data().convert::<f32>().try_into_vec::<f32>();
    let values = values.expect("just converted");
    let bytes: Vec<u8> = values.into_iter().flat_map(f32::to_le_bytes).collect();
    let view = TensorView::new(Dtype::F32, shape, &bytes)?;
    let metadata = format!("{} {} {}", key.teacher, key.inputs, digest(&bytes));
    let text = HashMap::from([(METADATA_KEY.to_owned(), metadata)]);
    Ok(safetensors::serialize([("logits", view)], Some(text))?)
}

fn from_file(
    file: &[u8],
    key: &CacheKey,
    shape: [usize; 2],
    device: &Device,
) -> Result<Tensor<2>, String> {
    let damaged = |error| format!("not a safetensors file, or damaged: {error}");
    let (_, header) = SafeTensors::read_metadata(file).map_err(damaged)?;
    let metadata = header.metadata().as_ref().and_then(|text| text.get(METADATA_KEY));
    let expected = format!("{} {} ", key.teacher, key.inputs);
    let Some(expected) = metadata.and_then(|text| text.strip_prefix(&expected)) else {
        return Err("it is of another teacher or of other images".to_owned());
    };
    let tensors = SafeTensors::deserialize(file).map_err(damaged)?;
    let logits = tensors.tensor("logits").map_err(damaged)?;
    if logits.shape() != shape || logits.dtype() != Dtype::F32 {
        return Err(format!("it holds {:?}, not F32 {shape:?}", logits.shape()));
    }
    if digest(logits.data()) != expected {
        return Err("damaged: the digest does not match the logits".to_owned());
    }
    let number = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    let values: Vec<f32> = logits.data().chunks_exact(4).map(number).collect();
    Ok(Tensor::from_data(TensorData::new(values, shape), device))
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_datasets::{ViewSource, forms};
    use assay_models::{Initialization, NetworkConfig};
    use assay_runs::random_stream;
    use burn::tensor::Int;

    fn key(teacher: &str) -> CacheKey {
        CacheKey { teacher: teacher.to_owned(), inputs: "these".to_owned() }
    }

    #[test]
    fn cached_logits_can_be_read_but_not_for_another_teacher_or_shape() {
        let device = Device::flex();
        let logits = Tensor::<2>::from_data([[1.5, -2.0], [0.25, 1e-8], [3.0, 4.0]], &device);
        let file = to_file(&key("one"), &logits).unwrap();
        let back = from_file(&file, &key("one"), [3, 2], &device).unwrap();
        assert_eq!(back.into_data(), logits.into_data());
        let error = |key, shape| from_file(&file, &key, shape, &device).unwrap_err();
        assert!(error(key("two"), [3, 2]).contains("another teacher or of other images"));
        assert!(error(key("one"), [2, 2]).contains("it holds [3, 2], not F32 [2, 2]"));
    }

    /// 24 images, one per class.
    fn forms_bank() -> ViewSource {
        let settings = forms::Settings { train_per_class: 1, test_per_class: 1, size: 16, seed: 0 };
        let (images, _) = forms::generate(&settings).unwrap();
        let plain = Normalization::identity(3);
        ViewSource::unaugmented(&images, &ViewConfig::IDENTITY, &plain, &Device::flex()).unwrap()
    }

    fn config(architecture: &str, dropout: f64) -> NetworkConfig {
        NetworkConfig {
            architecture: architecture.parse().unwrap(),
            input: [3, 16, 16],
            classes: 24,
            width: 0.5,
            groups: false,
            local_response_norm: false,
            input_dropout: dropout,
            dropout,
        }
    }

    #[test]
    fn a_teacher_with_dropout_is_deterministic_and_has_no_gradient() {
        let (bank, device) = (forms_bank(), Device::flex());
        let network = config("mlp-32", 0.5).init(
            Initialization::He,
            |layer| random_stream(&"teacher", layer),
            &device,
        );
        let network = network.unwrap().frozen();
        let logits = || compute_logits(&network, &bank, 7).unwrap();
        let (first, second) = (logits(), logits());
        assert!(!first.is_autodiff());
        assert_eq!(first.into_data(), second.into_data());
    }

    #[test]
    fn the_cached_logits_of_a_row_equal_those_of_a_training_step() {
        let (bank, device) = (forms_bank(), Device::flex());
        let network = config("alexnet_small", 0.0).init(
            Initialization::He,
            |layer| random_stream(&"teacher", layer),
            &device,
        );
        let network = network.unwrap().frozen();
        let cached = compute_logits(&network, &bank, 5).unwrap();
        let online = network.forward(bank.batch(&[23, 4, 4, 0, 9]).unwrap());
        let rows = Tensor::<1, Int>::from_data([23, 4, 4, 0, 9], &device);
        assert_eq!(cached.select(0, rows).into_data(), online.into_data());
    }

    #[test]
    fn a_damaged_cache_file_is_refused_and_equal_logits_give_equal_files() {
        let device = Device::flex();
        let written = || to_file(&key("one"), &Tensor::<2>::zeros([3, 2], &device)).unwrap();
        let file = written();
        assert_eq!([written(), written()], [file.clone(), file.clone()]);
        let error = |file: &[u8]| from_file(file, &key("one"), [3, 2], &device).unwrap_err();
        assert!(error(&file[..file.len() - 4]).contains("damaged"));
        for bit in 0..8 * 4 * 6 {
            let mut changed = file.clone();
            let at = file.len() - 1 - bit / 8;
            changed[at] ^= 1 << (bit % 8);
            assert!(error(&changed).contains("damaged"), "bit {bit}");
        }
    }
}

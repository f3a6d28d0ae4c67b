//! What a teacher says of the training images, kept in a file of the run as far as it fits.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use assay_datasets::{Batches, DataError, Normalization};
use assay_models::Network;
use assay_runs::{Cell, ClassifierCell, Outcome, Record, Views, digest, write_atomically};
use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::Teachers;
use assay_engine::data_module::{DataModule, Split};
use assay_engine::network::{finished, network_config};
use assay_engine::panics;
use assay_engine::worker::CellContext;

/// What tells a file of outputs from any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// BLAKE3 of the teacher's weights, or of those of a panel's networks.
    pub teacher: String,
    /// What the images, views, normalization and batch are told by.
    pub inputs: String,
}

/// The one entry of text in such a file: several would have no order. Teacher, inputs, and the digest of the logits.
const OF: &str = "of";

/// The images that students of one kind see, as their teachers are asked of them.
pub struct TeacherQueries<'a> {
    /// The data.
    pub data_module: &'a DataModule,
    /// The students' views.
    pub views: &'a Views,
    /// How images are normalized.
    pub normalization: &'a Normalization,
    /// Images a step of the students.
    pub batch: usize,
}

impl TeacherQueries<'_> {
    /// Teachers as they are asked: what they say of every row is kept where it takes no more than the
    /// worker's budget for what never changes, and they are asked at every step otherwise. On a CPU both come
    /// to the same, to the last bit. Dropout is off, and nothing is learnt: teachers are frozen.
    ///
    /// # Errors
    /// When a teacher diverged, its weights are not those of its record, or the file of what it said cannot be read
    /// or written.
    pub fn asked_of(&self, teachers: &[ClassifierCell], context: &CellContext) -> Result<Teachers> {
        let bank = self.data_module.bank(Split::Train, self.views)?;
        let bank = bank.normalized_by(self.normalization)?;
        let logits = teachers.len() * bank.rows() * self.data_module.data().classes.len();
        if 4 * logits as u64 <= context.settings.cache_mebibytes << 20 {
            let said = teachers.iter().map(|teacher| self.outputs(teacher, &bank, context));
            return Ok(Teachers::Kept(said.collect::<Result<_>>()?));
        }
        let networks = teachers.iter().map(|teacher| self.network(teacher, context));
        Ok(Teachers::Live(networks.collect::<Result<_>>()?))
    }

    fn record(cell: &Cell, context: &CellContext) -> Result<Record> {
        let (record, name) = (context.run.record(cell)?, cell.name());
        let record = record.with_context(|| format!("its teacher {name} has no record"))?;
        if let Outcome::Diverged { epoch } = record.outcome {
            bail!("its teacher {name} diverged in epoch {epoch}: there is nothing to learn");
        }
        Ok(record)
    }

    fn network(&self, teacher: &ClassifierCell, context: &CellContext) -> Result<Network> {
        let cell = Cell::from(teacher.clone());
        Self::record(&cell, context)?;
        let classes = self.data_module.data().classes.len();
        let config = network_config(&teacher.network, self.data_module.shape(self.views), classes)?;
        Ok(finished(&context.run, &cell, &config, self.data_module.device())?.frozen())
    }

    /// A teacher's logits of every row, `[rows, classes]`, on the device; from the run's file where there
    /// is one, which is written otherwise.
    fn outputs(
        &self,
        teacher: &ClassifierCell,
        bank: &dyn Batches,
        context: &CellContext,
    ) -> Result<Tensor<2>> {
        let cell = Cell::from(teacher.clone());
        let key = Key { teacher: Self::record(&cell, context)?.weights, inputs: self.identity()? };
        let path = context.run.teacher_outputs(&cell, &key.inputs[..16]);
        let shape = [bank.rows(), self.data_module.data().classes.len()];
        let device = self.data_module.device();
        kept(&path, &key, shape, device, context, || {
            Ok(ask(&self.network(teacher, context)?, bank, self.batch)?)
        })
    }

    /// What tells these rows, and how they are asked, apart from any others.
    pub(super) fn identity(&self) -> Result<String> {
        let Self { data_module, views, normalization, batch } = self;
        let all = (&data_module.data().fingerprint, views, normalization, batch);
        Ok(digest(&serde_json::to_vec(&all)?))
    }
}

/// The logits in a file that is whole and of this key and shape; where there is none, those that are given,
/// which are then kept there.
pub(super) fn kept(
    path: &Path,
    key: &Key,
    shape: [usize; 2],
    device: &Device,
    context: &CellContext,
    ask: impl FnOnce() -> Result<Tensor<2>>,
) -> Result<Tensor<2>> {
    if path.exists() {
        let file = std::fs::read(path).with_context(|| path.display().to_string())?;
        match read(&file, key, shape, device) {
            Ok(logits) => return Ok(logits),
            Err(reason) => {
                context.warn(&format!("{}: {reason}; the teacher is asked again", path.display()));
            }
        }
    }
    let logits = ask()?;
    // The device is waited for here, and a panic on its thread is known after that alone.
    let file = to_file(key, &logits)?;
    panics::check()?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    write_atomically(path, &file)?;
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

fn to_file(key: &Key, logits: &Tensor<2>) -> Result<Vec<u8>> {
    let shape = logits.dims().to_vec();
    let values = logits.clone().into_data().convert::<f32>().try_into_vec::<f32>();
    let values = values.expect("just converted");
    let bytes: Vec<u8> = values.into_iter().flat_map(f32::to_le_bytes).collect();
    let view = TensorView::new(Dtype::F32, shape, &bytes)?;
    let of = format!("{} {} {}", key.teacher, key.inputs, digest(&bytes));
    let text = HashMap::from([(OF.to_owned(), of)]);
    Ok(safetensors::serialize([("logits", view)], Some(text))?)
}

fn read(file: &[u8], key: &Key, shape: [usize; 2], device: &Device) -> Result<Tensor<2>, String> {
    let damaged = |error| format!("not a safetensors file, or damaged: {error}");
    let (_, header) = SafeTensors::read_metadata(file).map_err(damaged)?;
    let of = header.metadata().as_ref().and_then(|text| text.get(OF));
    let expected = format!("{} {} ", key.teacher, key.inputs);
    let Some(expected) = of.and_then(|of| of.strip_prefix(&expected)) else {
        return Err("it is of another teacher or of other images".to_owned());
    };
    let tensors = SafeTensors::deserialize(file).map_err(damaged)?;
    let logits = tensors.tensor("logits").map_err(damaged)?;
    if logits.shape() != shape || logits.dtype() != Dtype::F32 {
        return Err(format!("it holds {:?}, not F32 {shape:?}", logits.shape()));
    }
    if digest(logits.data()) != expected {
        return Err("damaged: its digest is of other logits".to_owned());
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

    fn key(teacher: &str) -> Key {
        Key { teacher: teacher.to_owned(), inputs: "these".to_owned() }
    }

    #[test]
    fn outputs_read_back_as_they_were_and_are_refused_to_another_teacher_or_shape() {
        let device = Device::flex();
        let logits = Tensor::<2>::from_data([[1.5, -2.0], [0.25, 1e-8], [3.0, 4.0]], &device);
        let file = to_file(&key("one"), &logits).unwrap();
        let back = read(&file, &key("one"), [3, 2], &device).unwrap();
        assert_eq!(back.into_data(), logits.into_data());
        let error = |key, shape| read(&file, &key, shape, &device).unwrap_err();
        assert!(error(key("two"), [3, 2]).contains("another teacher or of other images"));
        assert!(error(key("one"), [2, 2]).contains("it holds [3, 2], not F32 [2, 2]"));
    }

    /// 24 images, one of each class.
    fn forms_bank() -> ViewBank {
        let settings = forms::Settings { train_per_class: 1, test_per_class: 1, size: 16, seed: 0 };
        let (images, _) = forms::generate(&settings).unwrap();
        let plain = Normalization::identity(3);
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
    fn a_file_that_was_cut_or_has_a_bit_changed_is_refused_and_equal_outputs_are_equal_files() {
        let device = Device::flex();
        let written = || to_file(&key("one"), &Tensor::<2>::zeros([3, 2], &device)).unwrap();
        let file = written();
        assert_eq!([written(), written()], [file.clone(), file.clone()]);
        let error = |file: &[u8]| read(file, &key("one"), [3, 2], &device).unwrap_err();
        assert!(error(&file[..file.len() - 4]).contains("damaged"));
        for bit in 0..8 * 4 * 6 {
            let mut changed = file.clone();
            let at = file.len() - 1 - bit / 8;
            changed[at] ^= 1 << (bit % 8);
            assert!(error(&changed).contains("damaged"), "bit {bit}");
        }
    }
}

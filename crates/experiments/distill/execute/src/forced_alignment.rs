//! Forced alignment of speech with a trained network, as a file that other networks learn from.

use anyhow::{Context, Result, anyhow, bail};
use assay_classifier_cells::{ALIGNMENT_FILE, ClassifierCell};
use assay_classifiers::{Classifiers, tensor_file};
use assay_datasets::{DataSet, Group};
use assay_engine::data_module::Split;
use assay_engine::worker::CellContext;
use assay_models::Network;
use assay_runs::{Cell, Outcome};
use assay_speech::{DIGITS, Utterance, align, labels_fit};
use safetensors::tensor::{Dtype, SafeTensors};

/// Aligns all frames with the trained network of `cell`. Returns the alignment as a file.
///
/// # Errors
/// An image cannot be read.
pub(super) fn alignment_file(
    classifiers: &Classifiers,
    cell: &ClassifierCell,
    network: &Network,
    batch: usize,
) -> Result<Vec<u8>> {
    let data = classifiers.data_module().data();
    let groups = data.groups.as_ref().context("only speech can be aligned")?;
    let priors = classifiers.class_priors(cell)?;
    let align_split = |split, groups: &[Group]| -> Result<Vec<u16>> {
        let logits = classifiers.split_logits(split, cell, network, batch)?;
        let logits = logits.into_data().convert::<f32>().try_into_vec::<f32>();
        Ok(align(&utterances(groups), &logits.expect("just converted"), &priors))
    };
    let train = align_split(Split::TrainCentral, &groups.train)?;
    let test = align_split(Split::Test, &groups.test)?;
    Alignment { train, test }.to_file(data)
}

/// The same classifiers on the labels that a finished aligner gave.
///
/// # Errors
/// The aligner was not trained, or its alignment cannot be read.
pub(super) fn with_aligned_labels(
    classifiers: &Classifiers,
    aligner: &ClassifierCell,
    context: &CellContext,
) -> Result<Classifiers> {
    let cell = Cell::from(aligner.clone());
    match context.run.record(&cell)?.map(|record| record.outcome) {
        Some(Outcome::Trained) => {}
        Some(outcome) => {
            bail!("its labels are those of {}, which was not trained: {outcome:?}", cell.name())
        }
        None => bail!("its labels are those of {}, which has no record", cell.name()),
    }
    let bytes = context.run.read_published(&cell, ALIGNMENT_FILE)?;
    let Alignment { train, test } = Alignment::from_file(&bytes, classifiers.data_module().data())
        .with_context(|| format!("the alignment of {}", cell.name()))?;
    Ok(classifiers.with_labels(train, test))
}

/// A label for every window of a speech data set.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Alignment {
    /// Labels of the training windows.
    train: Vec<u16>,
    /// Labels of the test windows.
    test: Vec<u16>,
}

impl Alignment {
    /// Writes a safetensors file with U16 tensors `train` and `test`, one label per window.
    fn to_file(&self, data: &DataSet) -> Result<Vec<u8>> {
        let tensors = [("train", &self.train), ("test", &self.test)].map(|(name, labels)| {
            let bytes = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
            (name.to_owned(), Dtype::U16, vec![labels.len()], bytes)
        });
        tensor_file(&tensors, &[("data", data.fingerprint.clone())])
    }

    /// Reads the file that [`Alignment::to_file`] writes.
    ///
    /// # Errors
    /// The file is damaged or does not fit the data.
    fn from_file(file: &[u8], data: &DataSet) -> Result<Self> {
        let unusable = |reason: String| anyhow!("{ALIGNMENT_FILE}: {reason}");
        let damaged = |error| unusable(format!("not a safetensors file, or damaged: {error}"));
        let (_, header) = SafeTensors::read_metadata(file).map_err(damaged)?;
        let fingerprint = header.metadata().as_ref().and_then(|text| text.get("data"));
        let groups = data.groups.as_ref().filter(|_| fingerprint == Some(&data.fingerprint));
        let groups = groups.ok_or_else(|| unusable("it is of other data".to_owned()))?;
        let tensors = SafeTensors::deserialize(file).map_err(damaged)?;
        let states = data.classes.len() as u16 / DIGITS;
        let read_split = |name: &str, groups: &[Group]| {
            let labels = tensors.tensor(name).map_err(damaged)?;
            let (bytes, _) = labels.data().as_chunks();
            let labels: Vec<u16> = bytes.iter().map(|label| u16::from_le_bytes(*label)).collect();
            let fits = labels_fit(&labels, &utterances(groups), states);
            let misfit = || unusable(format!("{name}: the labels do not fit the utterances"));
            fits.then_some(labels).ok_or_else(misfit)
        };
        Ok(Self {
            train: read_split("train", &groups.train)?,
            test: read_split("test", &groups.test)?,
        })
    }
}

fn utterances(groups: &[Group]) -> Vec<Utterance> {
    let utterance =
        |group: &Group| Utterance { digit: group.kind, frames: group.images.len() as u32 };
    groups.iter().map(utterance).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_datasets::{Class, Groups, Images, Shape};

    /// Ten digits with two states each. A training utterance has four frames of digit 1, a test
    /// utterance two frames of digit 0.
    fn data() -> DataSet {
        let shape = Shape { channels: 1, height: 1, width: 1 };
        let images = |labels: Vec<u16>| Images::new(shape, vec![0; labels.len()], labels);
        DataSet {
            name: "toy".to_owned(),
            opened_as: "toy".to_owned(),
            classes: (0..20).map(|i: u16| Class { name: i.to_string(), family: None }).collect(),
            train: images(vec![2, 2, 3, 3]).into(),
            test: images(vec![0, 1]).into(),
            fingerprint: "toy".to_owned(),
            warnings: Vec::new(),
            groups: Some(Groups {
                train: vec![Group { images: 0..4, kind: 1 }],
                test: vec![Group { images: 0..2, kind: 0 }],
            }),
        }
    }

    #[test]
    fn an_alignment_file_can_be_read_but_not_for_other_data_or_if_damaged() {
        let aligned = Alignment { train: vec![2, 3, 3, 3], test: vec![0, 1] };
        let file = aligned.to_file(&data()).unwrap();
        assert_eq!(Alignment::from_file(&file, &data()).unwrap(), aligned);
        let error =
            |file: &[u8], data: &DataSet| Alignment::from_file(file, data).unwrap_err().to_string();
        let other = DataSet { fingerprint: "other".to_owned(), ..data() };
        assert!(error(&file, &other).contains("alignment.safetensors: it is of other data"));
        let wrong = Alignment { train: vec![2, 3, 3, 0], ..aligned };
        let wrong = wrong.to_file(&data()).unwrap();
        assert!(error(&wrong, &data()).contains("train: the labels do not fit the utterances"));
        assert!(error(&file[..file.len() - 2], &data()).contains("damaged"));
    }
}

//! Forced alignment: assigns each frame of speech to a state of its digit, using a trained network.

use std::collections::HashMap;

use anyhow::Result;
use assay_datasets::DataSet;
use assay_datasets::speech::{Utterance, utterance_ranges};
use assay_runs::viterbi;
use burn::tensor::Tensor;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

/// An alignment file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("alignment.safetensors: {0}")]
pub struct AlignmentError(String);

/// A label for every window of a speech data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alignment {
    /// Labels of the training windows.
    pub train: Vec<u16>,
    /// Labels of the test windows.
    pub test: Vec<u16>,
}

/// Returns the share of each class among labels, with one added to every count so that no share is zero.
#[must_use]
pub fn class_priors(labels: &[u16], classes: usize) -> Vec<f64> {
    let mut counts = vec![1.0; classes];
    for &label in labels {
        counts[usize::from(label)] += 1.0;
    }
    let all = (labels.len() + classes) as f64;
    counts.into_iter().map(|count| count / all).collect()
}

impl Alignment {
    /// Finds the best path of each utterance through the states of its digit, left to right ([`best_path`]).
    ///
    /// The score of a state is its logit minus the logarithm of the class prior. Up to a constant, this is the
    /// log-likelihood of the frame (Bourlard and Morgan 1994). Training and test data are aligned separately.
    ///
    /// # Shapes
    /// - train, test: logits of every window of the split, `[windows, classes]`
    ///
    /// # Panics
    /// Panics if the data is not speech or if there is not one row per window.
    #[must_use]
    pub fn from_logits(
        data: &DataSet,
        priors: &[f64],
        train: &Tensor<2>,
        test: &Tensor<2>,
    ) -> Self {
        let utterances = data.utterances.as_ref().expect("speech has utterances");
        let align_split = |split: &[Utterance], logits: &Tensor<2>| {
            let values = logits.clone().into_data().convert::<f32>().try_into_vec::<f32>();
            align(split, utterances.states, &values.expect("just converted"), priors)
        };
        Self {
            train: align_split(&utterances.train, train),
            test: align_split(&utterances.test, test),
        }
    }

    /// Writes a safetensors file with U16 tensors `train` and `test`, one label per window.
    ///
    /// # Errors
    /// Never: the two names differ.
    pub fn to_file(&self, data: &DataSet) -> Result<Vec<u8>> {
        let bytes = |labels: &[u16]| labels.iter().flat_map(|l| l.to_le_bytes()).collect();
        let (train, test): (Vec<u8>, Vec<u8>) = (bytes(&self.train), bytes(&self.test));
        let view = |labels: &[u16], bytes| TensorView::new(Dtype::U16, vec![labels.len()], bytes);
        let views = [("train", view(&self.train, &train)?), ("test", view(&self.test, &test)?)];
        let metadata = HashMap::from([("data".to_owned(), data.fingerprint.clone())]);
        Ok(safetensors::serialize(views, Some(metadata))?)
    }

    /// Reads the file that [`Alignment::to_file`] writes.
    ///
    /// # Errors
    /// Returns an error if the file is damaged or does not fit the data.
    pub fn from_file(file: &[u8], data: &DataSet) -> Result<Self, AlignmentError> {
        let unusable = AlignmentError;
        let damaged = |error| unusable(format!("not a safetensors file, or damaged: {error}"));
        let (_, header) = SafeTensors::read_metadata(file).map_err(damaged)?;
        let fingerprint = header.metadata().as_ref().and_then(|text| text.get("data"));
        let utterances = data.utterances.as_ref();
        let utterances = utterances.filter(|_| fingerprint == Some(&data.fingerprint));
        let utterances = utterances.ok_or_else(|| unusable("it is of other data".to_owned()))?;
        let tensors = SafeTensors::deserialize(file).map_err(damaged)?;
        let read_split = |name: &str, split: &[Utterance]| {
            let labels = tensors.tensor(name).map_err(damaged)?;
            let (bytes, _) = labels.data().as_chunks();
            let labels: Vec<u16> = bytes.iter().map(|label| u16::from_le_bytes(*label)).collect();
            let fits = fits(&labels, split, utterances.states);
            let misfit = || unusable(format!("{name}: the labels do not fit the utterances"));
            fits.then_some(labels).ok_or_else(misfit)
        };
        Ok(Self {
            train: read_split("train", &utterances.train)?,
            test: read_split("test", &utterances.test)?,
        })
    }
}

/// Aligns utterances. `logits` is `[windows, classes]`, row by row.
fn align(utterances: &[Utterance], states: u16, logits: &[f32], priors: &[f64]) -> Vec<u16> {
    let classes = priors.len();
    let log_priors: Vec<f64> = priors.iter().map(|prior| prior.ln()).collect();
    let mut labels = Vec::new();
    for (windows, utterance) in utterance_ranges(utterances).into_iter().zip(utterances) {
        let first = usize::from(utterance.digit * states);
        let rows = &logits[windows.start as usize * classes..windows.end as usize * classes];
        let score = |frame: usize, state: usize| {
            f64::from(rows[frame * classes + first + state]) - log_priors[first + state]
        };
        let path = viterbi(windows.len(), usize::from(states), score);
        let path = path.expect("an utterance has at least one frame per state");
        labels.extend(path.states.into_iter().map(|state| (first + state) as u16));
    }
    labels
}

/// Whether there is one label per window, and each is a state of its utterance's digit.
fn fits(labels: &[u16], utterances: &[Utterance], states: u16) -> bool {
    let windows: u32 = utterances.iter().map(|utterance| utterance.frames).sum();
    let has_digit = |(windows, utterance): (std::ops::Range<u32>, &Utterance)| {
        let labels = &labels[windows.start as usize..windows.end as usize];
        labels.iter().all(|label| label / states == utterance.digit)
    };
    labels.len() == windows as usize
        && utterance_ranges(utterances).into_iter().zip(utterances).all(has_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_datasets::speech::Utterances;
    use assay_datasets::{Class, Images, Shape};
    use burn::tensor::Device;

    /// Two digits with two states each. A training utterance has four frames of digit 1, a test utterance two
    /// frames of digit 0.
    fn data() -> DataSet {
        let shape = Shape { channels: 1, height: 1, width: 1 };
        let images = |labels: Vec<u16>| Images::new(shape, vec![0; labels.len()], labels);
        DataSet {
            name: "toy".to_owned(),
            opened_as: "toy".to_owned(),
            classes: (0..4).map(|i: u16| Class { name: i.to_string(), family: None }).collect(),
            train: images(vec![2, 2, 3, 3]).into(),
            test: images(vec![0, 1]).into(),
            fingerprint: "toy".to_owned(),
            warnings: Vec::new(),
            utterances: Some(Utterances {
                states: 2,
                train: vec![Utterance { digit: 1, frames: 4 }],
                test: vec![Utterance { digit: 0, frames: 2 }],
            }),
        }
    }

    fn alignment(priors: &[f64]) -> Alignment {
        let device = Device::flex();
        // Class 0 is by far the likeliest, but not a state of the utterance's digit.
        let train = Tensor::<2>::from_data(
            [
                [9.0, 0.0, 2.0, 0.0],
                [9.0, 0.0, 0.0, 1.0],
                [9.0, 0.0, 0.0, 1.0],
                [9.0, 0.0, 0.0, 1.0],
            ],
            &device,
        );
        let test = Tensor::<2>::from_data([[0.0, 9.0, 0.0, 0.0], [9.0, 0.0, 0.0, 0.0]], &device);
        Alignment::from_logits(&data(), priors, &train, &test)
    }

    #[test]
    fn an_utterance_passes_through_its_states_in_order() {
        let found = alignment(&[0.25; 4]);
        assert_eq!(found.train, [2, 3, 3, 3]);
        // Two frames and two states leave no choice.
        assert_eq!(found.test, [0, 1]);
        let flat = Tensor::<2>::zeros([4, 4], &Device::flex());
        let test = Tensor::<2>::zeros([2, 4], &Device::flex());
        let even = Alignment::from_logits(&data(), &[0.25; 4], &flat, &test);
        assert_eq!(even.train, [2, 2, 2, 3], "of equal paths the one that stays longest wins");
    }

    #[test]
    fn a_rare_state_needs_a_smaller_probability() {
        // State 2 is e^2 times as rare as state 3, so it gains 2 per frame. The logits differ by 1.
        let rare = 2.0_f64.exp().recip() / 4.0;
        assert_eq!(alignment(&[0.25, 0.25, rare, 0.25]).train, [2, 2, 2, 3]);
    }

    #[test]
    fn one_is_added_to_every_class_count() {
        assert_eq!(class_priors(&[0, 0, 2], 3), [3.0 / 6.0, 1.0 / 6.0, 2.0 / 6.0]);
    }

    #[test]
    fn an_alignment_file_can_be_read_but_not_for_other_data_or_if_damaged() {
        let found = alignment(&[0.25; 4]);
        let file = found.to_file(&data()).unwrap();
        assert_eq!(Alignment::from_file(&file, &data()).unwrap(), found);
        let error =
            |file: &[u8], data: &DataSet| Alignment::from_file(file, data).unwrap_err().to_string();
        let other = DataSet { fingerprint: "other".to_owned(), ..data() };
        assert!(error(&file, &other).contains("alignment.safetensors: it is of other data"));
        let wrong = Alignment { train: vec![2, 3, 3, 0], ..found };
        let wrong = wrong.to_file(&data()).unwrap();
        assert!(error(&wrong, &data()).contains("train: the labels do not fit the utterances"));
        assert!(error(&file[..file.len() - 2], &data()).contains("damaged"));
    }
}

//! Which state every frame of speech is, as a trained network has it.

use std::collections::HashMap;

use anyhow::Result;
use assay_datasets::DataSet;
use assay_datasets::speech::{Utterance, ranges};
use assay_runs::best_path;
use burn::tensor::Tensor;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

/// A file of an alignment that is not used.
#[derive(Debug, thiserror::Error)]
#[error("alignment.safetensors: {0}")]
pub struct AlignmentError(String);

/// A label for every window of a data set of speech.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alignment {
    /// Of the windows to train on.
    pub train: Vec<u16>,
    /// Of the windows to test on.
    pub test: Vec<u16>,
}

/// The share of each class among labels, every class counted once more than it is there, so that none
/// has no share.
#[must_use]
pub fn priors(labels: &[u16], classes: usize) -> Vec<f64> {
    let mut counts = vec![1.0; classes];
    for &label in labels {
        counts[usize::from(label)] += 1.0;
    }
    let all = (labels.len() + classes) as f64;
    counts.into_iter().map(|count| count / all).collect()
}

impl Alignment {
    /// Of each utterance, whose digit is known, the best way through that digit's states, left to right
    /// ([`best_path`]): scores are logits less the logarithm of the class's prior, which is the
    /// likelihood of the frame up to a factor of its own (Bourlard and Morgan 1994). The parts do not
    /// touch one another.
    ///
    /// # Shapes
    /// - train, test: logits of every window of the part, `[windows, classes]`
    ///
    /// # Panics
    /// When the data is no speech, or there is not one row a window.
    #[must_use]
    pub fn of(data: &DataSet, priors: &[f64], train: &Tensor<2>, test: &Tensor<2>) -> Self {
        let utterances = data.utterances.as_ref().expect("speech has utterances");
        let of = |part: &[Utterance], logits: &Tensor<2>| {
            let values = logits.clone().into_data().convert::<f32>().try_into_vec::<f32>();
            align(part, utterances.states, &values.expect("just converted"), priors)
        };
        Self { train: of(&utterances.train, train), test: of(&utterances.test, test) }
    }

    /// As a safetensors file: U16 `train` and `test`, one label a window.
    ///
    /// # Errors
    /// Never: the names differ.
    pub fn to_file(&self, data: &DataSet) -> Result<Vec<u8>> {
        let bytes = |labels: &[u16]| labels.iter().flat_map(|l| l.to_le_bytes()).collect();
        let (train, test): (Vec<u8>, Vec<u8>) = (bytes(&self.train), bytes(&self.test));
        let view = |labels: &[u16], bytes| TensorView::new(Dtype::U16, vec![labels.len()], bytes);
        let views = [("train", view(&self.train, &train)?), ("test", view(&self.test, &test)?)];
        let of = HashMap::from([("data".to_owned(), data.fingerprint.clone())]);
        Ok(safetensors::serialize(views, Some(of))?)
    }

    /// Reads that file.
    ///
    /// # Errors
    /// When it is no such file, or does not fit the data.
    pub fn read(file: &[u8], data: &DataSet) -> Result<Self, AlignmentError> {
        let wrong = AlignmentError;
        let damaged = |error| wrong(format!("not a safetensors file, or damaged: {error}"));
        let (_, header) = SafeTensors::read_metadata(file).map_err(damaged)?;
        let of = header.metadata().as_ref().and_then(|of| of.get("data"));
        let utterances = data.utterances.as_ref().filter(|_| of == Some(&data.fingerprint));
        let utterances = utterances.ok_or_else(|| wrong("it is of other data".to_owned()))?;
        let tensors = SafeTensors::deserialize(file).map_err(damaged)?;
        let part = |name: &str, part: &[Utterance]| {
            let labels = tensors.tensor(name).map_err(damaged)?;
            let (bytes, _) = labels.data().as_chunks();
            let labels: Vec<u16> = bytes.iter().map(|label| u16::from_le_bytes(*label)).collect();
            let fits = fits(&labels, part, utterances.states);
            fits.then_some(labels).ok_or_else(|| wrong(format!("{name}: no labels of these words")))
        };
        Ok(Self { train: part("train", &utterances.train)?, test: part("test", &utterances.test)? })
    }
}

/// `logits` is `[windows, classes]`, row by row.
fn align(utterances: &[Utterance], states: u16, logits: &[f32], priors: &[f64]) -> Vec<u16> {
    let classes = priors.len();
    let prior: Vec<f64> = priors.iter().map(|prior| prior.ln()).collect();
    let mut labels = Vec::new();
    for (windows, utterance) in ranges(utterances).into_iter().zip(utterances) {
        let first = usize::from(utterance.digit * states);
        let rows = &logits[windows.start as usize * classes..windows.end as usize * classes];
        let score = |frame: usize, state: usize| {
            f64::from(rows[frame * classes + first + state]) - prior[first + state]
        };
        let path = best_path(windows.len(), usize::from(states), score);
        let path = path.expect("an utterance has a frame for each state");
        labels.extend(path.states.into_iter().map(|state| (first + state) as u16));
    }
    labels
}

/// Whether there is one label a window, each a state of its utterance's digit.
fn fits(labels: &[u16], utterances: &[Utterance], states: u16) -> bool {
    let windows: u32 = utterances.iter().map(|utterance| utterance.frames).sum();
    let of_word = |(windows, word): (std::ops::Range<u32>, &Utterance)| {
        let labels = &labels[windows.start as usize..windows.end as usize];
        labels.iter().all(|label| label / states == word.digit)
    };
    labels.len() == windows as usize && ranges(utterances).into_iter().zip(utterances).all(of_word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use assay_datasets::speech::Utterances;
    use assay_datasets::{Class, Images, Shape};
    use burn::tensor::Device;

    /// Two digits of two states; a word of four frames of digit 1 to train on, one of two of digit 0 to
    /// test on.
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
        // Class 0 is by far the likeliest, and no state of the word.
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
        Alignment::of(&data(), priors, &train, &test)
    }

    #[test]
    fn a_word_goes_from_its_first_state_to_its_last_where_the_network_says() {
        let found = alignment(&[0.25; 4]);
        assert_eq!(found.train, [2, 3, 3, 3]);
        // Two frames leave no choice, whatever is likelier.
        assert_eq!(found.test, [0, 1]);
        let flat = Tensor::<2>::zeros([4, 4], &Device::flex());
        let test = Tensor::<2>::zeros([2, 4], &Device::flex());
        let even = Alignment::of(&data(), &[0.25; 4], &flat, &test);
        assert_eq!(even.train, [2, 2, 2, 3], "of equal ways that which stays the longest");
    }

    #[test]
    fn a_state_that_is_rare_needs_a_smaller_probability() {
        // State 2 is e^2 times as rare as state 3: it gains 2 a frame, where the logits say 1 less.
        let rare = 2.0_f64.exp().recip() / 4.0;
        assert_eq!(alignment(&[0.25, 0.25, rare, 0.25]).train, [2, 2, 2, 3]);
    }

    #[test]
    fn priors_are_shares_with_each_class_counted_once_more() {
        assert_eq!(priors(&[0, 0, 2], 3), [3.0 / 6.0, 1.0 / 6.0, 2.0 / 6.0]);
    }

    #[test]
    fn an_alignment_reads_back_and_is_refused_to_other_data_or_when_damaged() {
        let found = alignment(&[0.25; 4]);
        let file = found.to_file(&data()).unwrap();
        assert_eq!(Alignment::read(&file, &data()).unwrap(), found);
        let error =
            |file: &[u8], data: &DataSet| Alignment::read(file, data).unwrap_err().to_string();
        let other = DataSet { fingerprint: "other".to_owned(), ..data() };
        assert!(error(&file, &other).contains("alignment.safetensors: it is of other data"));
        let wrong = Alignment { train: vec![2, 3, 3, 0], ..found };
        let wrong = wrong.to_file(&data()).unwrap();
        assert!(error(&wrong, &data()).contains("train: no labels of these words"));
        assert!(error(&file[..file.len() - 2], &data()).contains("damaged"));
    }
}

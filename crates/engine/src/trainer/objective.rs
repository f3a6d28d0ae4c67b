//! Training objectives: the loss to minimize, and when a network counts as not having learned.

use std::collections::BTreeMap;

use assay_losses::cross_entropy;
use assay_runs::{CurvePoint, Evaluation};
use burn::tensor::{Int, Tensor};

/// A network did not learn if its last loss is at least this share of the labels' entropy.
const DID_NOT_LEARN_SHARE: f64 = 0.99;

/// How well labels can be predicted without looking at the images. A network that learned does better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassPrior {
    /// Entropy of the labels of the last epoch, in nats; ln(classes) if all classes are equally frequent.
    ///
    /// This is the cross-entropy of the best prediction that is the same for all images.
    pub entropy: f64,
    /// The share of the most frequent class among the images evaluated after each epoch, in [0, 1].
    pub largest_share: f64,
}

impl ClassPrior {
    /// Measures the labels of the last training epoch and those of the evaluated images.
    #[must_use]
    pub fn from_labels(trained: impl IntoIterator<Item = u16>, evaluated: &[u16]) -> Self {
        let entropy = shares(trained).into_iter().map(|share| -share * share.ln()).sum();
        let largest_share = shares(evaluated.iter().copied()).into_iter().fold(0.0, f64::max);
        Self { entropy, largest_share }
    }

    /// Whether a constant prediction explains this accuracy.
    ///
    /// True if the number of correct images is at most that of the most frequent class plus three
    /// standard deviations of chance.
    #[must_use]
    pub fn is_chance_level(&self, evaluation: Evaluation) -> bool {
        let (share, images) = (self.largest_share, f64::from(evaluation.images));
        let deviation = (images * share * (1.0 - share)).sqrt();
        f64::from(evaluation.correct) <= share * images + 3.0 * deviation
    }
}

/// The share of each label that occurs, in the order of the labels.
fn shares(labels: impl IntoIterator<Item = u16>) -> Vec<f64> {
    let mut counts = BTreeMap::new();
    for label in labels {
        *counts.entry(label).or_insert(0_u32) += 1;
    }
    let all: u32 = counts.values().sum();
    counts.into_values().map(|count| f64::from(count) / f64::from(all)).collect()
}

/// The loss that a network is trained to minimize.
pub trait Objective {
    /// Returns the loss of a batch, `[1]`: the mean over its images.
    ///
    /// # Shapes
    /// - logits: `[batch, classes]`, f32
    /// - labels: `[batch]`
    /// - images: `[batch, channels, height, width]`, the input of the first layer that is not cached
    ///
    /// `rows` are the batch's rows of the training data. `epoch` is the number of finished epochs.
    fn loss(
        &self,
        logits: Tensor<2>,
        labels: Tensor<1, Int>,
        images: &Tensor<4>,
        rows: &[u32],
        epoch: u64,
    ) -> Tensor<1>;

    /// Whether the last point of the learning curve is no better than a constant prediction.
    fn did_not_learn(&self, last: &CurvePoint, prior: ClassPrior) -> bool;
}

/// Cross-entropy with the labels.
pub struct HardLabels;

impl Objective for HardLabels {
    fn loss(
        &self,
        logits: Tensor<2>,
        labels: Tensor<1, Int>,
        _images: &Tensor<4>,
        _rows: &[u32],
        _epoch: u64,
    ) -> Tensor<1> {
        cross_entropy(logits, labels)
    }

    fn did_not_learn(&self, last: &CurvePoint, prior: ClassPrior) -> bool {
        last.train_loss >= DID_NOT_LEARN_SHARE * prior.entropy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equally_common_classes_have_an_entropy_of_the_logarithm_of_their_number() {
        let prior = ClassPrior::from_labels([0, 1, 2, 3, 3, 2, 1, 0], &[0, 1, 2, 3]);
        assert!((prior.entropy - 4_f64.ln()).abs() < 1e-12);
        assert!((prior.largest_share - 0.25).abs() < 1e-12);
    }

    #[test]
    fn a_loss_at_the_entropy_of_the_labels_did_not_learn() {
        // Nine in ten images have one class. A constant prediction costs 0.325 nats, not ln 2 = 0.693.
        let labels = || (0..100).map(|image| u16::from(image % 10 == 0));
        let prior = ClassPrior::from_labels(labels(), &[0, 1]);
        let at = |train_loss| CurvePoint { epoch: 1, train_loss, evaluation: None };
        assert!(HardLabels.did_not_learn(&at(0.325), prior));
        assert!(!HardLabels.did_not_learn(&at(0.30), prior));
    }

    #[test]
    fn naming_the_most_frequent_class_is_chance_level() {
        // 100 classes of 100 images, one of them with 50 more. 1.49 % of 10,050 images are 150. Three
        // standard deviations of chance are 36.
        let mut labels: Vec<u16> = (0..10_000).map(|image| image % 100).collect();
        labels.extend([7; 50]);
        let prior = ClassPrior::from_labels([0, 1], &labels);
        let evaluation =
            |correct| Evaluation { images: 10_050, correct, correct_top5: correct, loss: 4.0 };
        assert!(prior.is_chance_level(evaluation(150)) && prior.is_chance_level(evaluation(186)));
        assert!(!prior.is_chance_level(evaluation(187)));
    }
}

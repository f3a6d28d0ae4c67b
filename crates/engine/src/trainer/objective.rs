//! What a network is trained towards.

use std::collections::BTreeMap;

use assay_losses::cross_entropy;
use assay_runs::{CurvePoint, Evaluation};
use burn::tensor::{Int, Tensor};

/// A last loss of this share of the labels' entropy or more is that of a network that has learnt nothing.
const STUCK_SHARE: f64 = 0.99;

/// How well labels can be told without looking at an image: the bar for a network that has learnt something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// Entropy of the labels trained on in the last epoch, in nats: ln(classes) where each class is drawn as
    /// often. It is the cross-entropy of the best prediction that is the same for all images.
    pub entropy: f64,
    /// The share of the commonest class among the images that are looked at after an epoch.
    pub largest_share: f64,
}

impl Prior {
    /// Of the labels of the last epoch's images, and of those looked at.
    #[must_use]
    pub fn of(trained: impl IntoIterator<Item = u16>, looked_at: &[u16]) -> Self {
        let entropy = shares(trained).into_iter().map(|share| -share * share.ln()).sum();
        let largest_share = shares(looked_at.iter().copied()).into_iter().fold(0.0, f64::max);
        Self { entropy, largest_share }
    }

    /// Whether so many of these images classified correctly can be had by naming one class for all of
    /// them: no more than the commonest class has, and three standard deviations of chance.
    #[must_use]
    pub fn explains(&self, seen: Evaluation) -> bool {
        let (share, images) = (self.largest_share, f64::from(seen.images));
        let chance = (images * share * (1.0 - share)).sqrt();
        f64::from(seen.correct) <= share * images + 3.0 * chance
    }
}

/// The share of each class that occurs, in the order of the labels.
fn shares(labels: impl IntoIterator<Item = u16>) -> Vec<f64> {
    let mut counts = BTreeMap::new();
    for label in labels {
        *counts.entry(label).or_insert(0_u32) += 1;
    }
    let all: u32 = counts.values().sum();
    counts.into_values().map(|count| f64::from(count) / f64::from(all)).collect()
}

/// What a network is trained towards.
pub trait Objective {
    /// The loss of a batch, `[1]`, mean over the images.
    ///
    /// # Shapes
    /// - logits: `[batch, classes]`, f32
    /// - labels: `[batch]`
    /// - images: `[batch, channels, height, width]`, what was put into the layers that are not kept
    ///
    /// `rows` are the batch's rows of what is trained on, `epoch` the epochs done before.
    fn loss(
        &self,
        logits: Tensor<2>,
        labels: Tensor<1, Int>,
        images: &Tensor<4>,
        rows: &[u32],
        epoch: u64,
    ) -> Tensor<1>;

    /// Whether the last point of a learning curve is that of a network that has learnt nothing, or no more
    /// than how common each class is.
    fn has_learnt_nothing(&self, last: &CurvePoint, prior: Prior) -> bool;
}

/// The labels, by cross-entropy.
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

    fn has_learnt_nothing(&self, last: &CurvePoint, prior: Prior) -> bool {
        last.train_loss >= STUCK_SHARE * prior.entropy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equally_common_classes_have_an_entropy_of_the_logarithm_of_their_number() {
        let prior = Prior::of([0, 1, 2, 3, 3, 2, 1, 0], &[0, 1, 2, 3]);
        assert!((prior.entropy - 4_f64.ln()).abs() < 1e-12);
        assert!((prior.largest_share - 0.25).abs() < 1e-12);
    }

    #[test]
    fn a_network_that_says_how_common_classes_are_has_learnt_nothing() {
        // Nine images in ten are of one class: knowing that costs 0.325 nats an image, not ln 2 = 0.693.
        let labels = || (0..100).map(|image| u16::from(image % 10 == 0));
        let prior = Prior::of(labels(), &[0, 1]);
        let at = |train_loss| CurvePoint { epoch: 1, train_loss, test: None };
        assert!(HardLabels.has_learnt_nothing(&at(0.325), prior));
        assert!(!HardLabels.has_learnt_nothing(&at(0.30), prior));
    }

    #[test]
    fn naming_one_class_explains_as_many_images_as_the_commonest_has() {
        // 100 classes of 100 images each, but for one of 150: 1.49 % of 10,050 images are 150, and three
        // standard deviations of chance 36.
        let mut labels: Vec<u16> = (0..10_000).map(|image| image % 100).collect();
        labels.extend([7; 50]);
        let prior = Prior::of([0, 1], &labels);
        let seen =
            |correct| Evaluation { images: 10_050, correct, correct_top5: correct, loss: 4.0 };
        assert!(prior.explains(seen(150)) && prior.explains(seen(186)));
        assert!(!prior.explains(seen(187)));
    }
}

//! Classification metrics: errors, and measures of the probabilities.

use super::predictions::{Ensemble, Predictions};
use super::probability::is_right;

/// The number of confidence bins in a reliability diagram and in the calibration error.
pub const BINS: usize = 15;

/// The images of one class, and how many of them are errors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClassErrors {
    pub images: usize,
    pub errors: usize,
}

impl ClassErrors {
    /// Errors in percent of the images; 0 without images.
    pub fn error_percent(self) -> f64 {
        percent(self.errors, self.images)
    }

    /// Images that are classified correctly, in percent; 0 without images.
    pub fn right_percent(self) -> f64 {
        percent(self.images - self.errors, self.images)
    }
}

/// The images whose largest probability is in one fifteenth of [0, 1].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bin {
    pub images: usize,
    /// Images that are classified correctly.
    pub right: usize,
    /// The sum of their largest probabilities.
    pub confidence: f64,
}

/// The classification metrics of a network or an ensemble on a set of images.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassificationMetrics {
    /// For each image, whether its own class is the single most likely one.
    pub right: Vec<bool>,
    pub by_class: Vec<ClassErrors>,
    /// Negative log likelihood of the labels in nats, mean over the images.
    pub nll: f64,
    /// Brier score in [0, 2]: the squared distance of the probabilities from the label's, summed
    /// over the classes, mean over the images.
    pub brier: f64,
    /// By confidence, from 0 to 1.
    pub bins: Vec<Bin>,
    /// For speech: for each word, whether it is recognized.
    pub words_right: Option<Vec<bool>>,
    /// For speech: how many of the images are frames of each word, in their order.
    pub frames_of_words: Option<Vec<usize>>,
}

impl ClassificationMetrics {
    /// The metrics of the networks' mean probabilities at T = 1.
    pub fn new(ensemble: &Ensemble) -> Self {
        let Predictions { classes, labels, words, .. } = ensemble.first();
        let mut by_class = vec![ClassErrors::default(); *classes];
        let mut bins = vec![Bin::default(); BINS];
        let (mut right, mut nll, mut brier) = (Vec::with_capacity(labels.len()), 0.0, 0.0);
        let predicted: Vec<Vec<f64>> =
            (0..labels.len()).map(|image| ensemble.log_probabilities(image, 1.0)).collect();
        for (logs, &label) in predicted.iter().zip(labels) {
            let is_right = is_right(logs, label);
            right.push(is_right);
            by_class[label].images += 1;
            by_class[label].errors += usize::from(!is_right);
            nll -= logs[label];
            let own = |class: usize| if class == label { 1.0 } else { 0.0 };
            let squares =
                logs.iter().enumerate().map(|(class, log)| (log.exp() - own(class)).powi(2));
            brier += squares.sum::<f64>();
            let confidence = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max).exp();
            let bin = &mut bins[bin_of_confidence(confidence)];
            bin.images += 1;
            bin.right += usize::from(is_right);
            bin.confidence += confidence;
        }
        let images = labels.len().max(1) as f64;
        let words_right = words.as_ref().map(|words| words.recognized(&predicted));
        let frames_of_words = words.as_ref().map(|words| words.frames());
        let (nll, brier) = (nll / images, brier / images);
        Self { right, by_class, nll, brier, bins, words_right, frames_of_words }
    }

    /// Images and errors of all classes.
    pub fn counts(&self) -> ClassErrors {
        ClassErrors { images: self.images(), errors: self.errors() }
    }

    /// The number of images.
    pub fn images(&self) -> usize {
        self.right.len()
    }

    /// The number of errors.
    pub fn errors(&self) -> usize {
        count_wrong(&self.right)
    }

    /// Errors in percent of the images, [0, 100].
    pub fn error_percent(&self) -> f64 {
        percent(self.errors(), self.images())
    }

    /// The number of word errors; none for data other than speech.
    pub fn word_errors(&self) -> Option<usize> {
        self.words_right.as_deref().map(count_wrong)
    }

    /// The same in percent of the words, [0, 100].
    pub fn word_error_percent(&self) -> Option<f64> {
        self.words_right.as_ref().map(|right| percent(count_wrong(right), right.len()))
    }

    /// Expected calibration error in percent (Guo et al. 2017): the distance of accuracy from mean
    /// confidence in each bin, weighted by images.
    pub fn calibration_error(&self) -> f64 {
        let off = |bin: &Bin| (bin.right as f64 - bin.confidence).abs();
        100.0 * self.bins.iter().map(off).sum::<f64>() / self.images().max(1) as f64
    }
}

fn count_wrong(right: &[bool]) -> usize {
    right.iter().filter(|right| !**right).count()
}

/// `part` in percent of `whole`; 0 if `whole` is 0.
pub fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

/// The bin of a confidence. The upper end of a bin belongs to it.
fn bin_of_confidence(confidence: f64) -> usize {
    let upper = (confidence * BINS as f64).ceil() as usize;
    upper.clamp(1, BINS) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-6, "{left} is not {right}");
    }

    /// Four images of two classes, with these probabilities of class 1.
    fn metrics(of_class_1: [f32; 4], labels: [i64; 4]) -> ClassificationMetrics {
        let logits = of_class_1.iter().flat_map(|p| [(1.0 - p).ln(), p.ln()]).collect();
        let predictions = Predictions::new(2, logits, &labels).unwrap();
        ClassificationMetrics::new(&Ensemble::from(&predictions))
    }

    #[test]
    fn errors_are_counted_by_class() {
        let metrics = metrics([0.9, 0.2, 0.6, 0.4], [1, 0, 0, 1]);
        assert_eq!(metrics.right, [true, true, false, false]);
        let one = ClassErrors { images: 2, errors: 1 };
        assert_eq!(metrics.by_class, [one, one]);
        close(metrics.error_percent(), 50.0);
    }

    #[test]
    fn likelihood_and_brier_score_are_those_worked_out_by_hand() {
        let metrics = metrics([0.5, 0.25, 0.75, 0.75], [1, 0, 0, 1]);
        // -ln of 1/2, 3/4, 1/4, 3/4.
        close(metrics.nll, (2.0_f64.ln() + 4.0_f64.ln() + 2.0 * (4.0_f64 / 3.0).ln()) / 4.0);
        // Twice the squares of 1/2, 1/4, 3/4, 1/4.
        close(metrics.brier, 2.0 * (0.25 + 0.0625 + 0.5625 + 0.0625) / 4.0);
    }

    #[test]
    fn the_calibration_error_weighs_each_bin_by_its_images() {
        // Confidences .9 (right), .9 (wrong) and .55, .55 (both right): bins 14 and 9 of 15.
        let metrics = metrics([0.9, 0.9, 0.55, 0.55], [1, 0, 1, 1]);
        assert_eq!((metrics.bins[13].images, metrics.bins[8].images), (2, 2));
        // |1 - 1.8| + |2 - 1.1| over four images.
        close(metrics.calibration_error() / 100.0, (0.8 + 0.9) / 4.0);
    }

    #[test]
    fn a_bin_holds_its_upper_end() {
        assert_eq!(
            [
                bin_of_confidence(0.0),
                bin_of_confidence(0.2),
                bin_of_confidence(0.2001),
                bin_of_confidence(1.0)
            ],
            [0, 2, 3, 14]
        );
    }
}

//! The quality of predictions: errors, and how good the probabilities are.

use super::decision::is_right;
use super::predictions::Ensemble;

/// The number of confidence bins in a reliability diagram and in the calibration error.
pub const BINS: usize = 15;

/// The images of one class, and how many of them are errors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClassErrors {
    /// Images.
    pub images: usize,
    /// Errors.
    pub errors: usize,
}

/// The images whose largest probability is in one fifteenth of [0, 1].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bin {
    /// Images.
    pub images: usize,
    /// Those that are classified correctly.
    pub right: usize,
    /// The sum of their largest probabilities.
    pub confidence: f64,
}

/// The quality of a network or an ensemble on a set of images.
#[derive(Debug, Clone, PartialEq)]
pub struct Quality {
    /// For each image, whether its own class is the single most likely one.
    pub right: Vec<bool>,
    /// By class.
    pub by_class: Vec<ClassErrors>,
    /// Negative log likelihood of the labels in nats, mean over the images.
    pub nll: f64,
    /// Brier score in [0, 2]: the squared distance of the probabilities from the label's, summed
    /// over the classes, mean over the images.
    pub brier: f64,
    /// By confidence, from 0 to 1.
    pub bins: Vec<Bin>,
    /// For speech: for each word, whether it is recognized.
    pub utterances: Option<Vec<bool>>,
}

impl Quality {
    /// The quality of the networks' mean probabilities at T = 1.
    #[must_use]
    pub fn of(ensemble: &Ensemble) -> Self {
        let labels = ensemble.labels();
        let mut by_class = vec![ClassErrors::default(); ensemble.classes()];
        let mut bins = vec![Bin::default(); BINS];
        let (mut right, mut nll, mut brier) = (Vec::with_capacity(labels.len()), 0.0, 0.0);
        let said: Vec<Vec<f64>> =
            (0..labels.len()).map(|image| ensemble.log_probabilities(image, 1.0)).collect();
        for (logs, &label) in said.iter().zip(labels) {
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
            let bin = &mut bins[bin_of(confidence)];
            bin.images += 1;
            bin.right += usize::from(is_right);
            bin.confidence += confidence;
        }
        let images = labels.len().max(1) as f64;
        let utterances = ensemble.spoken().map(|spoken| spoken.right(&said));
        Self { right, by_class, nll: nll / images, brier: brier / images, bins, utterances }
    }

    /// The number of word errors; none for data other than speech.
    #[must_use]
    pub fn utterance_errors(&self) -> Option<usize> {
        let words = self.utterances.as_ref()?;
        Some(words.iter().filter(|right| !**right).count())
    }

    /// The same in percent of the words, [0, 100].
    #[must_use]
    pub fn utterance_error_percent(&self) -> Option<f64> {
        Some(percent(self.utterance_errors()?, self.utterances.as_ref()?.len()))
    }

    /// The number of images.
    #[must_use]
    pub fn images(&self) -> usize {
        self.right.len()
    }

    /// The number of errors.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.right.iter().filter(|right| !**right).count()
    }

    /// Errors in percent of the images, [0, 100].
    #[must_use]
    pub fn error_percent(&self) -> f64 {
        percent(self.errors(), self.images())
    }

    /// Expected calibration error in percent (Guo et al. 2017): the distance of accuracy from mean
    /// confidence in each bin, weighted by images.
    #[must_use]
    pub fn calibration_error(&self) -> f64 {
        let off = |bin: &Bin| (bin.right as f64 - bin.confidence).abs();
        100.0 * self.bins.iter().map(off).sum::<f64>() / self.images().max(1) as f64
    }
}

/// `part` in percent of `whole`; 0 if `whole` is 0.
#[must_use]
pub fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}

/// The bin of a confidence. The upper end of a bin belongs to it.
fn bin_of(confidence: f64) -> usize {
    let upper = (confidence * BINS as f64).ceil() as usize;
    upper.clamp(1, BINS) - 1
}

#[cfg(test)]
mod tests {
    use super::super::predictions::Predictions;
    use super::*;

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-6, "{left} is not {right}");
    }

    /// Four images of two classes, with these probabilities of class 1.
    fn quality(of_class_1: [f32; 4], labels: [i64; 4]) -> Quality {
        let logits = of_class_1.iter().flat_map(|p| [(1.0 - p).ln(), p.ln()]).collect();
        let predictions = Predictions::new(2, logits, &labels).unwrap();
        Quality::of(&Ensemble::new(vec![&predictions]))
    }

    #[test]
    fn errors_are_counted_by_class() {
        let quality = quality([0.9, 0.2, 0.6, 0.4], [1, 0, 0, 1]);
        assert_eq!(quality.right, [true, true, false, false]);
        let one = ClassErrors { images: 2, errors: 1 };
        assert_eq!(quality.by_class, [one, one]);
        close(quality.error_percent(), 50.0);
    }

    #[test]
    fn likelihood_and_brier_score_are_those_worked_out_by_hand() {
        let quality = quality([0.5, 0.25, 0.75, 0.75], [1, 0, 0, 1]);
        // -ln of 1/2, 3/4, 1/4, 3/4.
        close(quality.nll, (2.0_f64.ln() + 4.0_f64.ln() + 2.0 * (4.0_f64 / 3.0).ln()) / 4.0);
        // Twice the squares of 1/2, 1/4, 3/4, 1/4.
        close(quality.brier, 2.0 * (0.25 + 0.0625 + 0.5625 + 0.0625) / 4.0);
    }

    #[test]
    fn the_calibration_error_weighs_each_bin_by_its_images() {
        // Confidences .9 (right), .9 (wrong) and .55, .55 (both right): bins 14 and 9 of 15.
        let quality = quality([0.9, 0.9, 0.55, 0.55], [1, 0, 1, 1]);
        assert_eq!((quality.bins[13].images, quality.bins[8].images), (2, 2));
        // |1 - 1.8| + |2 - 1.1| over four images.
        close(quality.calibration_error() / 100.0, (0.8 + 0.9) / 4.0);
    }

    #[test]
    fn a_bin_holds_its_upper_end() {
        assert_eq!([bin_of(0.0), bin_of(0.2), bin_of(0.2001), bin_of(1.0)], [0, 2, 3, 14]);
    }
}

//! Corrections of a student that never saw some classes, by an offset on the logits of these
//! classes.
//!
//! A student may learn from soft targets on a transfer set without some classes. It then finds
//! those classes possible but improbable, because no image of its transfer set is one of them.
//! Hinton et al. 2015, section 3, raise the bias of the excluded class, or lower those of all
//! others, which is the same: all excluded classes share one offset on their logits. They chose it
//! on the test set. Here it is also chosen without any label, and on validation labels.

use super::classification::{ClassErrors, ClassificationMetrics};
use super::predictions::{Ensemble, Predictions};
use super::probability::{is_right, log_softmax, log_sum_exp};

/// How an offset is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// No offset: the student as trained.
    None,
    /// On validation images without their labels. The probabilities of the excluded classes,
    /// averaged over the images, must equal the known share of images of these classes.
    Prior,
    /// The fewest errors on the validation images, with their labels.
    Validation,
    /// The fewest errors on the test images: the paper's choice, an oracle.
    Test,
}

impl Fit {
    /// All of them, ordered by how much they use.
    pub const ALL: [Self; 4] = [Self::None, Self::Prior, Self::Validation, Self::Test];

    /// Its name in figures and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "uncorrected",
            Self::Prior => "no labels",
            Self::Validation => "validation labels",
            Self::Test => "test labels (oracle)",
        }
    }
}

/// A student's errors on the test images with an offset on its excluded classes' logits.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// How the offset was chosen.
    pub fit: Fit,
    /// The number added to the logits of the excluded classes.
    pub offset: f64,
    /// On all test images.
    pub metrics: ClassificationMetrics,
    /// On the test images of the excluded classes.
    pub excluded: ClassErrors,
}

/// A student with every correction that the validation images allow, the uncorrected one first.
///
/// - `excluded_classes`: the classes without images in the transfer set; some, but not all classes
pub fn corrections(
    validation_images: &Predictions,
    test: &Predictions,
    excluded_classes: &[usize],
) -> Vec<Correction> {
    let correction = |fit: Fit| {
        let offset = match fit {
            Fit::None => 0.0,
            Fit::Prior => {
                let prior = share_of_labels(&validation_images.labels, excluded_classes);
                offset_to_prior(validation_images, excluded_classes, prior)?
            }
            Fit::Validation => offset_with_fewest_errors(validation_images, excluded_classes)?,
            Fit::Test => offset_with_fewest_errors(test, excluded_classes)?,
        };
        let shifted = test.shifted(excluded_classes, offset);
        let metrics = ClassificationMetrics::new(&Ensemble::from(&shifted));
        let counts = excluded_classes.iter().map(|&class| metrics.by_class[class]);
        let excluded = counts.fold(ClassErrors::default(), |sum, class| ClassErrors {
            images: sum.images + class.images,
            errors: sum.errors + class.errors,
        });
        Some(Correction { fit, offset, metrics, excluded })
    };
    Fit::ALL.into_iter().filter_map(correction).collect()
}

/// The share of labels that are among `classes`, in [0, 1]: the known prior. Counting it on labels
/// tells the correction only how common the classes are, not which images are theirs.
fn share_of_labels(labels: &[usize], classes: &[usize]) -> f64 {
    let among = labels.iter().filter(|label| classes.contains(label)).count();
    among as f64 / labels.len().max(1) as f64
}

/// The offset at which the excluded classes' probabilities at T = 1, averaged over the images, add
/// up to `prior`, by bisection. None if no offset does: without images, or for a prior of 0 or 1.
fn offset_to_prior(images: &Predictions, excluded_classes: &[usize], prior: f64) -> Option<f64> {
    let count = images.labels.len();
    if count == 0 || prior <= 0.0 || prior >= 1.0 {
        return None;
    }
    let log_odds: Vec<f64> =
        (0..count).map(|image| log_odds(images.logits(image), excluded_classes)).collect();
    // The offset is added to the log odds of each image, so the mass increases with it.
    let mass = |offset: f64| {
        let probability = |odds: &f64| 1.0 / (1.0 + (-(odds + offset)).exp());
        log_odds.iter().map(probability).sum::<f64>() / count as f64
    };
    let (mut low, mut high) = (-1.0, 1.0);
    while mass(low) > prior {
        low *= 2.0;
    }
    while mass(high) < prior {
        high *= 2.0;
    }
    // Halve the interval until its ends are neighboring numbers, or nearly.
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if mass(middle) < prior { low = middle } else { high = middle }
    }
    Some(f64::midpoint(low, high))
}

/// ln of the excluded classes' probability divided by that of the others.
fn log_odds(logits: &[f32], excluded_classes: &[usize]) -> f64 {
    let logs = log_softmax(logits, 1.0);
    let sum = |excluded: bool| {
        let wanted = |(class, _): &(usize, &f64)| excluded_classes.contains(class) == excluded;
        log_sum_exp(logs.iter().enumerate().filter(wanted).map(|(_, log)| *log))
    };
    sum(true) - sum(false)
}

/// An offset with the fewest errors on labeled images, exactly: the middle of the interval with the
/// fewest errors; of several such intervals, the one nearest to 0. None without images.
fn offset_with_fewest_errors(images: &Predictions, excluded_classes: &[usize]) -> Option<f64> {
    let image = |image: usize| threshold(images, image, excluded_classes);
    let mut thresholds: Vec<(f64, i64)> = (0..images.labels.len()).map(image).collect();
    thresholds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let first = thresholds.first()?.0;
    // The first interval is below every threshold. Errors are those added to its errors.
    let mut best = (0, (-first).max(0.0), first - 1.0);
    let mut errors = 0;
    for (at, &(low, added)) in thresholds.iter().enumerate() {
        errors += added;
        let high = thresholds.get(at + 1).map(|next| next.0);
        if high == Some(low) {
            continue;
        }
        // Without an upper end, the point at a distance of 1 from the lower one.
        let offset = high.map_or(low + 1.0, |high| f64::midpoint(low, high));
        let distance = low.max(high.map_or(0.0, |high| -high)).max(0.0);
        if errors < best.0 || (errors == best.0 && distance < best.1) {
            best = (errors, distance, offset);
        }
    }
    Some(best.2)
}

/// The offset above which an image is classified as an excluded class, and the errors that this
/// adds.
fn threshold(images: &Predictions, image: usize, excluded_classes: &[usize]) -> (f64, i64) {
    let (logits, label) = (images.logits(image), images.labels[image]);
    let values = |excluded: bool| -> Vec<f64> {
        let value = |(class, &logit): (usize, &f32)| {
            let wanted = excluded_classes.contains(&class) == excluded;
            if wanted { f64::from(logit) } else { f64::NEG_INFINITY }
        };
        logits.iter().enumerate().map(value).collect()
    };
    let (excluded, seen) = (values(true), values(false));
    let largest = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let errors = if excluded_classes.contains(&label) {
        -i64::from(is_right(&excluded, label))
    } else {
        i64::from(is_right(&seen, label))
    };
    (largest(&seen) - largest(&excluded), errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-6, "{left} is not {right}");
    }

    #[test]
    fn the_offset_to_a_prior_brings_the_mean_probability_to_it() {
        // Both images have odds 1 : 9 for the excluded class; 1 : 1 needs ln 9.
        let nine = 9.0_f32.ln();
        let images = Predictions::new(2, vec![0.0, nine, 0.0, nine], &[0, 1]).unwrap();
        close(offset_to_prior(&images, &[0], 0.5).unwrap(), 9.0_f64.ln());
        // 1 : 1 and 1 : 9 (masses 1/2 and 1/10) are already at their mean, 0.3.
        let images = Predictions::new(2, vec![0.0, 0.0, 0.0, nine], &[0, 1]).unwrap();
        close(offset_to_prior(&images, &[0], 0.3).unwrap(), 0.0);
        assert_eq!(offset_to_prior(&images, &[0], 0.0), None);
    }

    #[test]
    fn raising_the_excluded_classes_is_lowering_the_others() {
        let logits = vec![1.0, 3.0, 0.5, 2.0, -1.0, 0.0];
        let images = Predictions::new(3, logits, &[0, 1]).unwrap();
        let raised = offset_to_prior(&images, &[0, 2], 0.6).unwrap();
        let lowered = offset_to_prior(&images, &[1], 0.4).unwrap();
        close(raised, -lowered);
    }

    #[test]
    fn the_fewest_errors_are_found_between_the_thresholds_of_images() {
        // Class 0 is excluded. Its two images need offsets above 1 and 3, the two of class 1
        // offsets below 2 and 5. Errors: 2 below 1; 1 from 1 to 2; 2 from 2 to 3; 1 from 3 to 5; 2
        // above.
        let logits = vec![0.0, 1.0, 0.0, 3.0, 0.0, 2.0, 0.0, 5.0];
        let images = Predictions::new(2, logits, &[0, 0, 1, 1]).unwrap();
        close(offset_with_fewest_errors(&images, &[0]).unwrap(), 1.5);
    }

    #[test]
    fn an_image_that_no_offset_helps_counts_for_nothing() {
        // Classes 0 and 1 are excluded. The first image is of class 0, but class 1 is more likely.
        // The second is of class 0 and needs more than 2; the third, of class 2, less than 4.
        let logits = vec![0.0, 1.0, 1.5, 1.0, 0.0, 3.0, 0.0, 0.0, 4.0];
        let images = Predictions::new(3, logits, &[0, 0, 2]).unwrap();
        close(offset_with_fewest_errors(&images, &[0, 1]).unwrap(), 3.0);
    }

    #[test]
    fn corrections_are_made_on_the_images_they_may_look_at() {
        // Validation: class 0 needs more than 2, class 1 less than 4. Test: class 0 needs more than
        // 6.
        let validation_images = Predictions::new(2, vec![0.0, 2.0, 0.0, 4.0], &[0, 1]).unwrap();
        let test = Predictions::new(2, vec![0.0, 6.0, 0.0, 9.0, 0.0, 1.0], &[0, 1, 0]).unwrap();
        let found = corrections(&validation_images, &test, &[0]);
        assert_eq!(found.iter().map(|one| one.fit).collect::<Vec<_>>(), Fit::ALL);
        // Odds of e^-2 and e^-4 have a mean probability of 1/2 at an offset of 3.
        let offsets: Vec<f64> = found.iter().map(|one| one.offset).collect();
        for (got, wanted) in offsets.iter().zip([0.0, 3.0, 3.0, 7.5]) {
            close(*got, wanted);
        }
        let errors: Vec<_> =
            found.iter().map(|one| (one.excluded.errors, one.excluded.images)).collect();
        assert_eq!(errors, [(2, 2), (1, 2), (1, 2), (0, 2)]);
        assert_eq!(found[3].metrics.errors(), 0);
    }
}

//! The predictions of networks: logits, and the probabilities they represent.

use super::probability::{log_softmax, log_sum_exp};
use std::rc::Rc;

use super::words::Words;

/// The logits of one network on a set of images, with the labels of the images.
#[derive(Debug, Clone, PartialEq)]
pub struct Predictions {
    /// The number of classes.
    pub classes: usize,
    /// The labels of the images.
    pub labels: Vec<usize>,
    /// `[images, classes]`, image by image.
    logits: Vec<f32>,
    /// For speech, the words that the images are frames of, and the priors.
    pub words: Option<Rc<Words>>,
}

impl Predictions {
    /// Predictions from `logits`, `[images, classes]` image by image, and `labels`, `[images]`.
    ///
    /// # Errors
    /// When there is no class, the two have different numbers of images, a label is not a class, or
    /// a logit is not finite; as text.
    pub fn new(classes: usize, logits: Vec<f32>, labels: &[i64]) -> Result<Self, String> {
        if classes == 0 || logits.len() != classes * labels.len() {
            let (count, images) = (logits.len(), labels.len());
            return Err(format!("{count} logits for {images} labels and {classes} classes"));
        }
        let label = |&label: &i64| {
            let known = usize::try_from(label).ok().filter(|&label| label < classes);
            known.ok_or_else(|| format!("label {label}; the classes are 0 to {}", classes - 1))
        };
        if let Some(at) = logits.iter().position(|logit| !logit.is_finite()) {
            return Err(format!("logit {} of image {}", logits[at], at / classes));
        }
        let labels = labels.iter().map(label).collect::<Result<_, _>>()?;
        Ok(Self { classes, logits, labels, words: None })
    }

    /// The same predictions, with the images as frames of words.
    pub fn with_words(self, words: Words) -> Self {
        Self { words: Some(Rc::new(words)), ..self }
    }

    /// The logits of one image, by class.
    pub fn logits(&self, image: usize) -> &[f32] {
        &self.logits[image * self.classes..][..self.classes]
    }

    /// The same with `offset` added to the logits of `classes`.
    pub fn shifted(&self, classes: &[usize], offset: f64) -> Self {
        let mut shifted = self.clone();
        for logits in shifted.logits.chunks_exact_mut(self.classes) {
            for &class in classes {
                logits[class] = (f64::from(logits[class]) + offset) as f32;
            }
        }
        shifted
    }
}

/// Networks whose probabilities are averaged: an ensemble (Hinton et al. 2015, section 5.3), or one
/// network alone.
#[derive(Debug, Clone)]
pub struct Ensemble<'a> {
    members: Vec<&'a Predictions>,
}

impl<'a> From<&'a Predictions> for Ensemble<'a> {
    fn from(alone: &'a Predictions) -> Self {
        Self { members: vec![alone] }
    }
}

impl<'a> Ensemble<'a> {
    /// An ensemble of networks on the same images.
    ///
    /// # Panics
    /// When there is no member, or two have different labels.
    pub fn new(members: Vec<&'a Predictions>) -> Self {
        let first = *members.first().expect("an ensemble of at least one network");
        for member in &members {
            assert!(
                member.labels == first.labels && member.classes == first.classes,
                "an ensemble on the same images: {} labels of {} classes and {} of {}",
                first.labels.len(),
                first.classes,
                member.labels.len(),
                member.classes
            );
        }
        Self { members }
    }

    /// The first member. Its labels and classes are those of all; for speech also its words, because
    /// all members learned from the same labels.
    pub fn first(&self) -> &'a Predictions {
        self.members[0]
    }

    /// Natural logarithms of an image's probabilities at a temperature, by class: ln of the
    /// members' mean softmax(logits / T).
    pub fn log_probabilities(&self, image: usize, temperature: f64) -> Vec<f64> {
        let one = |member: &&Predictions| log_softmax(member.logits(image), temperature);
        let mut each: Vec<Vec<f64>> = self.members.iter().map(one).collect();
        if each.len() == 1 {
            return each.remove(0);
        }
        let count = (each.len() as f64).ln();
        let mean = |class: usize| log_sum_exp(each.iter().map(|member| member[class])) - count;
        (0..self.first().classes).map(mean).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-6, "{left} is not {right}");
    }

    #[test]
    fn an_ensemble_says_the_mean_of_its_members_probabilities_at_every_temperature() {
        let network = |logit: f32| Predictions::new(2, vec![logit, 0.0], &[0]).unwrap();
        let (sure, unsure) = (network(9.0_f32.ln()), network(0.0));
        let both = Ensemble::new(vec![&sure, &unsure]);
        // (9/10 + 1/2) / 2, and (3/4 + 1/2) / 2 at T = 2.
        close(both.log_probabilities(0, 1.0)[0].exp(), 0.7);
        close(both.log_probabilities(0, 2.0)[0].exp(), 0.625);
    }

    #[test]
    fn what_does_not_fit_together_is_named() {
        let wrong = |classes, logits, labels: &[i64]| Predictions::new(classes, logits, labels);
        let error = wrong(3, vec![0.0; 5], &[0, 1]).unwrap_err();
        assert_eq!(error, "5 logits for 2 labels and 3 classes");
        let error = wrong(2, vec![0.0; 4], &[0, 2]).unwrap_err();
        assert_eq!(error, "label 2; the classes are 0 to 1");
        let error = wrong(2, vec![0.0, 0.0, f32::NAN, 0.0], &[0, 1]).unwrap_err();
        assert_eq!(error, "logit NaN of image 1");
    }

    #[test]
    fn a_shift_moves_only_the_classes_it_names() {
        let before = Predictions::new(3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[0, 1]).unwrap();
        let after = before.shifted(&[0, 2], 0.5);
        assert_eq!(after.logits(1), [4.5, 5.0, 6.5]);
    }
}

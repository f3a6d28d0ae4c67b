//! Forced alignment: assigns each frame to a state of its known digit.

use crate::{DIGITS, Utterance, viterbi};

/// The labels of the best path of each utterance through the states of its digit, left to right
/// ([`viterbi`]).
///
/// The score of a state is its logit minus the logarithm of the class prior. Up to a constant, this
/// is the log-likelihood of the frame (Bourlard and Morgan 1994).
///
/// - logits: `[frames, classes]`, row by row, for the frames of all utterances in order
/// - priors: the share of each class in the training labels, above 0
///
/// # Panics
/// When there is not one row per frame, or an utterance has fewer frames than states.
#[must_use]
pub fn align(utterances: &[Utterance], logits: &[f32], priors: &[f64]) -> Vec<u16> {
    let classes = priors.len();
    let states = classes / usize::from(DIGITS);
    let log_priors: Vec<f64> = priors.iter().map(|prior| prior.ln()).collect();
    let (mut labels, mut rest) = (Vec::new(), logits);
    for &Utterance { digit, frames } in utterances {
        let first = usize::from(digit) * states;
        let (rows, others) = rest.split_at(frames as usize * classes);
        rest = others;
        let score = |frame: usize, state: usize| {
            f64::from(rows[frame * classes + first + state]) - log_priors[first + state]
        };
        let path = viterbi(frames as usize, states, score);
        let path = path.expect("an utterance has at least one frame per state");
        labels.extend(path.states.into_iter().map(|state| (first + state) as u16));
    }
    labels
}

/// Whether there is one label per frame, and each is a state of its utterance's digit.
#[must_use]
pub fn labels_fit(labels: &[u16], utterances: &[Utterance], states: u16) -> bool {
    let digits = utterances.iter().flat_map(|one| (0..one.frames).map(|_| one.digit));
    labels.iter().map(|label| label / states).eq(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two states per digit. An utterance has four frames of digit 1, another two frames of digit 0.
    const UTTERANCES: [Utterance; 2] =
        [Utterance { digit: 1, frames: 4 }, Utterance { digit: 0, frames: 2 }];

    /// Logits of the first four classes; those of the others are 0.
    fn logits(rows: &[[f32; 4]]) -> Vec<f32> {
        rows.iter().flat_map(|row| [&row[..], &[0.0; 16]].concat()).collect()
    }

    fn aligned(priors: &[f64]) -> Vec<u16> {
        // Class 0 is by far the likeliest, but not a state of the first utterance's digit.
        let later = [9.0, 0.0, 0.0, 1.0];
        let first = [[9.0, 0.0, 2.0, 0.0], later, later, later];
        let second = [[0.0, 9.0, 0.0, 0.0], [9.0, 0.0, 0.0, 0.0]];
        align(&UTTERANCES, &logits(&[&first[..], &second].concat()), priors)
    }

    #[test]
    fn an_utterance_passes_through_its_states_in_order() {
        // Two frames and two states leave no choice.
        assert_eq!(aligned(&[0.05; 20]), [2, 3, 3, 3, 0, 1]);
        let even = align(&UTTERANCES, &logits(&[[0.0; 4]; 6]), &[0.05; 20]);
        assert_eq!(even[..4], [2, 2, 2, 3], "of equal paths the one that stays longest wins");
    }

    #[test]
    fn a_rare_state_needs_a_smaller_probability() {
        // State 2 is e^2 times as rare as state 3, so it gains 2 per frame. The logits differ by 1.
        let mut priors = [0.05; 20];
        priors[2] *= 2.0_f64.exp().recip();
        assert_eq!(aligned(&priors)[..4], [2, 2, 2, 3]);
    }

    #[test]
    fn labels_of_other_digits_or_another_number_do_not_fit() {
        assert!(labels_fit(&[2, 3, 3, 3, 0, 1], &UTTERANCES, 2));
        assert!(!labels_fit(&[2, 3, 3, 0, 0, 1], &UTTERANCES, 2));
        assert!(!labels_fit(&[2, 3, 3, 3, 0], &UTTERANCES, 2));
        assert!(!labels_fit(&[2, 3, 3, 3, 0, 1, 1], &UTTERANCES, 2));
    }
}

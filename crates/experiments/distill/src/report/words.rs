//! Word-level predictions: words, recognized from the predictions for their frames.

use assay_speech::viterbi;

use super::probability::is_right;

/// The number of possible words: the ten digits.
const DIGITS: usize = 10;

/// The words that the test images are frames of, and the priors that recognition needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Words {
    /// The digit and the number of frames of each word, in the order of the images.
    words: Vec<(usize, usize)>,
    /// For each class, the natural logarithm of its share of the training labels.
    log_priors: Vec<f64>,
}

impl Words {
    /// Words from `words`, the digit and the number of frames of each in turn, and from the priors
    /// of the classes. `labels` are those of the images: digit times states per digit, plus state.
    ///
    /// # Errors
    /// When the words or the priors do not match the labels, as text.
    pub fn new(words: &[i64], priors: &[f32], labels: &[usize]) -> Result<Self, String> {
        let classes = priors.len();
        if classes == 0 || !classes.is_multiple_of(DIGITS) {
            return Err(format!("priors of {classes} classes; there are as many for each digit"));
        }
        if let Some(prior) = priors.iter().find(|prior| !(**prior > 0.0 && **prior <= 1.0)) {
            return Err(format!("a prior of {prior}; each is in (0, 1]"));
        }
        let states = classes / DIGITS;
        let (pairs, rest) = words.as_chunks::<2>();
        let mut left = labels;
        let mut read = Vec::with_capacity(pairs.len());
        for &[digit, frames] in pairs {
            let word = usize::try_from(digit).ok().zip(usize::try_from(frames).ok());
            let word = word.filter(|&(_, frames)| frames >= states && frames <= left.len());
            let (digit, frames) =
                word.ok_or_else(|| format!("a word of digit {digit} with {frames} frames"))?;
            let (own, others) = left.split_at(frames);
            if own.iter().any(|label| label / states != digit) {
                return Err(format!("the frames of a word are not all of its digit {digit}"));
            }
            left = others;
            read.push((digit, frames));
        }
        if !left.is_empty() || !rest.is_empty() {
            return Err(format!("{} images belong to no word", left.len()));
        }
        let log_priors = priors.iter().map(|&prior| f64::from(prior).ln()).collect();
        Ok(Self { words: read, log_priors })
    }

    /// The number of frames of each word, in the order of the images.
    pub fn frames(&self) -> Vec<usize> {
        self.words.iter().map(|word| word.1).collect()
    }

    /// Whether each word is recognized, given the natural logarithms of the class probabilities of
    /// every image. For each digit, the best left-to-right path through its states has the highest
    /// sum of log probabilities minus log priors; the digit with the highest sum is the word. These
    /// are the scaled likelihoods of Bourlard and Morgan 1994 and Hinton et al. 2012. A tie is an
    /// error.
    pub fn recognized(&self, log_probabilities: &[Vec<f64>]) -> Vec<bool> {
        let states = self.log_priors.len() / DIGITS;
        let mut begin = 0;
        let word = |&(digit, frames): &(usize, usize)| {
            let rows = &log_probabilities[begin..begin + frames];
            begin += frames;
            let score = |digit: usize| {
                let log_likelihood = |frame: usize, state: usize| {
                    let class = digit * states + state;
                    rows[frame][class] - self.log_priors[class]
                };
                viterbi(frames, states, log_likelihood).map_or(f64::NEG_INFINITY, |path| path.score)
            };
            is_right(&(0..DIGITS).map(score).collect::<Vec<_>>(), digit)
        };
        self.words.iter().map(word).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words of these digits, with two states per digit and three frames per word.
    fn words_of_digits(digits: &[i64], priors: [f32; 20]) -> Result<Words, String> {
        let words: Vec<i64> = digits.iter().flat_map(|&digit| [digit, 3]).collect();
        let labels = digits.iter().flat_map(|&digit| [2 * digit, 2 * digit, 2 * digit + 1]);
        let labels: Vec<usize> = labels.map(|label| usize::try_from(label).unwrap()).collect();
        Words::new(&words, &priors, &labels)
    }

    /// A frame with the given probabilities, and `rest` for every other class.
    fn frame(predicted: &[(usize, f64)], rest: f64) -> Vec<f64> {
        let of_class =
            |class: usize| predicted.iter().find(|one| one.0 == class).map_or(rest, |one| one.1);
        (0..20).map(|class| of_class(class).ln()).collect()
    }

    #[test]
    fn a_word_is_that_whose_states_come_in_their_order() {
        let words = words_of_digits(&[1, 4], [0.05; 20]).unwrap();
        // Digit 1 is first and digit 4 second: they have classes 2, 3 and 8, 9.
        let first = [frame(&[(2, 0.8)], 0.01), frame(&[(3, 0.8)], 0.01), frame(&[(3, 0.8)], 0.01)];
        // The most likely states of the second word are in the wrong order. Those of digit 7 are
        // less likely, but in order.
        let backwards = [
            frame(&[(9, 0.7), (14, 0.2)], 0.001),
            frame(&[(8, 0.7), (15, 0.2)], 0.001),
            frame(&[(8, 0.7), (15, 0.2)], 0.001),
        ];
        // .2^3 against at most .001 .7 .001, so it is recognized as a 7.
        assert_eq!(words.recognized(&[first, backwards].concat()), [true, false]);
    }

    #[test]
    fn rare_states_need_less_and_a_draw_is_an_error() {
        let mut priors = [0.05; 20];
        let predicted = || vec![frame(&[(2, 0.2), (3, 0.2), (4, 0.3), (5, 0.3)], 0.01); 3];
        assert_eq!(words_of_digits(&[1], priors).unwrap().recognized(&predicted()), [false]);
        // Half as frequent: .2 / .025 is more than .3 / .05.
        priors[2] = 0.025;
        priors[3] = 0.025;
        assert_eq!(words_of_digits(&[1], priors).unwrap().recognized(&predicted()), [true]);
        let alike = vec![frame(&[], 0.05); 3];
        assert_eq!(words_of_digits(&[1], [0.05; 20]).unwrap().recognized(&alike), [false]);
    }

    #[test]
    fn words_that_do_not_fit_the_images_are_named() {
        let labels = [2, 2, 3];
        let error = |words: &[i64], priors: &[f32]| Words::new(words, priors, &labels).unwrap_err();
        let even = [0.05; 20];
        assert_eq!(error(&[1, 4], &even), "a word of digit 1 with 4 frames");
        assert_eq!(error(&[1, 1, 1, 2], &even), "a word of digit 1 with 1 frames");
        assert_eq!(error(&[-1, 3], &even), "a word of digit -1 with 3 frames");
        assert_eq!(error(&[2, 3], &even), "the frames of a word are not all of its digit 2");
        assert_eq!(error(&[], &even), "3 images belong to no word");
        assert_eq!(
            error(&[1, 3], &[0.1; 19]),
            "priors of 19 classes; there are as many for each digit"
        );
        assert_eq!(error(&[1, 3], &[0.0; 20]), "a prior of 0; each is in (0, 1]");
    }
}

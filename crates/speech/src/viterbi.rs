//! Viterbi alignment for the left-to-right model of a spoken word.
//!
//! Forced alignment of labels and decoding of predictions must use the same model, so both use this
//! module.

/// The most likely sequence of states of a word.
#[derive(Debug, Clone, PartialEq)]
pub struct StatePath {
    /// Sum of the scores along the path.
    pub score: f64,
    /// The state of each frame, from 0. It stays the same or increases by one.
    pub states: Vec<usize>,
}

/// The path with the highest score from the first state in the first frame to the last state in the
/// last frame. In each frame, it stays in its state or moves on to the next one (Viterbi algorithm,
/// Rabiner 1989, section III.B). Transitions have no cost. Of paths with equal scores, the one that
/// stays longest in earlier states is returned.
///
/// `score(frame, state)` is a log probability, up to a constant for each frame. Returns none if
/// there are fewer frames than states, or no state.
#[must_use]
pub fn viterbi(
    frames: usize,
    states: usize,
    score: impl Fn(usize, usize) -> f64,
) -> Option<StatePath> {
    if states == 0 || frames < states {
        return None;
    }
    let mut best = vec![f64::NEG_INFINITY; states];
    best[0] = score(0, 0);
    // For each frame after the first: the states that are entered there.
    let mut entered = Vec::with_capacity(frames);
    for frame in 1..frames {
        let mut new = vec![false; states];
        for state in (0..states).rev() {
            // Frame f can reach state f at most, and state f only by entering it in this frame.
            new[state] =
                state > 0 && (state == frame || state < frame && best[state - 1] >= best[state]);
            let previous = if new[state] { best[state - 1] } else { best[state] };
            best[state] = previous + score(frame, state);
        }
        entered.push(new);
    }
    let mut state = states - 1;
    let mut path = vec![state];
    for entered in entered.iter().rev() {
        state -= usize::from(entered[state]);
        path.push(state);
    }
    path.reverse();
    Some(StatePath { score: best[states - 1], states: path })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(scores: &[[f64; 2]]) -> StatePath {
        viterbi(scores.len(), 2, |frame, state| scores[frame][state]).unwrap()
    }

    #[test]
    fn the_path_has_the_highest_score() {
        // Entering state 1 in frame 1: 1 + 0 + 5 + 0 = 6; in frame 2: 1 + 3 + 5 + 0 = 9; in frame
        // 3: 1 + 3 + 2 + 0 = 6.
        let best = path(&[[1.0, 9.0], [3.0, 0.0], [2.0, 5.0], [9.0, 0.0]]);
        assert_eq!(best, StatePath { score: 9.0, states: vec![0, 0, 1, 1] });
    }

    #[test]
    fn ties_prefer_the_earlier_state() {
        assert_eq!(path(&[[0.0; 2]; 4]).states, [0, 0, 0, 1]);
    }

    #[test]
    fn too_few_frames_have_no_path() {
        let impossible = |_, _| f64::NEG_INFINITY;
        assert_eq!(viterbi(3, 3, |_, _| -1.0).unwrap().states, [0, 1, 2]);
        assert_eq!(viterbi(3, 3, impossible).unwrap().states, [0, 1, 2]);
        assert_eq!(viterbi(5, 3, impossible).unwrap().states.len(), 5);
        assert_eq!(viterbi(2, 3, |_, _| 0.0), None);
        assert_eq!(viterbi(2, 0, |_, _| 0.0), None);
    }

    #[test]
    fn no_other_path_has_a_higher_score() {
        use rand_chacha::rand_core::Rng;
        let mut rng = assay_core::random_stream(&"test", "scores");
        for _ in 0..50 {
            let scores: Vec<[f64; 3]> = (0..7)
                .map(|_| std::array::from_fn(|_| f64::from(rng.next_u32()) / f64::from(u32::MAX)))
                .collect();
            let best = viterbi(7, 3, |frame, state| scores[frame][state]).unwrap();
            let score_of = |states: &[usize]| -> f64 {
                states.iter().zip(&scores).map(|(&state, frame)| frame[state]).sum()
            };
            assert!((score_of(&best.states) - best.score).abs() < 1e-12);
            for first in 1..6 {
                for second in first + 1..7 {
                    let states: Vec<usize> = (0..7)
                        .map(|frame| usize::from(frame >= first) + usize::from(frame >= second))
                        .collect();
                    assert!(score_of(&states) <= best.score + 1e-12);
                }
            }
        }
    }
}

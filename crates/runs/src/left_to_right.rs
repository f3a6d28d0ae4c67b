//! The one model of a spoken word: its states, one after the other.
//!
//! Here because those who align labels and those who read what networks say of a word must take it for
//! the same.

/// A way through a word.
#[derive(Debug, Clone, PartialEq)]
pub struct StatePath {
    /// The sum of the scores along it.
    pub score: f64,
    /// The state of every frame, from 0, never falling and never leaving one out.
    pub states: Vec<usize>,
}

/// The way of the highest score from the first state in the first frame to the last state in the
/// last frame, which in every frame stays in its state or goes on to the next: Viterbi's algorithm
/// (Rabiner 1989, section III.B) with transitions that cost nothing. Of equal ways that which stays
/// the longest in earlier states.
///
/// `score(frame, state)` is what is summed: a logarithm of a probability, up to a number of the frame's own.
/// None where there are fewer frames than states, or no state.
#[must_use]
pub fn best_path(
    frames: usize,
    states: usize,
    score: impl Fn(usize, usize) -> f64,
) -> Option<StatePath> {
    if states == 0 || frames < states {
        return None;
    }
    let mut best = vec![f64::NEG_INFINITY; states];
    best[0] = score(0, 0);
    // Of each frame but the first: which states are entered there.
    let mut entered = Vec::with_capacity(frames);
    for frame in 1..frames {
        let mut new = vec![false; states];
        for state in (0..states).rev() {
            // In frame f no state beyond f is reached, and state f only just now.
            new[state] =
                state > 0 && (state == frame || state < frame && best[state - 1] >= best[state]);
            let before = if new[state] { best[state - 1] } else { best[state] };
            best[state] = before + score(frame, state);
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
        best_path(scores.len(), 2, |frame, state| scores[frame][state]).unwrap()
    }

    #[test]
    fn the_best_way_is_that_of_all_ways_tried_by_hand() {
        // Going on in frame 1: 1 + 0 + 5 + 0 = 6; in frame 2: 1 + 3 + 5 + 0 = 9; in frame 3: 1 + 3 + 2 + 0 = 6.
        let found = path(&[[1.0, 9.0], [3.0, 0.0], [2.0, 5.0], [9.0, 0.0]]);
        assert_eq!(found, StatePath { score: 9.0, states: vec![0, 0, 1, 1] });
    }

    #[test]
    fn of_equal_ways_the_earlier_state_is_kept_the_longest() {
        assert_eq!(path(&[[0.0; 2]; 4]).states, [0, 0, 0, 1]);
    }

    #[test]
    fn as_many_frames_as_states_leave_one_way_and_fewer_leave_none() {
        let impossible = |_, _| f64::NEG_INFINITY;
        assert_eq!(best_path(3, 3, |_, _| -1.0).unwrap().states, [0, 1, 2]);
        assert_eq!(best_path(3, 3, impossible).unwrap().states, [0, 1, 2]);
        assert_eq!(best_path(5, 3, impossible).unwrap().states.len(), 5);
        assert_eq!(best_path(2, 3, |_, _| 0.0), None);
        assert_eq!(best_path(2, 0, |_, _| 0.0), None);
    }

    #[test]
    fn no_other_way_of_random_scores_is_better() {
        use rand_chacha::rand_core::Rng;
        let mut rng = crate::stream(&"test", "scores");
        for _ in 0..50 {
            let scores: Vec<[f64; 3]> = (0..7)
                .map(|_| std::array::from_fn(|_| f64::from(rng.next_u32()) / f64::from(u32::MAX)))
                .collect();
            let found = best_path(7, 3, |frame, state| scores[frame][state]).unwrap();
            let of = |states: &[usize]| -> f64 {
                states.iter().zip(&scores).map(|(&state, frame)| frame[state]).sum()
            };
            assert!((of(&found.states) - found.score).abs() < 1e-12);
            for first in 1..6 {
                for second in first + 1..7 {
                    let states: Vec<usize> = (0..7)
                        .map(|frame| usize::from(frame >= first) + usize::from(frame >= second))
                        .collect();
                    assert!(of(&states) <= found.score + 1e-12);
                }
            }
        }
    }
}

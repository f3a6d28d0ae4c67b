//! Which windows belong to one spoken word.

use std::ops::Range;

/// One recording of a spoken digit, within a part of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Utterance {
    /// The digit, 0 to 9.
    pub digit: u16,
    /// Its frames: windows of the part that follow one another, at least one a state.
    pub frames: u32,
}

/// The recordings of a data set of speech, in the order of its windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterances {
    /// States of each digit: a label is `digit * states + state`.
    pub states: u16,
    /// Of the windows to train on.
    pub train: Vec<Utterance>,
    /// Of the windows to test on.
    pub test: Vec<Utterance>,
}

/// The windows of each of some utterances that follow one another.
#[must_use]
pub fn ranges(utterances: &[Utterance]) -> Vec<Range<u32>> {
    let mut end = 0;
    let range = |utterance: &Utterance| {
        let start = end;
        end += utterance.frames;
        start..end
    };
    utterances.iter().map(range).collect()
}

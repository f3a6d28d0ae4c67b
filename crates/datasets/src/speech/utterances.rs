//! Utterances: which windows belong to one spoken word.

use std::ops::Range;

/// One recording of a spoken digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Utterance {
    /// The digit, 0 to 9.
    pub digit: u16,
    /// Number of frames, which is the number of its windows. At least one per state.
    pub frames: u32,
}

/// The utterances of a speech data set, in the order of its windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterances {
    /// States per digit: a label is `digit * states + state`.
    pub states: u16,
    /// Utterances of the training windows.
    pub train: Vec<Utterance>,
    /// Utterances of the test windows.
    pub test: Vec<Utterance>,
}

/// The range of windows of each utterance.
#[must_use]
pub fn utterance_ranges(utterances: &[Utterance]) -> Vec<Range<u32>> {
    let mut end = 0;
    let range = |utterance: &Utterance| {
        let start = end;
        end += utterance.frames;
        start..end
    };
    utterances.iter().map(range).collect()
}

//! Speech: recordings of spoken digits as windows of frames (Hinton et al. 2015, section 3).
//!
//! A recording at 8 kHz is converted to *frames*, one every 10 ms: the log energies of 40 mel
//! bands. The input of a network is a window of 26 frames, an "image" of 1 x 26 x 40. Its class is
//! the *state* of the 21st frame: the digit, and the part of the digit. Frames are stored once as
//! u8; windows overlap. [`align`] finds the states of a known word from a network's outputs.

mod filterbank;
mod forced_alignment;
mod quantized;
mod recordings;
mod resample;
#[cfg(test)]
mod tests;
mod viterbi;
mod wav;

use std::path::PathBuf;

pub use filterbank::BANDS;
pub use forced_alignment::{align, labels_fit};
pub use recordings::{LabeledWindows, Recordings, Utterance};
pub use viterbi::{StatePath, viterbi};

/// Frames of a window before the labeled frame (the paper predicts the 21st of 26).
const FRAMES_BEFORE: usize = 20;
/// Frames of a window after the labeled frame.
const FRAMES_AFTER: usize = 5;
/// Frames of a window.
pub const WINDOW_FRAMES: usize = FRAMES_BEFORE + 1 + FRAMES_AFTER;
/// Number of words: the digits.
pub const DIGITS: u16 = 10;

/// An error of reading recordings.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// A file or folder could not be read.
    #[error("{path}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The content of a file or folder is not as expected.
    #[error("{path}: {reason}")]
    Malformed {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it, and what was expected.
        reason: String,
    },
    /// A setting is out of range.
    #[error("{0}")]
    Settings(String),
}

impl SpeechError {
    fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    fn malformed(path: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        Self::Malformed { path: path.into(), reason: reason.into() }
    }
}

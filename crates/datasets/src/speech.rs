//! Speech: recordings of spoken digits to windows of frames (Hinton et al. 2015, section 3).
//!
//! A recording at 8 kHz becomes *frames*, one every 10 ms: the natural logarithms of the energies in
//! 40 bands. A window of 26 frames is what a network sees, an "image" of 1 x 26 x 40, and its class is
//! the *state* of its 21st frame: which digit is being said, and how much of it has been said. Frames
//! are kept once, as u8; windows overlap in them.

mod filterbank;
mod quantized;
mod recordings;
mod resample;
#[cfg(test)]
mod tests;
mod utterances;
mod wav;

use std::path::Path;

pub use filterbank::{BANDS, Filterbank, HOP, RATE, WINDOW};
pub use quantized::RANGE;
pub use recordings::Recordings;
pub use utterances::{Utterance, Utterances, ranges};

use crate::DataError;
use crate::open::missing;

/// Frames of a window before the one whose state is its class (the paper predicts the 21st of 26).
pub const FRAMES_BEFORE: usize = 20;
/// Frames of a window after that one.
pub const FRAMES_AFTER: usize = 5;
/// Digits: the words of the data.
pub const DIGITS: u16 = 10;

/// Where the recordings are: as a clone of their repository, or as its archive unpacks.
const FOLDERS: [&str; 2] =
    ["free-spoken-digit-dataset/recordings", "free-spoken-digit-dataset-1.0.10/recordings"];

/// How recordings become labeled windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpeechSettings {
    /// States of each digit, at least 1: a recording is cut into so many stretches of equal length.
    pub states: u16,
    /// Which recordings are for testing.
    pub split: SpeechSplit,
}

/// Which recordings are for testing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpeechSplit {
    /// Takes 0 to 4 of every digit and speaker, as the data's authors say.
    Official,
    /// All of one speaker, by the number in alphabetical order; training hears the others alone.
    Without(usize),
}

impl Default for SpeechSettings {
    /// Three states, the official split.
    fn default() -> Self {
        Self { states: 3, split: SpeechSplit::Official }
    }
}

impl Recordings {
    /// Reads the Free Spoken Digit Dataset from the folder of downloaded data.
    ///
    /// # Errors
    /// [`DataError::Unknown`] saying how to get it where it is not there; else as [`Recordings::read`].
    pub fn open(data_dir: &Path) -> Result<Self, DataError> {
        let folder = FOLDERS.iter().map(|name| data_dir.join(name)).find(|path| path.is_dir());
        let folder = folder.ok_or_else(|| missing("fsdd", data_dir, &FOLDERS.join("/ or ")))?;
        Self::read(&folder)
    }
}

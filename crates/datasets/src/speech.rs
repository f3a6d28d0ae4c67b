//! Speech data: recordings of spoken digits as windows of frames (Hinton et al. 2015, section 3).
//!
//! A recording at 8 kHz is converted to *frames*, one every 10 ms: the log energies of 40 mel
//! bands. The input of a network is a window of 26 frames, an "image" of 1 x 26 x 40. Its class is
//! the *state* of the 21st frame: the digit, and the part of the digit. Frames are stored once as
//! u8; windows overlap.

mod filterbank;
mod quantized;
mod recordings;
mod resample;
#[cfg(test)]
mod tests;
mod utterances;
mod wav;

use std::path::Path;

pub use filterbank::{BANDS, Filterbank, HOP, SAMPLE_RATE, WINDOW};
pub use quantized::QUANTIZATION_RANGE;
pub use recordings::Recordings;
pub use utterances::{Utterance, Utterances, utterance_ranges};

use crate::DataError;
use crate::paths::not_downloaded;

/// Frames of a window before the labeled frame (the paper predicts the 21st of 26).
pub const FRAMES_BEFORE: usize = 20;
/// Frames of a window after the labeled frame.
pub const FRAMES_AFTER: usize = 5;
/// Number of words: the digits.
pub const DIGITS: u16 = 10;

/// Folders of the recordings: in a clone of the repository, or in the unpacked archive.
const FOLDERS: [&str; 2] =
    ["free-spoken-digit-dataset/recordings", "free-spoken-digit-dataset-1.0.10/recordings"];

/// How recordings are converted to labeled windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpeechSettings {
    /// States per digit, at least 1. Each recording is divided into this many segments of equal
    /// length.
    pub states: u16,
    /// The test recordings.
    pub split: SpeechSplit,
}

/// The test recordings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SpeechSplit {
    /// Takes 0 to 4 of each digit and speaker, as defined by the authors of the data.
    Official,
    /// All recordings of one speaker, by index in alphabetical order. The other speakers are for
    /// training.
    TestSpeaker(usize),
}

impl Default for SpeechSettings {
    /// Three states, official split.
    fn default() -> Self {
        Self { states: 3, split: SpeechSplit::Official }
    }
}

impl Recordings {
    /// Reads the Free Spoken Digit Dataset from the folder of downloaded data.
    ///
    /// # Errors
    /// [`DataError::Unknown`] with instructions when it is not there; otherwise as
    /// [`Recordings::read`].
    pub fn open(data_dir: &Path) -> Result<Self, DataError> {
        let folder = FOLDERS.iter().map(|name| data_dir.join(name)).find(|path| path.is_dir());
        let folder =
            folder.ok_or_else(|| not_downloaded("fsdd", data_dir, &FOLDERS.join("/ or ")))?;
        Self::read(&folder)
    }
}

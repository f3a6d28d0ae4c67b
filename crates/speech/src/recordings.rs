//! Recordings of spoken digits, and the windows made from them.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::filterbank::Filterbank;
use crate::quantized::quantize;
use crate::{BANDS, DIGITS, FRAMES_AFTER, FRAMES_BEFORE, SpeechError, wav};

/// Takes per digit and speaker for testing, in the official split.
const TEST_TAKES: u32 = 5;
/// Number of recordings in version 1.0.10 of the published data set, and the BLAKE3 of the BLAKE3
/// of its files, ordered by digit, speaker and take. Computed from the files in its repository,
/// which were verified against their git objects.
const PUBLISHED: (usize, &str) =
    (3000, "8d1a4b08bce740e1f93919126188e7d51d17bbdfa1a214b2e09d78bad14d8ed2");

/// The parts of a file name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct RecordingName {
    digit: u16,
    speaker: String,
    take: u32,
}

#[derive(Debug)]
struct Recording {
    name: RecordingName,
    /// u8 `[frame, band]`.
    frames: Vec<u8>,
    /// Digest of the file.
    digest: blake3::Hash,
}

/// One recording of a spoken digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Utterance {
    /// The digit, 0 to 9.
    pub digit: u16,
    /// Number of frames, which is the number of its windows. At least one per state.
    pub frames: u32,
}

/// Overlapping windows of [`WINDOW_FRAMES`](crate::WINDOW_FRAMES) frames, with their labels.
#[derive(Debug, Clone, Default)]
pub struct LabeledWindows {
    /// The frames that the windows share, u8 `[frame, band]`.
    pub frames: Vec<u8>,
    /// The first frame of each window.
    pub starts: Vec<u32>,
    /// The label of each window: `digit * states + state`.
    pub labels: Vec<u16>,
    /// The utterances, in the order of their windows.
    pub utterances: Vec<Utterance>,
}

/// Recordings of spoken digits, as frames.
#[derive(Debug)]
pub struct Recordings {
    folder: PathBuf,
    /// Sorted by digit, speaker and take.
    all: Vec<Recording>,
    speakers: Vec<String>,
}

impl Recordings {
    /// Reads all files `DIGIT_SPEAKER_TAKE.wav` of a folder. Hidden files and other extensions are
    /// ignored. For each digit and speaker, takes must be numbered from 0 without gaps.
    ///
    /// # Errors
    /// [`SpeechError::Io`] or [`SpeechError::Malformed`] naming a file that has an invalid name, is
    /// missing, is not integer PCM, is truncated, or is shorter than a frame.
    pub fn read(folder: &Path) -> Result<Self, SpeechError> {
        let names = names(folder)?;
        check_takes(folder, &names)?;
        let filterbank = Filterbank::new();
        let read = |name: RecordingName| {
            let path = folder.join(name.file_name());
            let bytes = std::fs::read(&path).map_err(SpeechError::io(&path))?;
            let frames = filterbank.frames(&wav::samples(&path, &bytes)?);
            Ok(Recording { name, frames: quantize(&frames), digest: blake3::hash(&bytes) })
        };
        // Report the first error in the order of names, not of threads.
        let all: Vec<Result<Recording, SpeechError>> = names.into_par_iter().map(read).collect();
        let all = all.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut speakers: Vec<String> = all.iter().map(|one| one.name.speaker.clone()).collect();
        speakers.sort();
        speakers.dedup();
        Ok(Self { folder: folder.to_owned(), all, speakers })
    }

    /// The speakers, in alphabetical order.
    #[must_use]
    pub fn speakers(&self) -> &[String] {
        &self.speakers
    }

    /// The training and the test windows: one window for each frame of these recordings.
    ///
    /// The label is `digit * states + state` of the 21st frame; the frames of a recording are
    /// divided evenly among the states. The first and the last frame are repeated to fill windows
    /// at the ends. The test recordings are those of `test_speaker`, by index in alphabetical
    /// order, or takes 0 to 4 of each digit and speaker, as defined by the authors of the data.
    ///
    /// # Errors
    /// [`SpeechError::Settings`] when the number of states is not from 1 to 100, the speaker does
    /// not exist, or a digit has no training or test recording; [`SpeechError::Malformed`] naming a
    /// recording with fewer frames than states.
    pub fn windows(
        &self,
        states: u16,
        test_speaker: Option<usize>,
    ) -> Result<[LabeledWindows; 2], SpeechError> {
        if states == 0 || states > 100 {
            return Err(SpeechError::Settings(format!(
                "states is {states}; it must be from 1 to 100"
            )));
        }
        let speaker = test_speaker.map(|number| self.speaker(number)).transpose()?;
        let is_test = |recording: &&Recording| match speaker {
            None => recording.name.take < TEST_TAKES,
            Some(speaker) => recording.name.speaker == *speaker,
        };
        let (test, train): (Vec<_>, Vec<_>) = self.all.iter().partition(is_test);
        Ok([
            self.windows_of_part(&train, states, "train")?,
            self.windows_of_part(&test, states, "test")?,
        ])
    }

    fn speaker(&self, number: usize) -> Result<&String, SpeechError> {
        let speakers = self.speakers.len();
        let speaker = self.speakers.get(number).filter(|_| speakers > 1);
        speaker.ok_or_else(|| {
            SpeechError::Settings(format!(
                "{}: there is no test speaker {number}: {speakers} speakers, numbered from 0 (at least 2 are needed)",
                self.folder.display()
            ))
        })
    }

    /// A warning if these are not the published recordings.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let mut hasher = blake3::Hasher::new();
        for recording in &self.all {
            hasher.update(recording.digest.as_bytes());
        }
        let (count, digest) = (self.all.len(), hasher.finalize().to_hex());
        ((count, digest.as_str()) != PUBLISHED).then(|| {
            format!(
                "{}: the {count} recordings (digest {digest}) are not the {} published ones (digest {})",
                self.folder.display(),
                PUBLISHED.0,
                PUBLISHED.1
            )
        })
    }

    /// The windows of some recordings. Frames at the ends are repeated.
    fn windows_of_part(
        &self,
        recordings: &[&Recording],
        states: u16,
        part: &str,
    ) -> Result<LabeledWindows, SpeechError> {
        let has_digit = |digit: &u16| recordings.iter().any(|one| one.name.digit == *digit);
        if let Some(digit) = (0..DIGITS).find(|digit| !has_digit(digit)) {
            return Err(SpeechError::Settings(format!(
                "{}: no recording of the digit {digit} to {part} on",
                self.folder.display()
            )));
        }
        let mut windows = LabeledWindows::default();
        for Recording { name, frames, .. } in recordings {
            let count = frames.len() / BANDS;
            if count < usize::from(states) {
                let reason = format!("{count} frames, fewer than the {states} states of a digit");
                return Err(SpeechError::malformed(self.folder.join(name.file_name()), reason));
            }
            let first = windows.frames.len() / BANDS;
            windows.frames.extend(frames[..BANDS].repeat(FRAMES_BEFORE));
            windows.frames.extend(frames);
            windows.frames.extend(frames[frames.len() - BANDS..].repeat(FRAMES_AFTER));
            windows.starts.extend((first..first + count).map(|start| start as u32));
            let state = |frame: usize| (frame * usize::from(states) / count) as u16;
            windows.labels.extend((0..count).map(|frame| name.digit * states + state(frame)));
            windows.utterances.push(Utterance { digit: name.digit, frames: count as u32 });
        }
        Ok(windows)
    }
}

impl RecordingName {
    /// Parses a name such as `7_jackson_32.wav`.
    fn parse(file: &str) -> Option<Self> {
        let stem = file.strip_suffix(".wav")?;
        let mut parts = stem.split('_');
        let (digit, speaker, take) = (parts.next()?, parts.next()?, parts.next()?);
        let name = Self {
            digit: digit.parse().ok()?,
            speaker: speaker.to_owned(),
            take: take.parse().ok()?,
        };
        // Reject `07_x_1` and `7_x_01`, which would be duplicates of `7_x_1`.
        (name.digit < DIGITS && !speaker.is_empty() && name.file_name() == file).then_some(name)
    }

    fn file_name(&self) -> String {
        format!("{}_{}_{}.wav", self.digit, self.speaker, self.take)
    }
}

/// The recordings of a folder, sorted by name.
fn names(folder: &Path) -> Result<Vec<RecordingName>, SpeechError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(SpeechError::io(folder))? {
        let path = entry.map_err(SpeechError::io(folder))?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden || !path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("wav")) {
            continue;
        }
        let name = path.file_name().and_then(|name| name.to_str()).and_then(RecordingName::parse);
        names.push(name.ok_or_else(|| {
            SpeechError::malformed(
                &path,
                "a recording is named DIGIT_SPEAKER_TAKE.wav, such as 7_jackson_32.wav",
            )
        })?);
    }
    names.sort();
    if names.is_empty() {
        return Err(SpeechError::malformed(folder, "no recording, such as 7_jackson_32.wav"));
    }
    Ok(names)
}

/// Checks that takes are numbered from 0 without gaps for each digit and speaker. `names` must be
/// sorted.
fn check_takes(folder: &Path, names: &[RecordingName]) -> Result<(), SpeechError> {
    let mut expected = RecordingName { digit: 0, speaker: String::new(), take: 0 };
    for name in names {
        let same_speaker = (name.digit, &name.speaker) == (expected.digit, &expected.speaker);
        let take = if same_speaker { expected.take } else { 0 };
        if name.take != take {
            let missing = RecordingName { take, ..name.clone() };
            let reason = format!("missing, while there is {}", name.file_name());
            return Err(SpeechError::malformed(folder.join(missing.file_name()), reason));
        }
        expected = RecordingName { take: take + 1, ..name.clone() };
    }
    Ok(())
}

//! Recordings of spoken digits, and data sets made from them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::filterbank::{BANDS, Filterbank};
use super::quantized::quantize;
use super::{
    DIGITS, FRAMES_AFTER, FRAMES_BEFORE, SpeechSettings, SpeechSplit, Utterance, Utterances, wav,
};
use crate::unfingerprinted_data::UnfingerprintedData;
use crate::{Class, DataError, DataSet, Images, Shape};

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

#[derive(Debug, Clone)]
struct Recording {
    name: RecordingName,
    /// u8 `[frame, band]`.
    frames: Vec<u8>,
    /// Digest of the file.
    digest: blake3::Hash,
}

/// Recordings of spoken digits, as frames.
#[derive(Debug, Clone)]
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
    /// [`DataError::Io`] or [`DataError::Malformed`] naming a file that has an invalid name, is
    /// missing, is not integer PCM, is truncated, or is shorter than a frame.
    pub fn read(folder: &Path) -> Result<Self, DataError> {
        let names = names(folder)?;
        check_takes(folder, &names)?;
        let filterbank = Filterbank::new();
        let read = |name: RecordingName| {
            let path = folder.join(name.file_name());
            let bytes = std::fs::read(&path).map_err(DataError::io(&path))?;
            let frames = filterbank.frames(&wav::samples(&path, &bytes)?);
            Ok(Recording { name, frames: quantize(&frames), digest: blake3::hash(&bytes) })
        };
        // Report the first error in the order of names, not of threads.
        let all: Vec<Result<Recording, DataError>> = names.into_par_iter().map(read).collect();
        let all = all.into_iter().collect::<Result<Vec<_>, _>>()?;
        let speakers: BTreeSet<&String> =
            all.iter().map(|recording| &recording.name.speaker).collect();
        let speakers = speakers.into_iter().cloned().collect();
        Ok(Self { folder: folder.to_owned(), all, speakers })
    }

    /// The speakers, in alphabetical order.
    #[must_use]
    pub fn speakers(&self) -> &[String] {
        &self.speakers
    }

    /// The data set `fsdd`: one window for each frame of these recordings. The label is `digit *
    /// states + state` of the 21st frame; the frames of a recording are divided evenly among the
    /// states. The first and the last frame are repeated to fill windows at the ends.
    ///
    /// # Errors
    /// [`DataError::Settings`] when the number of states is out of range, the speaker does not
    /// exist, or a digit has no training or test recording; [`DataError::Malformed`] naming a
    /// recording with fewer frames than states.
    pub fn data_set(&self, settings: &SpeechSettings) -> Result<DataSet, DataError> {
        Ok(self.parts(settings)?.finish("fsdd", None))
    }

    fn parts(&self, settings: &SpeechSettings) -> Result<UnfingerprintedData, DataError> {
        let states = settings.states;
        if states == 0 || states > 100 {
            return Err(DataError::Settings(format!(
                "states is {states}; it must be from 1 to 100"
            )));
        }
        let speaker = match settings.split {
            SpeechSplit::Official => None,
            SpeechSplit::TestSpeaker(number) => Some(self.speaker(number)?),
        };
        let is_test = |name: &RecordingName| match speaker {
            None => name.take < TEST_TAKES,
            Some(speaker) => name.speaker == *speaker,
        };
        let (test, train): (Vec<_>, Vec<_>) =
            self.all.iter().partition(|recording| is_test(&recording.name));
        let (train, train_utterances) = self.windows(&train, states, "train")?;
        let (test, test_utterances) = self.windows(&test, states, "test")?;
        let classes = (0..DIGITS).flat_map(|digit| {
            let name = move |state: u16| format!("{digit}.{}", state + 1);
            (0..states).map(move |state| Class { name: name(state), family: None })
        });
        Ok(UnfingerprintedData {
            classes: classes.collect(),
            train,
            test,
            warnings: self.warnings(),
            utterances: Some(Utterances { states, train: train_utterances, test: test_utterances }),
        })
    }

    fn speaker(&self, number: usize) -> Result<&String, DataError> {
        let speakers = self.speakers.len();
        let speaker = self.speakers.get(number).filter(|_| speakers > 1);
        speaker.ok_or_else(|| {
            DataError::Settings(format!(
                "{}: there is no test speaker {number}: {speakers} speakers, numbered from 0 (at least 2 are needed)",
                self.folder.display()
            ))
        })
    }

    /// A warning if these are not the published recordings.
    fn warnings(&self) -> Vec<String> {
        let mut hasher = blake3::Hasher::new();
        for recording in &self.all {
            hasher.update(recording.digest.as_bytes());
        }
        let (count, digest) = (self.all.len(), hasher.finalize().to_hex());
        if (count, digest.as_str()) == PUBLISHED {
            return Vec::new();
        }
        vec![format!(
            "{}: the {count} recordings (digest {digest}) are not the {} published ones (digest {})",
            self.folder.display(),
            PUBLISHED.0,
            PUBLISHED.1
        )]
    }

    /// The windows of some recordings as overlapping images. Frames at the ends are repeated.
    fn windows(
        &self,
        recordings: &[&Recording],
        states: u16,
        part: &str,
    ) -> Result<(Images, Vec<Utterance>), DataError> {
        let absent_classes =
            (0..DIGITS).find(|&d| recordings.iter().all(|recording| recording.name.digit != d));
        if let Some(digit) = absent_classes {
            return Err(DataError::Settings(format!(
                "{}: no recording of the digit {digit} to {part} on",
                self.folder.display()
            )));
        }
        let (mut rows, mut starts, mut labels, mut utterances) = (vec![], vec![], vec![], vec![]);
        for Recording { name, frames, .. } in recordings {
            let count = frames.len() / BANDS;
            if count < usize::from(states) {
                let reason = format!("{count} frames, fewer than the {states} states of a digit");
                return Err(DataError::malformed(self.folder.join(name.file_name()), reason));
            }
            let first = rows.len() / BANDS;
            rows.extend(frames[..BANDS].repeat(FRAMES_BEFORE));
            rows.extend(frames);
            rows.extend(frames[frames.len() - BANDS..].repeat(FRAMES_AFTER));
            starts.extend((first..first + count).map(|start| start as u32));
            let state = |frame: usize| (frame * usize::from(states) / count) as u16;
            labels.extend((0..count).map(|frame| name.digit * states + state(frame)));
            utterances.push(Utterance { digit: name.digit, frames: count as u32 });
        }
        let shape = Shape { channels: 1, height: FRAMES_BEFORE + 1 + FRAMES_AFTER, width: BANDS };
        Ok((Images::overlapping(shape, rows, starts, labels), utterances))
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
fn names(folder: &Path) -> Result<Vec<RecordingName>, DataError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(DataError::io(folder))? {
        let path = entry.map_err(DataError::io(folder))?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden || !path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("wav")) {
            continue;
        }
        let name = path.file_name().and_then(|name| name.to_str()).and_then(RecordingName::parse);
        names.push(name.ok_or_else(|| {
            DataError::malformed(
                &path,
                "a recording is named DIGIT_SPEAKER_TAKE.wav, such as 7_jackson_32.wav",
            )
        })?);
    }
    names.sort();
    if names.is_empty() {
        return Err(DataError::malformed(folder, "no recording, such as 7_jackson_32.wav"));
    }
    Ok(names)
}

/// Checks that takes are numbered from 0 without gaps for each digit and speaker. `names` must be
/// sorted.
fn check_takes(folder: &Path, names: &[RecordingName]) -> Result<(), DataError> {
    let mut expected = RecordingName { digit: 0, speaker: String::new(), take: 0 };
    for name in names {
        let same_speaker = (name.digit, &name.speaker) == (expected.digit, &expected.speaker);
        let take = if same_speaker { expected.take } else { 0 };
        if name.take != take {
            let missing = RecordingName { take, ..name.clone() };
            let reason = format!("missing, while there is {}", name.file_name());
            return Err(DataError::malformed(folder.join(missing.file_name()), reason));
        }
        expected = RecordingName { take: take + 1, ..name.clone() };
    }
    Ok(())
}

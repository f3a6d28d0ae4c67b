//! The recordings of a folder, and the data sets that can be made of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::filterbank::{BANDS, Filterbank};
use super::quantized::quantized;
use super::{
    DIGITS, FRAMES_AFTER, FRAMES_BEFORE, SpeechSettings, SpeechSplit, Utterance, Utterances, wav,
};
use crate::open::Parts;
use crate::{Class, DataError, DataSet, Images, Shape};

/// Takes that are for testing, in the official split.
const TEST_TAKES: u32 = 5;
/// Recordings of the published data set, version 1.0.10, and the BLAKE3 of the BLAKE3 of each file, by
/// digit, speaker and take: of the files in its repository, compared with its git objects.
const PUBLISHED: (usize, &str) =
    (3000, "8d1a4b08bce740e1f93919126188e7d51d17bbdfa1a214b2e09d78bad14d8ed2");

/// What a file's name says of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    digit: u16,
    speaker: String,
    take: u32,
}

#[derive(Debug, Clone)]
struct Recording {
    name: Name,
    /// u8 `[frame, band]`.
    frames: Vec<u8>,
    /// Of the file.
    digest: blake3::Hash,
}

/// Recordings of spoken digits, as frames.
#[derive(Debug, Clone)]
pub struct Recordings {
    folder: PathBuf,
    /// By digit, then speaker, then take.
    all: Vec<Recording>,
    speakers: Vec<String>,
}

impl Recordings {
    /// Reads every `DIGIT_SPEAKER_TAKE.wav` of a folder; files that are no `.wav`, or hidden, are left alone. Takes
    /// count from 0, without a gap, for every digit and speaker.
    ///
    /// # Errors
    /// [`DataError::Io`] or [`DataError::Malformed`] naming the file: of another name, missing before a later
    /// take, no integer PCM, cut short or shorter than a window.
    pub fn read(folder: &Path) -> Result<Self, DataError> {
        let names = names(folder)?;
        complete(folder, &names)?;
        let filterbank = Filterbank::new();
        let read = |name: Name| {
            let path = folder.join(name.file());
            let bytes = std::fs::read(&path).map_err(DataError::io(&path))?;
            let frames = filterbank.frames(&wav::samples(&path, &bytes)?);
            Ok(Recording { name, frames: quantized(&frames), digest: blake3::hash(&bytes) })
        };
        // The first error by name, whichever thread comes to its own first.
        let all: Vec<Result<Recording, DataError>> = names.into_par_iter().map(read).collect();
        let all = all.into_iter().collect::<Result<Vec<_>, _>>()?;
        let speakers: BTreeSet<&String> = all.iter().map(|one| &one.name.speaker).collect();
        let speakers = speakers.into_iter().cloned().collect();
        Ok(Self { folder: folder.to_owned(), all, speakers })
    }

    /// The speakers, in alphabetical order.
    #[must_use]
    pub fn speakers(&self) -> &[String] {
        &self.speakers
    }

    /// A data set named `fsdd` of windows of these recordings, each labeled by the state of its 21st
    /// frame: `digit * states + state`, a recording's frames being divided evenly among its states.
    /// Before the first frame stands the first again, after the last the last.
    ///
    /// # Errors
    /// [`DataError::Settings`] for no state, a speaker who is not there, or a part without a recording of
    /// some digit; [`DataError::Malformed`] naming a recording with fewer frames than states.
    pub fn data_set(&self, settings: &SpeechSettings) -> Result<DataSet, DataError> {
        Ok(self.parts(settings)?.finish("fsdd", None))
    }

    fn parts(&self, settings: &SpeechSettings) -> Result<Parts, DataError> {
        let states = settings.states;
        if states == 0 || states > 100 {
            return Err(DataError::Settings(format!("states = {states}: from 1 to 100 a digit")));
        }
        let speaker = match settings.split {
            SpeechSplit::Official => None,
            SpeechSplit::Without(number) => Some(self.speaker(number)?),
        };
        let is_test = |name: &Name| match speaker {
            None => name.take < TEST_TAKES,
            Some(speaker) => name.speaker == *speaker,
        };
        let (test, train): (Vec<_>, Vec<_>) = self.all.iter().partition(|one| is_test(&one.name));
        let (train, of_train) = self.windows(&train, states, "train")?;
        let (test, of_test) = self.windows(&test, states, "test")?;
        let classes = (0..DIGITS).flat_map(|digit| {
            let name = move |state: u16| format!("{digit}.{}", state + 1);
            (0..states).map(move |state| Class { name: name(state), family: None })
        });
        Ok(Parts {
            classes: classes.collect(),
            train,
            test,
            warnings: self.warnings(),
            utterances: Some(Utterances { states, train: of_train, test: of_test }),
        })
    }

    fn speaker(&self, number: usize) -> Result<&String, DataError> {
        let speakers = self.speakers.len();
        let found = self.speakers.get(number).filter(|_| speakers > 1);
        found.ok_or_else(|| {
            DataError::Settings(format!(
                "{}: speaker {number} is to be held out, of {speakers} counted from 0; at least 2 are needed",
                self.folder.display()
            ))
        })
    }

    /// Whether they are the published ones.
    fn warnings(&self) -> Vec<String> {
        let mut hasher = blake3::Hasher::new();
        for one in &self.all {
            hasher.update(one.digest.as_bytes());
        }
        let (count, digest) = (self.all.len(), hasher.finalize().to_hex());
        if (count, digest.as_str()) == PUBLISHED {
            return Vec::new();
        }
        vec![format!(
            "{}: laid out as it should be, but its {count} recordings, of digest {digest}, are not the {} \
             published ones of digest {}",
            self.folder.display(),
            PUBLISHED.0,
            PUBLISHED.1
        )]
    }

    /// The windows of some recordings: rows of frames, with those at the ends repeated.
    fn windows(
        &self,
        recordings: &[&Recording],
        states: u16,
        part: &str,
    ) -> Result<(Images, Vec<Utterance>), DataError> {
        let lacking = (0..DIGITS).find(|&d| recordings.iter().all(|one| one.name.digit != d));
        if let Some(digit) = lacking {
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
                return Err(DataError::malformed(self.folder.join(name.file()), reason));
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

impl Name {
    /// `7_jackson_32.wav`.
    fn of(file: &str) -> Option<Self> {
        let stem = file.strip_suffix(".wav")?;
        let mut parts = stem.split('_');
        let (digit, speaker, take) = (parts.next()?, parts.next()?, parts.next()?);
        let name = Self {
            digit: digit.parse().ok()?,
            speaker: speaker.to_owned(),
            take: take.parse().ok()?,
        };
        // `07_x_1` and `7_x_01` are other names, and would be read twice.
        (name.digit < DIGITS && !speaker.is_empty() && name.file() == file).then_some(name)
    }

    fn file(&self) -> String {
        format!("{}_{}_{}.wav", self.digit, self.speaker, self.take)
    }
}

/// The names of a folder's recordings, sorted.
fn names(folder: &Path) -> Result<Vec<Name>, DataError> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(DataError::io(folder))? {
        let path = entry.map_err(DataError::io(folder))?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden || !path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("wav")) {
            continue;
        }
        let name = path.file_name().and_then(|name| name.to_str()).and_then(Name::of);
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

/// Whether takes count from 0 without a gap, for every digit and speaker; `names` are sorted.
fn complete(folder: &Path, names: &[Name]) -> Result<(), DataError> {
    let mut expected = Name { digit: 0, speaker: String::new(), take: 0 };
    for name in names {
        let goes_on = (name.digit, &name.speaker) == (expected.digit, &expected.speaker);
        let take = if goes_on { expected.take } else { 0 };
        if name.take != take {
            let missing = Name { take, ..name.clone() };
            let reason = format!("missing, while there is {}", name.file());
            return Err(DataError::malformed(folder.join(missing.file()), reason));
        }
        expected = Name { take: take + 1, ..name.clone() };
    }
    Ok(())
}

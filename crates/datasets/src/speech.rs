//! Speech as a data set: windows of frames are images that overlap, an utterance is a group.

use std::path::Path;

use assay_speech::{BANDS, DIGITS, LabeledWindows, Recordings, WINDOW_FRAMES};

use crate::paths::not_downloaded;
use crate::unfingerprinted_data::UnfingerprintedData;
use crate::{Class, DataError, DataSet, Group, Groups, Images, Shape};

/// Folders of the recordings: in a clone of the repository, or in the unpacked archive.
const FOLDERS: [&str; 2] =
    ["free-spoken-digit-dataset/recordings", "free-spoken-digit-dataset-1.0.10/recordings"];

/// Reads the Free Spoken Digit Dataset from the folder of downloaded data.
///
/// # Errors
/// [`DataError::Unknown`] with instructions when it is not there; otherwise as
/// [`Recordings::read`].
pub fn read_recordings(data_dir: &Path) -> Result<Recordings, DataError> {
    let folder = FOLDERS.iter().map(|name| data_dir.join(name)).find(|path| path.is_dir());
    let folder = folder.ok_or_else(|| not_downloaded("fsdd", data_dir, &FOLDERS.join("/ or ")))?;
    Ok(Recordings::read(&folder)?)
}

/// The data set `fsdd`, with the classes `digit * states + state`; see [`Recordings::windows`].
///
/// # Errors
/// As [`Recordings::windows`].
pub fn speech_data_set(
    recordings: &Recordings,
    states: u16,
    test_speaker: Option<usize>,
) -> Result<DataSet, DataError> {
    let [train, test] = recordings.windows(states, test_speaker)?;
    let groups = Groups { train: groups(&train), test: groups(&test) };
    let classes = (0..DIGITS).flat_map(|digit| {
        (1..=states).map(move |state| Class { name: format!("{digit}.{state}"), family: None })
    });
    let parts = UnfingerprintedData {
        classes: classes.collect(),
        train: images(train),
        test: images(test),
        warnings: recordings.warning().into_iter().collect(),
    };
    Ok(DataSet { groups: Some(groups), ..parts.finish("fsdd", None) })
}

fn images(windows: LabeledWindows) -> Images {
    let shape = Shape { channels: 1, height: WINDOW_FRAMES, width: BANDS };
    Images::overlapping(shape, windows.frames, windows.starts, windows.labels)
}

/// The windows of each utterance.
fn groups(windows: &LabeledWindows) -> Vec<Group> {
    let mut end = 0;
    let group = |utterance: &assay_speech::Utterance| {
        let start = end;
        end += utterance.frames;
        Group { images: start..end, kind: utterance.digit }
    };
    windows.utterances.iter().map(group).collect()
}

#[cfg(test)]
mod tests;

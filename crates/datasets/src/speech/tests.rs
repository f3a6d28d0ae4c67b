use std::fs;

use super::*;
use crate::{OpenOptions, open};

/// A mono WAV file of 16 bits at 8 kHz.
fn wav(samples: &[i16]) -> Vec<u8> {
    let body: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let length = body.len() as u32;
    let mut file = [&b"RIFF"[..], &(36 + length).to_le_bytes(), b"WAVEfmt "].concat();
    file.extend(16_u32.to_le_bytes());
    file.extend([1_u16, 1].into_iter().flat_map(u16::to_le_bytes));
    file.extend([8000_u32, 16_000].into_iter().flat_map(u32::to_le_bytes));
    file.extend([2_u16, 16].into_iter().flat_map(u16::to_le_bytes));
    [file, [&b"data"[..], &length.to_le_bytes(), &body].concat()].concat()
}

/// Six takes of each digit by two speakers, with 4 + take frames.
fn downloaded() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join(FOLDERS[0]);
    fs::create_dir_all(&folder).unwrap();
    for (digit, speaker) in (0..10_usize).flat_map(|digit| [(digit, "ann"), (digit, "bo")]) {
        for take in 0..6 {
            let level = |n: usize| n * (7 + digit) % (90 + speaker.len()) * 99;
            let sample = |n: usize| i16::try_from(level(n)).unwrap();
            let samples: Vec<i16> = (0..120 + 80 * (4 + take)).map(sample).collect();
            fs::write(folder.join(format!("{digit}_{speaker}_{take}.wav")), wav(&samples)).unwrap();
        }
    }
    dir
}

#[test]
fn windows_are_images_and_utterances_are_groups() {
    let dir = downloaded();
    let options = OpenOptions { data_dir: Some(dir.path().to_owned()), ..OpenOptions::default() };
    let data = open("fsdd", &options).unwrap();
    // Take 5 alone is for training: 9 frames. Takes 0 to 4 have 4 to 8.
    assert_eq!((data.train.len(), data.test.len()), (20 * 9, 20 * 30));
    assert_eq!(data.train.shape(), Shape { channels: 1, height: 26, width: 40 });
    assert_eq!((&*data.classes[0].name, &*data.classes[29].name), ("0.1", "9.3"));
    let groups = data.groups.unwrap();
    assert_eq!(groups.train[2], Group { images: 18..27, kind: 1 });
    let ranges: Vec<_> = groups.test[..3].iter().map(|group| group.images.clone()).collect();
    assert_eq!(ranges, [0..4, 4..9, 9..15]);
    let recordings = read_recordings(dir.path()).unwrap();
    let speaker = |number| speech_data_set(&recordings, 3, Some(number)).unwrap();
    assert_ne!(speaker(0).fingerprint, speaker(1).fingerprint);
    assert_eq!(speech_data_set(&recordings, 3, None).unwrap().fingerprint, data.fingerprint);
}

#[test]
fn missing_speech_explains_how_to_get_it() {
    let dir = tempfile::tempdir().unwrap();
    let options = OpenOptions { data_dir: Some(dir.path().to_owned()), ..OpenOptions::default() };
    let error = open("fsdd", &options).unwrap_err().to_string();
    for words in ["datasets fetch fsdd", "free-spoken-digit-dataset/recordings", "ASSAY_DATA"] {
        assert!(error.contains(words), "{error}");
    }
    let sized = OpenOptions { image_size: Some(16), ..options };
    assert!(open("fsdd", &sized).unwrap_err().to_string().contains("image_size is 16"));
}

#[test]
fn real_speech_has_its_known_size_and_opens_in_seconds() {
    let Some(dir) = std::env::var_os("ASSAY_DATA") else {
        eprintln!("SKIPPED: fsdd needs real data where ASSAY_DATA points");
        return;
    };
    if FOLDERS.iter().all(|folder| !Path::new(&dir).join(folder).is_dir()) {
        eprintln!("SKIPPED: no fsdd where ASSAY_DATA points");
        return;
    }
    let start = std::time::Instant::now();
    let recordings = read_recordings(Path::new(&dir)).unwrap();
    eprintln!("fsdd read in {:?}", start.elapsed());
    let data = speech_data_set(&recordings, 3, None).unwrap();
    assert_eq!(recordings.speakers().len(), 6);
    // From the lengths of the files: 1 + (samples - 200) / 80 frames each.
    assert_eq!((data.train.len(), data.test.len()), (112_911, 12_326));
    let groups = data.groups.unwrap();
    assert_eq!((groups.train.len(), groups.test.len()), (2700, 300));
    assert_eq!(data.warnings, Vec::<String>::new());
}

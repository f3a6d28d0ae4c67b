use std::f64::consts::PI;
use std::fs;

use std::path::Path;

use super::*;
use crate::filterbank::Filterbank;

fn spec(rate: u32, channels: u16) -> hound::WavSpec {
    hound::WavSpec {
        channels,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    }
}

/// Writes interleaved samples.
fn write(path: &Path, spec: hound::WavSpec, samples: &[i16]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for &sample in samples {
        writer.write_sample(sample).unwrap();
    }
    writer.finalize().unwrap();
}

/// A different tone for each digit and speaker, with 200 + 80 (frames - 1) samples.
fn tone(digit: u32, speaker: u32, frames: u32) -> Vec<i16> {
    let frequency = 300.0 + 330.0 * f64::from(digit) + 40.0 * f64::from(speaker);
    let at = |n: u32| (8000.0 * (2.0 * PI * frequency * f64::from(n) / 8000.0).sin()) as i16;
    (0..120 + 80 * frames).map(at).collect()
}

const SPEAKERS: [&str; 2] = ["bo", "ann"];

/// Two speakers, ten digits, six takes. Take t of digit d has 4 + t frames.
fn recordings() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (number, speaker) in (0..).zip(SPEAKERS) {
        for digit in 0..10 {
            for take in 0..6 {
                let path = dir.path().join(format!("{digit}_{speaker}_{take}.wav"));
                write(&path, spec(8000, 1), &tone(digit, number, 4 + take));
            }
        }
    }
    dir
}

fn samples(path: &Path) -> Vec<f64> {
    wav::samples(path, &fs::read(path).unwrap()).unwrap()
}

fn message(dir: &Path) -> String {
    Recordings::read(dir).unwrap_err().to_string()
}

#[test]
fn windows_repeat_frames_at_the_ends() {
    let dir = recordings();
    let [train, test] = Recordings::read(dir.path()).unwrap().windows(3, None).unwrap();
    // Take 5 alone is for training: 9 frames, of 10 digits and 2 speakers; takes 0 to 4 have 4 to 8.
    assert_eq!((train.labels.len(), test.labels.len()), (20 * 9, 20 * 30));
    assert_eq!((WINDOW_FRAMES, BANDS), (26, 40));
    let frame = |window: usize, at: usize| {
        let first = (train.starts[window] as usize + at) * BANDS;
        &train.frames[first..first + BANDS]
    };
    // The 21st frame of window t is frame t; the one after it is the 21st of the next window.
    assert_eq!(frame(3, 21), frame(4, 20));
    // Before frame 0 it stands again 20 times; frame 8 is the last, and stands for those after it.
    assert!((0..20).all(|at| frame(0, at) == frame(0, 20)));
    assert!((21..26).all(|at| frame(8, at) == frame(8, 20)));
    assert_ne!(frame(0, 21), frame(9, 21));
}

#[test]
fn labels_divide_recordings_evenly_among_states() {
    let dir = recordings();
    let recordings = Recordings::read(dir.path()).unwrap();
    let [train, test] = recordings.windows(3, None).unwrap();
    assert_eq!(train.labels[..9], [0, 0, 0, 1, 1, 1, 2, 2, 2]);
    assert_eq!(train.labels[18..27], [3, 3, 3, 4, 4, 4, 5, 5, 5]);
    // Four frames: 0 3 6 9 of 12 thirds.
    assert_eq!(test.labels[..4], [0, 0, 1, 2]);
    let [one_state, _] = recordings.windows(1, None).unwrap();
    assert_eq!(one_state.labels.iter().max(), Some(&9));
    assert_eq!(train.utterances[2], Utterance { digit: 1, frames: 9 });
    let frames: Vec<u32> = test.utterances[..3].iter().map(|utterance| utterance.frames).collect();
    assert_eq!(frames, [4, 5, 6]);
}

#[test]
fn the_test_speaker_is_not_in_the_training_windows() {
    let dir = recordings();
    let recordings = Recordings::read(dir.path()).unwrap();
    assert_eq!(recordings.speakers(), ["ann", "bo"]);
    let frames = |speaker| recordings.windows(3, Some(speaker)).map(|all| all.map(|w| w.frames));
    // The training data of one split are the test data of the other.
    let ([ann_train, ann_test], [bo_train, bo_test]) = (frames(0).unwrap(), frames(1).unwrap());
    assert!(ann_train == bo_test && ann_test == bo_train && ann_train != ann_test);
    let error = frames(2).unwrap_err().to_string();
    assert!(error.contains("no test speaker 2: 2 speakers"), "{error}");
}

#[test]
fn stereo_is_mixed_and_resampled() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("0_bo_0.wav");
    let mono = tone(2, 0, 9);
    let doubled: Vec<i16> = mono.iter().flat_map(|&x| [x / 2 + 1000, x - x / 2 - 1000]).collect();
    write(&path, spec(8000, 2), &doubled);
    let mixed = samples(&path);
    // The mean of the two channels is x / 2.
    assert!(mixed.iter().zip(&mono).all(|(a, &b)| (a - f64::from(b) / 65_536.0).abs() < 1e-9));
    let at = |n: u32| (9000.0 * (2.0 * PI * 1000.0 * f64::from(n) / 44_100.0).sin()) as i16;
    write(&path, spec(44_100, 1), &(0..44_100).map(at).collect::<Vec<_>>());
    let samples = samples(&path);
    assert_eq!(samples.len(), 8000);
    let frame = Filterbank::new().frames(&samples)[50];
    let loudest = (0..BANDS).max_by(|&a, &b| frame[a].total_cmp(&frame[b]));
    assert_eq!(loudest, Some(18), "the band of 1000 Hz");
}

#[test]
fn missing_and_misnamed_files_are_errors() {
    let dir = recordings();
    fs::remove_file(dir.path().join("4_ann_2.wav")).unwrap();
    let error = message(dir.path());
    assert!(error.contains("4_ann_2.wav: missing, while there is 4_ann_3.wav"), "{error}");
    fs::remove_file(dir.path().join("4_ann_0.wav")).unwrap();
    assert!(message(dir.path()).contains("4_ann_0.wav: missing"));
    for name in ["12_bo_0.wav", "four_bo_0.wav", "4_bo_00.wav", "4_bo.wav", "4_bo_0_1.WAV"] {
        let dir = recordings();
        fs::write(dir.path().join(name), "").unwrap();
        let error = message(dir.path());
        assert!(error.contains(name) && error.contains("DIGIT_SPEAKER_TAKE.wav"), "{error}");
    }
    let empty = tempfile::tempdir().unwrap();
    fs::write(empty.path().join("README.md"), "").unwrap();
    assert!(message(empty.path()).contains("no recording"));
}

#[test]
fn damaged_recordings_are_errors() {
    let dir = recordings();
    let path = dir.path().join("5_bo_3.wav");
    let whole = fs::read(&path).unwrap();
    let expect = |words: &str| {
        let error = message(dir.path());
        assert!(error.contains("5_bo_3.wav") && error.contains(words), "{error}");
    };
    fs::write(&path, &whole[..whole.len() - 11]).unwrap();
    expect("ends after 674 of 680 samples");
    fs::write(&path, &whole[..20]).unwrap();
    expect("not a PCM WAV file");
    fs::write(&path, "not a recording at all, by any measure").unwrap();
    expect("not a PCM WAV file");
    fs::write(&path, "").unwrap();
    expect("not a PCM WAV file");
    // Format 2 is ADPCM.
    let mut compressed = whole.clone();
    compressed[20] = 2;
    fs::write(&path, compressed).unwrap();
    expect("other than PCM");
    write(&path, spec(8000, 1), &[]);
    expect("0 samples at 8000 a second: less than one window of 200");
    write(&path, spec(4000, 1), &[0; 800]);
    expect("4000 samples a second; 8000 or more are needed");
    let float = hound::WavSpec {
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
        ..spec(8000, 1)
    };
    let mut writer = hound::WavWriter::create(&path, float).unwrap();
    for _ in 0..400 {
        writer.write_sample(0.5_f32).unwrap();
    }
    writer.finalize().unwrap();
    expect("not integer PCM");
}

#[test]
fn missing_digits_and_short_recordings_are_errors() {
    let dir = recordings();
    for speaker in SPEAKERS {
        fs::remove_file(dir.path().join(format!("8_{speaker}_5.wav"))).unwrap();
    }
    let recordings = Recordings::read(dir.path()).unwrap();
    let error = recordings.windows(3, None).unwrap_err().to_string();
    assert!(error.contains("no recording of the digit 8 to train on"), "{error}");
    let error = |states| recordings.windows(states, Some(0)).unwrap_err().to_string();
    let five = error(5);
    assert!(five.contains("0_bo_0.wav: 4 frames, fewer than the 5 states"), "{five}");
    assert!(error(0).contains("states is 0"));
}

#[test]
fn hidden_files_are_ignored() {
    let dir = recordings();
    fs::write(dir.path().join("._7_ann_1.wav"), b"\0\x05\x16\x07").unwrap();
    let [train, _] = Recordings::read(dir.path()).unwrap().windows(3, None).unwrap();
    assert_eq!(train.utterances.len(), 20);
}

mod containers;

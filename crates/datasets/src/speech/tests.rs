use std::f64::consts::PI;
use std::fs;

use super::*;
use crate::{DataSet, ImageSet, OpenOptions, Shape, open};

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

fn official() -> SpeechSettings {
    SpeechSettings::default()
}

#[test]
fn windows_repeat_frames_at_the_ends() {
    let dir = recordings();
    let data = Recordings::read(dir.path()).unwrap().data_set(&official()).unwrap();
    // Take 5 alone is for training: 9 frames, of 10 digits and 2 speakers; takes 0 to 4 have 4 to 8.
    assert_eq!((data.train.len(), data.test.len()), (20 * 9, 20 * 30));
    assert_eq!(data.train.shape(), Shape { channels: 1, height: 26, width: 40 });
    let frame = |image: usize, at: usize| {
        &data.train.in_memory().unwrap().image(image)[at * 40..(at + 1) * 40]
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
    let data = recordings.data_set(&official()).unwrap();
    assert_eq!(data.train.labels()[..9], [0, 0, 0, 1, 1, 1, 2, 2, 2]);
    assert_eq!(data.train.labels()[18..27], [3, 3, 3, 4, 4, 4, 5, 5, 5]);
    // Four frames: 0 3 6 9 of 12 thirds.
    assert_eq!(data.test.labels()[..4], [0, 0, 1, 2]);
    let names: Vec<&str> = data.classes.iter().map(|class| class.name.as_str()).collect();
    assert_eq!((names.len(), names[0], names[29]), (30, "0.1", "9.3"));
    let one = SpeechSettings { states: 1, ..official() };
    assert_eq!(recordings.data_set(&one).unwrap().classes.len(), 10);
    let utterances = data.utterances.unwrap();
    assert_eq!(utterances.train[2], Utterance { digit: 1, frames: 9 });
    assert_eq!(utterance_ranges(&utterances.test)[..3], [0..4, 4..9, 9..15]);
}

#[test]
fn the_test_speaker_is_not_in_the_training_windows() {
    let dir = recordings();
    let recordings = Recordings::read(dir.path()).unwrap();
    assert_eq!(recordings.speakers(), ["ann", "bo"]);
    let without = |number| {
        let split = SpeechSplit::TestSpeaker(number);
        recordings.data_set(&SpeechSettings { split, ..official() })
    };
    let (ann, bo) = (without(0).unwrap(), without(1).unwrap());
    let of = |set: &ImageSet| set.in_memory().unwrap().pixels().to_vec();
    let pixels = |data: &DataSet| (of(&data.train), of(&data.test));
    // The training data of one split are the test data of the other.
    assert_eq!(pixels(&ann), (pixels(&bo).1, pixels(&bo).0));
    assert_ne!(ann.fingerprint, bo.fingerprint);
    let error = without(2).unwrap_err().to_string();
    assert!(error.contains("no test speaker 2: 2 speakers"), "{error}");
}

#[test]
fn the_fingerprint_depends_on_the_samples() {
    let dir = recordings();
    let fingerprint = || {
        let recordings = Recordings::read(dir.path()).unwrap();
        recordings.data_set(&official()).unwrap().fingerprint
    };
    let first = fingerprint();
    assert_eq!(fingerprint(), first);
    let mut samples = tone(3, 0, 7);
    samples[100..180].fill(0);
    write(&dir.path().join("3_bo_3.wav"), spec(8000, 1), &samples);
    assert_ne!(fingerprint(), first);
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
    let error = recordings.data_set(&official()).unwrap_err().to_string();
    assert!(error.contains("no recording of the digit 8 to train on"), "{error}");
    let error = |states| {
        let settings = SpeechSettings { states, split: SpeechSplit::TestSpeaker(0) };
        recordings.data_set(&settings).unwrap_err().to_string()
    };
    let five = error(5);
    assert!(five.contains("0_bo_0.wav: 4 frames, fewer than the 5 states"), "{five}");
    assert!(error(0).contains("states is 0"));
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
    let recordings = Recordings::open(Path::new(&dir)).unwrap();
    eprintln!("fsdd read in {:?}", start.elapsed());
    let data = recordings.data_set(&official()).unwrap();
    assert_eq!(recordings.speakers().len(), 6);
    // From the lengths of the files: 1 + (samples - 200) / 80 frames each.
    assert_eq!((data.train.len(), data.test.len()), (112_911, 12_326));
    let utterances = data.utterances.unwrap();
    assert_eq!((utterances.train.len(), utterances.test.len()), (2700, 300));
    assert_eq!(data.warnings, Vec::<String>::new());
}

#[test]
fn hidden_files_are_ignored() {
    let dir = recordings();
    let all = Recordings::read(dir.path()).unwrap().data_set(&official()).unwrap();
    fs::write(dir.path().join("._7_ann_1.wav"), b"\0\x05\x16\x07").unwrap();
    let read = Recordings::read(dir.path()).unwrap().data_set(&official()).unwrap();
    assert_eq!(read.fingerprint, all.fingerprint);
}

mod containers;

//! Distillation of speech at toy size, with the real program. Tones replace the digits.

mod common;

use std::f64::consts::PI;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use assay_classifier_cells::{ALIGNMENT_FILE, ClassifierCell, Role};
use assay_runs::{Cell, RunDirectory};
use safetensors::SafeTensors;

use common::results;

const TAKES: u32 = 8;
const SPEAKERS: [&str; 2] = ["ann", "bo"];

/// A WAV file of 16-bit PCM at 8 kHz: a tone, then a higher tone.
fn tone(digit: u32, speaker: u32, take: u32) -> Vec<u8> {
    let samples = 120 + 80 * (6 + take);
    let at = |n: u32| {
        let half = f64::from(u8::from(2 * n > samples));
        let frequency =
            250.0 + 180.0 * f64::from(digit) + 30.0 * f64::from(speaker) + 1500.0 * half;
        let loudness = 4000.0 + 500.0 * f64::from(take);
        (loudness * (2.0 * PI * frequency * f64::from(n) / 8000.0).sin()) as i16
    };
    let data: Vec<u8> = (0..samples).flat_map(|n| at(n).to_le_bytes()).collect();
    let length = data.len() as u32;
    let number = |number: u32| number.to_le_bytes();
    let format = [1_u16, 1].map(u16::to_le_bytes).concat();
    let bits = [2_u16, 16].map(u16::to_le_bytes).concat();
    [
        b"RIFF".as_slice(),
        &number(36 + length),
        b"WAVEfmt ",
        &number(16),
        &format,
        &number(8000),
        &number(16_000),
        &bits,
        b"data",
        &number(length),
        &data,
    ]
    .concat()
}

/// A data folder with ten digits by two speakers.
fn recordings() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("free-spoken-digit-dataset/recordings");
    std::fs::create_dir_all(&folder).unwrap();
    for (number, speaker) in (0..).zip(SPEAKERS) {
        for digit in 0..10 {
            for take in 0..TAKES {
                let name = format!("{digit}_{speaker}_{take}.wav");
                std::fs::write(folder.join(name), tone(digit, number, take)).unwrap();
            }
        }
    }
    dir
}

const TOY: [&str; 10] = [
    "seeds=2",
    "validation_images=30",
    "teacher.ensemble=2",
    "teacher.architecture=mlp-9",
    "student.architectures=[\"mlp-9\"]",
    "teacher.schedule.epochs=2",
    "student.schedule.epochs=2",
    "distillation.temperatures=[2.0]",
    "run.checkpoint_seconds=0",
    "run.keep_all_weights=true",
];

fn study(profile: &str, data: &Path, out: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(["distill", "--profile", profile, "--data-dir"]).arg(data).arg("--out").arg(out);
    command.args(TOY.iter().flat_map(|change| ["--set", change])).args(more);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn said(command: &mut Command) -> (Output, String) {
    let output = command.stderr(Stdio::piped()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!text.contains("panicked"), "{text}");
    (output, text)
}

fn classifiers(run: &RunDirectory) -> impl Iterator<Item = &ClassifierCell> {
    run.plan().cells.iter().filter_map(Cell::downcast_ref::<ClassifierCell>)
}

/// The labels of one split of an alignment.
fn labels(run: &RunDirectory, aligner: &ClassifierCell, part: &str) -> Vec<u16> {
    let file = run.read_published(&aligner.clone().into(), ALIGNMENT_FILE).unwrap();
    let tensors = SafeTensors::deserialize(&file).unwrap();
    let (numbers, _) = tensors.tensor(part).unwrap().data().as_chunks();
    numbers.iter().map(|number| u16::from_le_bytes(*number)).collect()
}

#[test]
fn speech_that_is_killed_and_resumed_gives_the_same_bits() {
    let (data, folder) = (recordings(), tempfile::tempdir().unwrap());
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    let began = std::time::Instant::now();
    let run = |out: &Path, jobs: &str| study("speech", data.path(), out, &["--jobs", jobs]);
    assert!(run(&whole, "1").status().unwrap().success());
    let time = began.elapsed();
    let mut kills = 0;
    for share in [0.25, 0.4, 0.3] {
        let mut child = run(&killed, "3").spawn().unwrap();
        std::thread::sleep(time.mul_f64(share));
        child.kill().unwrap();
        kills += u32::from(!child.wait().unwrap().success());
    }
    assert!(kills > 0, "it was done before it could be killed");
    assert!(run(&killed, "3").status().unwrap().success());
    assert_eq!(results(&whole), results(&killed));
    let run = RunDirectory::open(&whole).unwrap();
    let aligner = classifiers(&run).next().unwrap();
    assert_eq!(aligner.role, Role::ForcedAlignment);
    assert!(
        classifiers(&run).skip(1).all(|cell| cell.alignment_network.as_deref() == Some(aligner))
    );
    // Every utterance passes through its three states in order. There are 60, with about 14 frames each.
    let train = labels(&run, aligner, "train");
    let steps = train.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert_eq!(steps, 60 * 3 - 1);
}

#[test]
fn every_fold_has_another_test_speaker_and_its_own_alignment() {
    let (data, folder) = (recordings(), tempfile::tempdir().unwrap());
    let out = folder.path().join("run");
    assert!(study("speech-speakers", data.path(), &out, &[]).status().unwrap().success());
    let run = RunDirectory::open(&out).unwrap();
    let aligners: Vec<_> =
        classifiers(&run).filter(|cell| cell.role == Role::ForcedAlignment).collect();
    assert_eq!(aligners.len(), 2);
    assert_ne!(aligners[0].data.fingerprint, aligners[1].data.fingerprint);
    for cell in classifiers(&run).filter(|cell| cell.role != Role::ForcedAlignment) {
        let own = cell.alignment_network.as_deref().unwrap();
        assert_eq!(own.data, cell.data);
        assert!(cell.teachers.iter().all(|teacher| teacher.data == cell.data));
    }
    // Both speakers have as many utterances. Each speaker's are the test utterances of one fold.
    let counts = aligners.iter().map(|one| labels(&run, one, "test").len());
    assert_eq!(counts.collect::<Vec<_>>(), [10 * (6..14).sum::<usize>(); 2]);
    let (output, text) = said(&mut study("speech-speakers", data.path(), &out, &["--seeds", "3"]));
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text.contains("seeds is 3") && text.contains("at most 2") && text.contains("ann, bo"),
        "{text}"
    );
}

#[test]
fn a_fold_with_too_few_images_is_refused_before_training() {
    let (data, folder) = (recordings(), tempfile::tempdir().unwrap());
    let recordings = data.path().join("free-spoken-digit-dataset/recordings");
    // Fold 0 tests on ann and trains on bo. Fold 1 trains on ann, who has one utterance per digit.
    for take in 1..TAKES {
        for digit in 0..10 {
            std::fs::remove_file(recordings.join(format!("{digit}_ann_{take}.wav"))).unwrap();
        }
    }
    let out = folder.path().join("run");
    let more = ["--set", "validation_images=100"];
    let (output, text) = said(&mut study("speech-speakers", data.path(), &out, &more));
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("seed 1") && text.contains("validation_images is 100 of 60"), "{text}");
    assert!(!out.exists());
}

#[test]
fn a_failed_alignment_fails_its_users_and_a_damaged_one_is_repaired() {
    let (data, folder) = (recordings(), tempfile::tempdir().unwrap());
    let out = folder.path().join("wild");
    let wild = ["--set", "teacher.schedule.learning_rate=1e9"];
    let (output, text) = said(&mut study("speech", data.path(), &out, &wild));
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("its labels are those of aligner.mlp-9"), "{text}");
    assert!(text.contains("Diverged"), "{text}");
    let out = folder.path().join("damaged");
    assert!(study("speech", data.path(), &out, &["--seeds", "1"]).status().unwrap().success());
    let run = RunDirectory::open(&out).unwrap();
    let aligner = run.cell_folder(&classifiers(&run).next().unwrap().clone().into());
    let alignment = aligner.join(ALIGNMENT_FILE);
    let own = std::fs::read(&alignment).unwrap();
    std::fs::write(&alignment, "nothing of the kind").unwrap();
    let (output, text) = said(&mut study("speech", data.path(), &out, &[]));
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("alignment.safetensors: damaged or replaced"), "{text}");
    assert_eq!(std::fs::read(&alignment).unwrap(), own);
}

#[test]
fn missing_or_damaged_speech_is_refused() {
    let (data, folder) = (recordings(), tempfile::tempdir().unwrap());
    let out = folder.path().join("run");
    let refused = |data: &Path, words: &str| {
        let (output, text) = said(&mut study("speech", data, &out, &[]));
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(words), "{text}");
    };
    refused(folder.path(), "cargo xtask datasets fetch fsdd");
    let recordings = data.path().join("free-spoken-digit-dataset/recordings");
    std::fs::write(recordings.join("3_ann_7.wav"), "silence").unwrap();
    refused(data.path(), "3_ann_7.wav: not a PCM WAV file");
    assert!(!out.exists(), "a run was begun that cannot be done");
}

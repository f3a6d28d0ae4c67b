//! Distillation and fooling at toy size.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::common::results;

/// Both experiments save a checkpoint after every step.
const TOY: [&str; 6] = [
    "seeds=1",
    "validation_images=48",
    "data.forms_train_images_per_class=12",
    "data.forms_test_images_per_class=4",
    "run.checkpoint_seconds=0",
    "run.keep_all_weights=true",
];

const DISTILL: [&str; 4] = [
    "teacher.ensemble=2",
    "teacher.network.input_dropout=0.2",
    "teacher.schedule.epochs=2",
    "student.schedule.epochs=2",
];

const FOOL: [&str; 3] = [
    "networks.schedule.epochs=1",
    "attack.generations=8",
    "networks.architectures=[\"mlp-9\", \"mlp-7\"]",
];

/// The command that starts or continues an experiment in `out`.
pub fn study(name: &str, out: &Path, more: &[&str]) -> Command {
    let own: &[&str] = if name == "distill" { &DISTILL } else { &FOOL };
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args([name, "--profile", "smoke", "--out"]).arg(out);
    command.args(TOY.iter().chain(own).flat_map(|change| ["--set", change])).args(more);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Kills an experiment at random times and continues it, until it was killed `kills` times. Its results must then be
/// those of an uninterrupted run.
pub fn kill_and_compare(name: &str, more: &[&str], kills: u32) {
    let folder = tempfile::tempdir().unwrap();
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    let began = Instant::now();
    assert!(study(name, &whole, &[more, &["--jobs", "1"]].concat()).status().unwrap().success());
    let whole_time = began.elapsed();
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut done = 0;
    for _ in 0..20 * kills {
        let mut child = study(name, &killed, &[more, &["--jobs", "3"]].concat()).spawn().unwrap();
        std::thread::sleep(whole_time.mul_f64(rng.random_range(0.1..0.6)));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            assert_eq!(results(&whole), results(&killed));
            std::fs::remove_dir_all(&killed).unwrap();
        } else {
            done += 1;
        }
        if done == kills {
            break;
        }
    }
    assert_eq!(done, kills, "it was done before it could be killed, again and again");
    assert!(study(name, &killed, &[more, &["--jobs", "3"]].concat()).status().unwrap().success());
    assert_eq!(results(&whole), results(&killed));
}

/// What a refused command prints. Its exit status is 2.
pub fn refusal(name: &str, more: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = study(name, &folder.path().join("run"), more);
    let output = command.stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{more:?}: {said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

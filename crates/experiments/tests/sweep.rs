//! Whole sweeps at toy size, by the program itself.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use assay_runs::RunDirectory;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn sweep(out: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    let profile = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/toy.toml");
    command.args(["transfer-sweep", "--profile", profile, "--out"]).arg(out).args(more);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Every record and every kept file of weights, by cell; provenance is left out, as it may differ.
fn results(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let run = RunDirectory::open(run).unwrap();
    let mut files = BTreeMap::new();
    for cell in &run.plan().cells {
        for file in ["record.json", "weights.safetensors"] {
            let path = run.cell_folder(cell).join(file);
            if file == "record.json" || path.exists() {
                files.insert(format!("{}/{file}", cell.name()), std::fs::read(path).unwrap());
            }
        }
    }
    files
}

#[test]
fn the_same_seed_gives_the_same_bits_whatever_the_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let (one, three) = (folder.path().join("one"), folder.path().join("three"));
    assert!(sweep(&one, &["--jobs", "1"]).status().unwrap().success());
    assert!(sweep(&three, &["--jobs", "3"]).status().unwrap().success());
    let (one, three) = (results(&one), results(&three));
    // 18 records and the weights of two bases.
    assert_eq!(one.len(), 20);
    assert_eq!(one, three);
}

#[test]
fn killed_at_twenty_random_instants_and_resumed_the_records_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    assert!(sweep(&whole, &[]).status().unwrap().success());
    let mut rng = ChaCha8Rng::seed_from_u64(20);
    let (mut kills, mut runs) = (0, 0);
    while kills < 20 {
        let mut child = sweep(&killed, &[]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(rng.random_range(100..700)));
        child.kill().unwrap();
        let ended = child.wait().unwrap();
        runs += 1;
        assert!(runs < 60, "only {kills} of {runs} runs were killed before they were done");
        if ended.success() {
            // It was done before it could be killed: begin again, so that every kill hits work.
            assert_eq!(results(&whole), results(&killed));
            std::fs::remove_dir_all(&killed).unwrap();
        } else {
            kills += 1;
        }
    }
    assert!(sweep(&killed, &[]).status().unwrap().success());
    assert_eq!(results(&whole), results(&killed));
    let run = RunDirectory::open(&killed).unwrap();
    let resumed =
        run.plan().cells.iter().map(|cell| run.provenance(cell).unwrap().unwrap().resumed);
    assert!(resumed.sum::<u32>() > 0, "no cell was resumed from a checkpoint");
}

#[test]
fn a_run_grows_by_a_seed_and_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    assert!(sweep(&run, &[]).status().unwrap().success());
    let before = results(&run);
    assert!(sweep(&run, &["--seeds", "2"]).status().unwrap().success());
    let after = results(&run);
    assert_eq!(after.len(), 2 * before.len());
    assert!(before.iter().all(|(name, bytes)| after[name] == *bytes));
}

//! Kills runs while a cell is in progress.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use assay_runs::RunDirectory;

/// Kills a run as soon as it has saved a checkpoint. Returns whether a cell without a record was left; the run may have
/// finished before.
pub fn kill_during_a_cell(run: &mut Command, out: &Path) -> bool {
    let before = checkpoints(out);
    let mut child = run.spawn().unwrap();
    while checkpoints(out).is_subset(&before) && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // On a busy machine a worker may finish its cell before it notices that its parent is gone.
    std::thread::sleep(Duration::from_millis(300));
    let run = RunDirectory::open(out).unwrap();
    let is_amid = |cell| run.checkpoint(cell).exists() && run.record(cell).unwrap().is_none();
    run.plan().cells.iter().any(is_amid)
}

/// All checkpoints with their modification times.
fn checkpoints(out: &Path) -> BTreeSet<(PathBuf, SystemTime)> {
    let Ok(folder) = std::fs::read_dir(out.join("checkpoints")) else { return BTreeSet::new() };
    let whole = folder.flatten().map(|file| file.path());
    let whole = whole.filter(|path| path.extension().is_some_and(|end| end == "checkpoint"));
    // The file may be gone by now.
    whole.filter_map(|path| Some((path.clone(), path.metadata().ok()?.modified().ok()?))).collect()
}

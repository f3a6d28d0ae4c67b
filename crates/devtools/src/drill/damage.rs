//! Files of a run that are damaged.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use assay_runs::RunDirectory;

use super::Outcome;
use super::study::{Study, signal, wait};

/// A way to damage a file, given another file of the same name if there is one. Returns false where it does not
/// apply.
type Damage = fn(&Path, Option<&Path>) -> Result<bool>;

const DAMAGES: [(&str, Damage); 5] = [
    ("one bit", |path, _| {
        let mut bytes = std::fs::read(path)?;
        let at = bytes.len() * 3 / 4;
        bytes[at] ^= 8;
        std::fs::write(path, bytes)?;
        Ok(true)
    }),
    ("cut in half", |path, _| {
        let bytes = std::fs::read(path)?;
        std::fs::write(path, &bytes[..bytes.len() / 2])?;
        Ok(true)
    }),
    ("empty", |path, _| {
        std::fs::write(path, "")?;
        Ok(true)
    }),
    ("deleted", |path, _| {
        std::fs::remove_file(path)?;
        Ok(true)
    }),
    ("that of another cell", |path, other| {
        let Some(other) = other else { return Ok(false) };
        let bytes = std::fs::read(other)?;
        let differs = bytes != std::fs::read(path)?;
        std::fs::write(path, bytes)?;
        Ok(differs)
    }),
];

/// The paths within a run of two files of each name in finished cells; the second one may be missing.
fn files_by_name(run: &Path) -> Result<BTreeMap<String, Vec<PathBuf>>> {
    let opened = RunDirectory::open(run)?;
    let mut found: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for cell in &opened.plan().cells {
        for file in std::fs::read_dir(opened.cell_folder(cell))? {
            let path = file?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let paths = found.entry(name).or_default();
            if paths.len() < 2 {
                paths.push(path.strip_prefix(run)?.to_owned());
            }
        }
    }
    Ok(found)
}

/// `assay runs check` finds the damage, and the next command repairs it.
pub(super) fn published(study: &Study, _kills: u32) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    for (name, paths) in files_by_name(&study.reference())? {
        for (damage, apply) in DAMAGES {
            let folder = tempfile::tempdir()?;
            let run = folder.path().join("run");
            study.copy(&run)?;
            let other = paths.get(1).map(|path| run.join(path));
            if apply(&run.join(&paths[0]), other.as_deref())? {
                let result = is_found(&run).and_then(|()| study.finish_and_compare(&run));
                outcome.add(&format!("{name}, {damage}"), result);
            }
        }
    }
    Ok(outcome)
}

fn is_found(run: &Path) -> Result<()> {
    let program = std::env::current_exe().context("finding this program")?;
    let output = Command::new(program).args(["runs", "check"]).arg(run).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.code() == Some(1), "`runs check` does not find it: {said}");
    Ok(())
}

/// Checkpoints and cached logits of a run that was killed.
pub(super) fn unfinished(study: &Study, kills: u32) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    for number in 0..kills {
        let folder = tempfile::tempdir()?;
        let run = folder.path().join("run");
        let child = study.start(&run, &[])?;
        std::thread::sleep(
            study.duration.mul_f64(0.2 + 0.6 * f64::from(number) / f64::from(kills)),
        );
        let _ = signal("KILL", i64::from(child.id()));
        wait(child)?;
        std::thread::sleep(std::time::Duration::from_millis(100));
        let (damage, apply) = DAMAGES[number as usize % 4];
        let mut damaged = 0;
        for folder in ["checkpoints", "teachers"] {
            let Ok(entries) = std::fs::read_dir(run.join(folder)) else { continue };
            for file in entries {
                let path = file?.path();
                if path.metadata()?.len() > 0 && apply(&path, None)? {
                    damaged += 1;
                }
            }
        }
        // A run without any file to damage tells nothing.
        if damaged > 0 {
            outcome.add(&format!("kill {number}, {damage}"), study.finish_and_compare(&run));
        }
    }
    Ok(outcome)
}

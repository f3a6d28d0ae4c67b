//! `assay runs gc`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use assay_engine::output::print_line;
use assay_runs::RunDirectory;
use clap::Args;

/// Removes what a run no longer needs: checkpoints of finished cells, cached logits of teachers once all cells are
/// done, results that were moved away as damaged, and what killed processes left behind. Keeps all results. No command
/// may be working on the run
#[derive(Debug, Args)]
pub struct Gc {
    /// The directory of a run (it has a plan.json)
    run: PathBuf,
    /// Only says what would be removed
    #[arg(long)]
    dry_run: bool,
}

impl Gc {
    pub(super) fn run(self) -> Result<ExitCode> {
        let run = RunDirectory::open(&self.run)?;
        let lock = if self.dry_run { None } else { Some(run.lock()?) };
        let mut total = 0;
        for path in removable(&run)? {
            let bytes = size(&path)?;
            total += bytes;
            print_line(format_args!("{:>10}  {}", mebibytes(bytes), path.display()))?;
            if !self.dry_run {
                remove(&path)?;
            }
        }
        if let Some(lock) = lock {
            run.remove_leftovers(&lock)?;
        }
        let removed = if self.dry_run { "could be removed" } else { "removed" };
        print_line(format_args!("{} {removed}", mebibytes(total)))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Files and folders that the run does not need.
fn removable(run: &RunDirectory) -> Result<Vec<PathBuf>> {
    let cells = &run.plan().cells;
    let done: Vec<_> = cells.iter().filter(|cell| run.is_done(cell)).collect();
    let mut paths: Vec<PathBuf> = done.iter().map(|cell| run.checkpoint(cell)).collect();
    if done.len() == cells.len() {
        paths.extend(entries(&run.path().join("teachers"))?);
    }
    for folder in ["damaged", "staging"] {
        paths.extend(entries(&run.path().join(folder))?);
    }
    paths.retain(|path| path.symlink_metadata().is_ok());
    Ok(paths)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => {
            let context = || folder.display().to_string();
            entries.with_context(context)?.map(|entry| Ok(entry?.path())).collect()
        }
    }
}

/// The bytes of a file, or of all files in a folder. Links are not followed.
fn size(path: &Path) -> Result<u64> {
    let metadata = path.symlink_metadata().with_context(|| path.display().to_string())?;
    if metadata.is_dir() {
        entries(path)?.iter().map(|entry| size(entry)).sum()
    } else {
        Ok(metadata.len())
    }
}

fn remove(path: &Path) -> Result<()> {
    let is_folder = path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
    let removed =
        if is_folder { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    removed.with_context(|| path.display().to_string())
}

fn mebibytes(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

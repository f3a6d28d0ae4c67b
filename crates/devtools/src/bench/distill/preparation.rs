//! Prepares the benchmark: checks the profile and trains the teachers.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use assay_runs::{Cell, Plan, Role, RunDirectory};

use super::DistillSettings;
use assay_engine::scheduler::{SweepSettings, sweep};

/// Checks that all competitors can do the profile's work and differ in how they do it.
pub(super) fn check_profile(settings: &DistillSettings) -> Result<()> {
    let DistillSettings { name, profile, .. } = settings;
    ensure!(
        profile.data.speech.is_none(),
        "profile {name} is of speech, which the peer does not support; use a profile of images, such as quick \
                 or mnist"
    );
    ensure!(
        profile.specialists.is_none(),
        "profile {name} has specialists, which the peer does not support; use a profile without the table \
                 specialists, such as quick or mnist"
    );
    ensure!(
        profile.run.cache_mebibytes > 0,
        "profile {name} has run.cache_mebibytes = 0, so two competitors would be the same; allow a cache for \
                 the teachers' logits, for example with --set run.cache_mebibytes=512"
    );
    Ok(())
}

/// Trains the teachers of a plan, in a run of their own.
pub(super) fn train_teachers(
    path: &Path,
    plan: &Plan,
    settings: &DistillSettings,
) -> Result<RunDirectory> {
    let is_teacher =
        |cell: &&Cell| cell.classifier().is_some_and(|cell| cell.role == Role::Teacher);
    let cells = plan.cells.iter().filter(is_teacher).cloned().collect();
    let run = RunDirectory::create_or_open(path, Plan { cells, ..plan.clone() })?;
    let DistillSettings { device_spec, jobs, data_dir, .. } = settings.clone();
    let program = std::env::current_exe().context("finding this program")?;
    let settings = SweepSettings { device: device_spec, jobs, data_dir, program, stop_after: None };
    let summary = sweep(&run, &settings)?;
    ensure!(summary.failed == 0 && !summary.is_incomplete(), "not every teacher could be trained");
    Ok(run)
}

/// Copies a folder with everything in it.
pub(super) fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for entry in std::fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_folder(&path, &copy)?;
        } else {
            std::fs::copy(&path, &copy).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

//! Prepares the benchmark: checks the profile and trains the teachers.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use assay_classifier_cells::{ClassifierCell, Role};
use assay_distill_execute::DistillProfile;
use assay_engine::scheduler::{SweepSettings, sweep};
use assay_runs::{Cell, Plan, RunDirectory};

use crate::bench::peer::Resources;

/// The part of a profile that is timed. Checks that all competitors can do its work and differ in how they do it.
pub(super) fn timed_profile(name: &str, mut profile: DistillProfile) -> Result<DistillProfile> {
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
    // The peer trains at the schedules' learning rates.
    profile.tuning.lr_factors.clear();
    let distillation = &mut profile.distillation;
    // A step costs the same at any temperature, and the peer supports soft targets only.
    distillation.temperatures.truncate(1);
    distillation.published.clear();
    distillation.excluded_classes = vec![Vec::new()];
    distillation.fractions = vec![1.0];
    Ok(profile)
}

/// Trains the teachers of a plan, in a run of their own.
pub(super) fn train_teachers(
    path: &Path,
    plan: &Plan,
    resources: &Resources,
    data_dir: Option<&Path>,
) -> Result<RunDirectory> {
    let is_teacher = |cell: &&Cell| {
        cell.downcast_ref::<ClassifierCell>().is_some_and(|cell| cell.role == Role::Teacher)
    };
    let cells = plan.cells.iter().filter(is_teacher).cloned().collect();
    let run = RunDirectory::create_or_open(path, Plan { cells, ..plan.clone() })?;
    let settings = SweepSettings {
        data_dir: data_dir.map(Path::to_owned),
        ..SweepSettings::new(
            vec![resources.device_spec],
            resources.jobs,
            std::env::current_exe().context("finding this program")?,
        )
    };
    let summary = sweep(&run, &settings)?;
    ensure!(summary.failed == 0 && !summary.is_incomplete(), "not every teacher could be trained");
    Ok(run)
}

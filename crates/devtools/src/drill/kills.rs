//! Processes that are killed.

use std::time::Duration;

use anyhow::{Context, Result};
use assay_runs::random_stream;
use rand::RngExt;

use super::Outcome;
use super::study::{Study, children, signal, wait};

/// Kills a run again and again until it has been killed so often, then lets it end.
fn kill_often(study: &Study, kills: u32, kill: impl Fn(u32) -> Result<()>) -> Result<Outcome> {
    let (mut outcome, mut random) =
        (Outcome::default(), random_stream(&"drill", "instants of kills"));
    for number in 0..kills {
        let folder = tempfile::tempdir()?;
        let run = folder.path().join("run");
        let child = study.start(&run, &[])?;
        std::thread::sleep(study.duration.mul_f64(random.random_range(0.05..0.9)));
        // It may have ended by now, or have no worker yet.
        let has_hit = kill(child.id()).is_ok();
        wait(child)?;
        // Workers notice the end of their parent a moment later.
        std::thread::sleep(Duration::from_millis(100));
        if has_hit {
            outcome.add(&format!("kill {number}"), study.finish_and_compare(&run));
        }
    }
    Ok(outcome)
}

pub(super) fn everything(study: &Study, kills: u32) -> Result<Outcome> {
    kill_often(study, kills, |process| {
        let workers = children(process);
        signal("KILL", i64::from(process))?;
        workers.into_iter().try_for_each(|worker| signal("KILL", i64::from(worker)))
    })
}

pub(super) fn scheduler(study: &Study, kills: u32) -> Result<Outcome> {
    kill_often(study, kills, |process| signal("KILL", i64::from(process)))
}

/// The scheduler replaces the worker. Its cell fails, and is computed by the next command.
pub(super) fn worker(study: &Study, kills: u32) -> Result<Outcome> {
    kill_often(study, kills, |process| {
        let worker = children(process).first().copied().context("no worker yet")?;
        signal("KILL", i64::from(worker))
    })
}

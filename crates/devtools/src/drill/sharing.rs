//! Several commands on one run.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use assay_runs::RunDirectory;

use super::Outcome;
use super::study::{Study, children, ensure_success, signal, wait};

/// Shares a run, and takes over cells after two seconds.
const JOIN: [&str; 3] = ["--join", "--lease", "2"];

/// Waits until the run has leases of so many commands.
fn wait_for_leases(run: &Path, holders: usize) -> Result<()> {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(30) {
        if let Ok(leases) = RunDirectory::open(run).and_then(|run| run.leases()) {
            let mut processes: Vec<u32> = leases.iter().map(|lease| lease.holder.process).collect();
            processes.sort_unstable();
            processes.dedup();
            if processes.len() >= holders {
                return Ok(());
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    bail!("no leases of {holders} commands within half a minute")
}

pub(super) fn one_of_two(study: &Study, kills: u32) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    for number in 0..kills {
        let folder = tempfile::tempdir()?;
        let run = folder.path().join("run");
        let killed = study.start(&run, &JOIN)?;
        wait_for_leases(&run, 1)?;
        let other = study.start(&run, &JOIN)?;
        std::thread::sleep(study.duration.mul_f64(f64::from(number % 5) / 10.0));
        let _ = signal("KILL", i64::from(killed.id()));
        wait(killed)?;
        let ended = wait(other)
            .and_then(|output| ensure_success(&output))
            .and_then(|()| study.compare(&run));
        outcome.add(&format!("kill {number}"), ended);
    }
    Ok(outcome)
}

/// A command and its workers stop, another takes their cells over, and the first ones go on: the orphans of a lost node.
pub(super) fn suspended(study: &Study, kills: u32) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    for number in 0..kills.div_ceil(5) {
        let folder = tempfile::tempdir()?;
        let run = folder.path().join("run");
        let first = study.start(&run, &JOIN)?;
        wait_for_leases(&run, 1)?;
        let workers = children(first.id());
        let all = || std::iter::once(first.id()).chain(workers.iter().copied()).map(i64::from);
        all().try_for_each(|process| signal("STOP", process))?;
        let other = wait(study.start(&run, &JOIN)?).and_then(|output| ensure_success(&output));
        all().try_for_each(|process| signal("CONT", process))?;
        let first = wait(first).and_then(|output| ensure_success(&output));
        outcome.add(&format!("time {number}"), other.and(first).and_then(|()| study.compare(&run)));
    }
    Ok(outcome)
}

fn several(study: &Study, kills: u32, flags: &[&str], all_succeed: bool) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    for number in 0..kills.div_ceil(5) {
        let folder = tempfile::tempdir()?;
        let run = folder.path().join("run");
        let started = (0..5).map(|_| study.start(&run, flags)).collect::<Result<Vec<_>>>()?;
        let ended = started.into_iter().map(wait).collect::<Result<Vec<_>>>()?;
        let succeeded = ended.iter().filter(|output| output.status.success()).count();
        let check = || {
            let refused = ended.iter().filter(|output| output.status.code() == Some(2)).count();
            ensure!(succeeded > 0, "none succeeded");
            ensure!(!all_succeed || succeeded == 5, "{succeeded} of 5 succeeded");
            ensure!(succeeded + refused == 5, "{succeeded} succeeded, {refused} were refused");
            study.compare(&run)
        };
        outcome.add(&format!("time {number}"), check());
    }
    Ok(outcome)
}

pub(super) fn five_at_once(study: &Study, kills: u32) -> Result<Outcome> {
    several(study, kills, &[], false)
}

pub(super) fn five_join(study: &Study, kills: u32) -> Result<Outcome> {
    several(study, kills, &["--join"], true)
}

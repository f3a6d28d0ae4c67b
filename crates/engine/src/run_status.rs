//! How far a run is: from its folders, the leases, and the logs of its schedulers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use assay_runs::{CurvePoint, Holder, Lease, RunDirectory, RunError};
use serde::Serialize;

use crate::scheduler::{LogEvent, LogLine};

/// A lease that was not renewed for so long belongs to no one. Leases of any useful duration are renewed sooner.
const OLDEST_LEASE: Duration = Duration::from_mins(15);

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunStatus {
    /// The experiment.
    pub experiment: String,
    /// The name of the profile.
    pub profile: String,
    /// The number of cells.
    pub cells: usize,
    /// Cells that have a result. Their files are not checked here.
    pub done: usize,
    /// Cells whose last attempt failed.
    pub failed: usize,
    /// Cells in progress.
    pub running: Vec<RunningCell>,
    /// Everything that has worked on the run, the latest last.
    pub schedulers: Vec<SchedulerStatus>,
    /// Mean seconds of work for a done cell; none if no cell is done.
    pub seconds_per_cell: Option<f64>,
    /// Estimate of the seconds to the end at the present number of workers; none if nothing is working.
    pub seconds_left: Option<f64>,
}

/// A cell that a worker is working on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunningCell {
    /// Its name.
    pub cell: String,
    /// The scheduler of the worker.
    pub holder: Holder,
    /// The device of the worker.
    pub device: String,
    /// When the worker began, in seconds since 1970.
    pub since: f64,
    /// The last finished epoch.
    pub epoch: Option<CurvePoint>,
}

/// What a scheduler is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SchedulerState {
    /// It has the run for itself, or a lease that it keeps renewing.
    Working,
    /// It shares the run, and has not ended as far as its log tells. It has no cell, or no longer renews its leases.
    IdleOrGone,
    /// It ended, or died.
    Ended,
}

/// A command that worked, or works, on the run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SchedulerStatus {
    /// The scheduler.
    pub holder: Holder,
    /// What it is doing.
    pub state: SchedulerState,
    /// Its devices.
    pub devices: Vec<String>,
    /// The number of its workers.
    pub workers: usize,
    /// When it began, in seconds since 1970.
    pub began: f64,
    /// The Slurm job that it belongs to.
    pub slurm_job: Option<String>,
}

/// The log of one scheduler, read.
struct Log {
    scheduler: SchedulerStatus,
    running: HashMap<String, RunningCell>,
    has_ended: bool,
}

impl RunStatus {
    /// Reads the status of a run.
    ///
    /// # Errors
    /// Returns an error if the run cannot be read.
    pub fn read(run: &RunDirectory) -> Result<Self> {
        let (plan, access) = (run.plan(), Access::read(run)?);
        let mut logs = read_logs(run)?;
        for log in &mut logs {
            log.scheduler.state = access.state(log);
        }
        logs.sort_by(|a, b| a.scheduler.began.total_cmp(&b.scheduler.began));
        let is_done: HashMap<String, bool> =
            plan.cells.iter().map(|cell| (cell.name(), run.cell_folder(cell).exists())).collect();
        let done = is_done.values().filter(|done| **done).count();
        let mut failed = 0;
        for cell in &plan.cells {
            failed += usize::from(run.failure_reason(cell).is_ok_and(|reason| reason.is_some()));
        }
        let working = |log: &&Log| log.scheduler.state == SchedulerState::Working;
        let running = logs.iter().filter(working).flat_map(|log| log.running.values().cloned());
        let mut running: Vec<RunningCell> =
            running.filter(|cell| is_done.get(&cell.cell) == Some(&false)).collect();
        running.sort_by(|a, b| a.since.total_cmp(&b.since));
        let workers: usize = logs.iter().filter(working).map(|log| log.scheduler.workers).sum();
        let seconds_per_cell = mean_seconds(run);
        let left = (plan.cells.len() - done) as f64;
        Ok(Self {
            experiment: plan.study.clone(),
            profile: plan.profile.clone(),
            cells: plan.cells.len(),
            done,
            failed,
            running,
            schedulers: logs.into_iter().map(|log| log.scheduler).collect(),
            seconds_per_cell,
            seconds_left: seconds_per_cell
                .filter(|_| workers > 0)
                .map(|seconds| seconds * left / workers as f64),
        })
    }

    /// Whether all cells have a result.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.done == self.cells
    }

    /// Whether anything works on the run, or may do so soon, as far as can be told from here.
    #[must_use]
    pub fn may_go_on(&self) -> bool {
        self.schedulers.iter().any(|one| match one.state {
            SchedulerState::Working => true,
            SchedulerState::IdleOrGone => is_alive(&one.holder) == Some(true),
            SchedulerState::Ended => false,
        })
    }
}

/// Who may be working on the run.
struct Access {
    /// Token of the process that has the run for itself.
    alone: Option<String>,
    /// Tokens of the schedulers with leases.
    with_leases: HashSet<String>,
    /// Whether some process shares the run.
    is_shared: bool,
}

impl Access {
    fn read(run: &RunDirectory) -> Result<Self> {
        let leases = run.leases()?.into_iter().filter(|lease| is_renewed(run, lease));
        let with_leases = leases.map(|lease| lease.holder.token).collect();
        let (mut alone, mut is_shared) = (None, false);
        match run.lock_state() {
            Err(RunError::Locked { token, .. }) => alone = token,
            Ok(shared) => is_shared = shared,
            // A run that one may only read has no lock of this process.
            Err(_) => {}
        }
        Ok(Self { alone, with_leases, is_shared })
    }

    fn state(&self, log: &Log) -> SchedulerState {
        let holder = &log.scheduler.holder;
        let has_run = self.alone.as_ref() == Some(&holder.token);
        if log.has_ended || is_alive(holder) == Some(false) {
            SchedulerState::Ended
        } else if has_run || self.with_leases.contains(&holder.token) {
            SchedulerState::Working
        } else if self.is_shared {
            SchedulerState::IdleOrGone
        } else {
            SchedulerState::Ended
        }
    }
}

/// Whether the process of a scheduler runs, if it is one of this machine and that can be told.
#[must_use]
pub fn is_alive(holder: &Holder) -> Option<bool> {
    let is_here = holder.host == Holder::this_process().host;
    let has_processes = Path::new("/proc/self").exists();
    // Its number may be that of another program by now.
    let runs = || {
        let words = std::fs::read(format!("/proc/{}/cmdline", holder.process)).unwrap_or_default();
        let program = words.split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(program).contains("assay")
    };
    (is_here && has_processes).then(runs)
}

/// Whether a lease was renewed lately, by the clocks of this machine and of the file system.
fn is_renewed(run: &RunDirectory, lease: &Lease) -> bool {
    let age = run.lease_written(&lease.cell).and_then(|written| written.elapsed().ok());
    age.is_none_or(|age| age < OLDEST_LEASE)
}

/// The mean of the seconds that done cells took.
fn mean_seconds(run: &RunDirectory) -> Option<f64> {
    let provenance = |cell| run.provenance(cell).ok().flatten();
    let seconds = run.plan().cells.iter().filter_map(provenance).map(|one| one.seconds.total);
    let (sum, count) = seconds.fold((0.0, 0), |(sum, count), one| (sum + one, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

fn read_logs(run: &RunDirectory) -> Result<Vec<Log>> {
    let lines = read_events(run)?;
    Ok(lines.into_values().filter_map(|lines| read_log(&lines)).collect())
}

/// The lines of the logs of all schedulers, by file. Lines that are not finished are left out.
///
/// # Errors
/// Returns an error if a log cannot be read.
pub fn read_events(run: &RunDirectory) -> Result<BTreeMap<String, Vec<LogLine>>> {
    let folder = run.path().join("events");
    let mut logs = BTreeMap::new();
    let Ok(entries) = std::fs::read_dir(&folder) else { return Ok(logs) };
    for entry in entries {
        let path = entry.with_context(|| folder.display().to_string())?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            logs.insert(name, read_lines(&path)?);
        }
    }
    Ok(logs)
}

fn read_lines(path: &Path) -> Result<Vec<LogLine>> {
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let lines = bytes.split(|&byte| byte == b'\n');
    Ok(lines.filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

fn read_log(lines: &[LogLine]) -> Option<Log> {
    let first = lines.first()?;
    let LogEvent::Started { holder, devices, workers, slurm_job } = &first.event else {
        return None;
    };
    let scheduler = SchedulerStatus {
        holder: holder.clone(),
        state: SchedulerState::Ended,
        devices: devices.clone(),
        workers: *workers,
        began: first.time,
        slurm_job: slurm_job.clone(),
    };
    let mut log = Log { scheduler, running: HashMap::new(), has_ended: false };
    for line in lines {
        match &line.event {
            LogEvent::CellStarted { cell, device, .. } => {
                let running = RunningCell {
                    cell: cell.clone(),
                    holder: holder.clone(),
                    device: device.clone(),
                    since: line.time,
                    epoch: None,
                };
                log.running.insert(cell.clone(), running);
            }
            LogEvent::Epoch { cell, point } => {
                if let Some(running) = log.running.get_mut(cell) {
                    running.epoch = Some(*point);
                }
            }
            LogEvent::CellDone { cell, .. } | LogEvent::CellFailed { cell, .. } => {
                log.running.remove(cell);
            }
            LogEvent::Ended { .. } => log.has_ended = true,
            LogEvent::Started { .. } | LogEvent::Warning { .. } | LogEvent::WorkerExited { .. } => {
            }
        }
    }
    Some(log)
}

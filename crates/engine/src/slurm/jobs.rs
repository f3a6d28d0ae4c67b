//! The Slurm jobs of a run, in `RUN/slurm/jobs.json`.

use std::process::Command;

use anyhow::{Context, Result};
use assay_runs::{RunDirectory, write_atomically};
use serde::{Deserialize, Serialize};

use super::output_of;

/// A submitted job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its number in Slurm.
    pub id: String,
    /// The number of its tasks.
    pub tasks: u32,
    /// When it was submitted, in seconds since 1970.
    pub submitted: f64,
}

/// A task that Slurm knows of, and its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JobState {
    /// The task, such as `123_0`.
    pub task: String,
    /// The state in Slurm's words, such as `RUNNING`.
    pub state: String,
}

/// The submitted jobs of a run.
///
/// # Errors
/// Returns an error if their file cannot be read.
pub fn read_jobs(run: &RunDirectory) -> Result<Vec<Job>> {
    let path = run.path().join("slurm").join("jobs.json");
    match std::fs::read(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        content => {
            let content = content.with_context(|| path.display().to_string())?;
            serde_json::from_slice(&content).with_context(|| path.display().to_string())
        }
    }
}

pub(super) fn add_job(run: &RunDirectory, job: Job) -> Result<()> {
    let mut jobs = read_jobs(run)?;
    jobs.push(job);
    let path = run.path().join("slurm").join("jobs.json");
    Ok(write_atomically(&path, &serde_json::to_vec_pretty(&jobs)?)?)
}

/// The tasks of jobs that are waiting or running.
///
/// # Errors
/// Returns an error if Slurm cannot be reached.
pub fn job_states(jobs: &[Job]) -> Result<Vec<JobState>> {
    if jobs.is_empty() {
        return Ok(Vec::new());
    }
    // All jobs of the user: with `--jobs`, squeue fails for jobs that ended long ago.
    let printed = output_of(Command::new("squeue").args([
        "--me",
        "--noheader",
        "--array",
        "--format=%i %T",
    ]))?;
    let of_run = |line: &str| {
        let (task, state) = line.trim().split_once(' ')?;
        let job = task.split('_').next()?;
        let is_ours = jobs.iter().any(|own| own.id == job);
        is_ours.then(|| JobState { task: task.to_owned(), state: state.to_owned() })
    };
    Ok(printed.lines().filter_map(of_run).collect())
}

pub(super) fn active_tasks(jobs: &[Job]) -> Result<u32> {
    Ok(job_states(jobs)?.len() as u32)
}

/// Cancels all jobs of a run that are waiting or running. Returns how many tasks that were.
///
/// # Errors
/// Returns an error if Slurm cannot be reached.
pub fn cancel_jobs(run: &RunDirectory) -> Result<usize> {
    let tasks = job_states(&read_jobs(run)?)?;
    if !tasks.is_empty() {
        output_of(Command::new("scancel").args(tasks.iter().map(|task| &task.task)))?;
    }
    Ok(tasks.len())
}

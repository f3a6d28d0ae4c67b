//! Runs on a Slurm cluster.
//!
//! A submission is one array of equal tasks. Each task runs `assay resume RUN --join`, so the tasks divide the
//! cells among themselves by leases, in the order that their dependencies allow. A task that is killed, or
//! whose node is lost, needs no bookkeeping: its leases expire, and another task continues from its checkpoints.
//! Before the time of a task is over, Slurm sends `SIGUSR2`; the task saves its cells and is queued again.

mod jobs;
mod submission;

use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context, Result, bail};

pub use jobs::{Job, JobState, cancel_jobs, job_states, read_jobs};
pub use submission::Submission;

/// How long Slurm may take to end a task that was queued again.
const TIME_TO_END: Duration = Duration::from_mins(5);

/// Runs a command of Slurm. Returns what it printed.
fn output_of(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let Output { status, stdout, stderr } = command.output().with_context(|| {
        format!("{program}: is this a machine of a Slurm cluster? (--engine local works anywhere)")
    })?;
    if !status.success() {
        bail!("{program}: {}", String::from_utf8_lossy(&stderr).trim());
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}

/// Queues the job that this process belongs to again, and waits for Slurm to end this process: a task that exits by
/// itself too early counts as failed. Does nothing outside of a job.
///
/// # Errors
/// Returns an error if Slurm refuses.
pub(crate) fn requeue_this_job() -> Result<()> {
    let variable = |name| std::env::var(name).ok();
    let Some(job) = variable("SLURM_JOB_ID") else { return Ok(()) };
    // The task of an array, by its public name: the other one is not accepted everywhere.
    let task = variable("SLURM_ARRAY_JOB_ID").zip(variable("SLURM_ARRAY_TASK_ID"));
    let job = task.map_or(job, |(array, task)| format!("{array}_{task}"));
    eprintln!("queueing job {job} again");
    output_of(Command::new("scontrol").args(["requeue", &job]))?;
    std::thread::sleep(TIME_TO_END);
    Ok(())
}

//! `assay cancel`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use assay_engine::output::print_line;
use assay_engine::run_status::{RunStatus, SchedulerState, SchedulerStatus, is_alive};
use assay_engine::slurm::cancel_jobs;
use assay_runs::{Holder, RunDirectory};
use clap::Args;

/// Stops the work on a run: its commands on this machine, which save what they have, and its Slurm jobs
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  assay cancel runs/transfer-cifar100

`assay resume RUN` continues. Commands on other machines are named and go on.
Exit status: 0 everything here was told to stop, 1 something could not be told, 2 the run could not be read.")]
pub struct Cancel {
    /// The directory of a run (it has a plan.json)
    run: PathBuf,
}

impl Cancel {
    /// Stops the work and says what was stopped.
    ///
    /// # Errors
    /// Returns an error if the run cannot be read.
    pub fn run(self) -> Result<ExitCode> {
        let run = RunDirectory::open(&self.run)?;
        let schedulers = RunStatus::read(&run)?.schedulers;
        let mut all_told = true;
        let tasks = cancel_jobs(&run).unwrap_or_else(|error| {
            eprintln!("warning: Slurm jobs of this run could not be cancelled: {error:#}");
            all_told = false;
            0
        });
        if tasks > 0 {
            print_line(format_args!("cancelled {tasks} Slurm tasks"))?;
        }
        // Slurm tells those of its own jobs.
        let others =
            |one: &&SchedulerStatus| one.state != SchedulerState::Ended && one.slurm_job.is_none();
        let mut told = 0;
        for holder in schedulers.iter().filter(others).map(|scheduler| &scheduler.holder) {
            if is_alive(holder) != Some(true) {
                print_line(format_args!("{holder} may go on; run this command there"))?;
                continue;
            }
            match stop(holder) {
                Ok(()) => {
                    told += 1;
                    print_line(format_args!("told {holder} to save and stop"))?;
                }
                Err(error) => {
                    eprintln!("{holder} could not be told to stop: {error}");
                    all_told = false;
                }
            }
        }
        if tasks == 0 && told == 0 {
            print_line("nothing of this run is working on this machine or queued")?;
        }
        Ok(if all_told { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Sends a process what Ctrl-C sends.
#[cfg(unix)]
fn stop(holder: &Holder) -> std::io::Result<()> {
    use rustix::process::{Pid, Signal, kill_process};

    let process = i32::try_from(holder.process).ok().and_then(Pid::from_raw);
    let process = process.ok_or(std::io::ErrorKind::NotFound)?;
    Ok(kill_process(process, Signal::INT)?)
}

#[cfg(not(unix))]
fn stop(_holder: &Holder) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

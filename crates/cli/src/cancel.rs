//! `assay cancel`.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use assay_engine::output::print_line;
use assay_engine::run_status::{RunStatus, SchedulerState};
use assay_engine::slurm::cancel_jobs;
use assay_runs::{Holder, RunDirectory};
use clap::Args;

/// Stops the work on a run: its commands on this machine, which save what they have, and its Slurm jobs
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  assay cancel runs/transfer-cifar100

`assay resume RUN` continues. Commands on other machines are named and go on.")]
pub struct Cancel {
    /// The directory of a run (it has a plan.json)
    run: PathBuf,
}

impl Cancel {
    /// Stops the work and says what was stopped.
    ///
    /// # Errors
    /// Returns an error if a job or process cannot be stopped.
    pub fn run(self) -> Result<ExitCode> {
        let run = RunDirectory::open(&self.run)?;
        let tasks = cancel_jobs(&run)?;
        if tasks > 0 {
            print_line(format_args!("cancelled {tasks} Slurm tasks"))?;
        }
        let here = Holder::this_process().host;
        let schedulers = RunStatus::read(&run)?.schedulers;
        let working = schedulers.iter().filter(|one| one.state == SchedulerState::Working);
        let mut stopped = 0;
        for holder in working.map(|scheduler| &scheduler.holder) {
            if holder.host == here {
                stop(holder.process)?;
                stopped += 1;
                print_line(format_args!("told {holder} to save and stop"))?;
            } else {
                print_line(format_args!("{holder} goes on; run this command there"))?;
            }
        }
        if tasks == 0 && stopped == 0 {
            print_line("nothing of this run is working on this machine or queued")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Sends a process what Ctrl-C sends.
fn stop(process: u32) -> Result<()> {
    let status = Command::new("kill").args(["-INT", &process.to_string()]).status();
    ensure!(status.context("running kill")?.success(), "process {process} cannot be stopped");
    Ok(())
}

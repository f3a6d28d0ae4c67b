//! `assay status`.

use std::fmt::Write;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use assay_engine::output::print_line;
use assay_engine::run_status::{RunStatus, RunningCell, SchedulerState, SchedulerStatus};
use assay_engine::slurm::{JobState, job_states, read_jobs};
use assay_engine::worker::unix_time;
use assay_runs::RunDirectory;
use clap::Args;
use serde_json::json;

/// How often `--watch` looks.
const EVERY: Duration = Duration::from_secs(2);
/// Clears a terminal and moves to its first line.
const CLEAR: &str = "\x1b[2J\x1b[H";

/// Says how far a run is: cells, what works on them and where, and how long it may take
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay status runs/transfer-quick
  assay status runs/transfer-quick --watch
  assay status runs/transfer-quick --json

Works beside the run, also where it may only be read. `assay runs check` verifies the files of the results.")]
pub struct Status {
    /// The directory of a run (it has a plan.json)
    run: PathBuf,
    /// Looks again every two seconds, until all cells are done or nothing works on the run
    #[arg(long)]
    watch: bool,
    /// Prints everything as JSON
    #[arg(long)]
    json: bool,
}

impl Status {
    /// Prints the status, once or again and again.
    ///
    /// # Errors
    /// Returns an error if the run cannot be read.
    pub fn run(self) -> Result<ExitCode> {
        loop {
            let run = RunDirectory::open(&self.run)?;
            let status = RunStatus::read(&run)?;
            let jobs = read_jobs(&run).and_then(|jobs| job_states(&jobs)).unwrap_or_else(|error| {
                eprintln!("warning: {error:#}");
                Vec::new()
            });
            if self.json {
                let mut value = serde_json::to_value(&status)?;
                value["slurm"] = json!(jobs);
                print_line(serde_json::to_string_pretty(&value)?)?;
            } else {
                let clear = if self.watch && std::io::stdout().is_terminal() { CLEAR } else { "" };
                print_line(format_args!("{clear}{}", describe(&status, &jobs, unix_time())))?;
            }
            let goes_on = status.may_go_on() || !jobs.is_empty();
            if !self.watch || status.is_complete() || !goes_on {
                return Ok(ExitCode::SUCCESS);
            }
            std::thread::sleep(EVERY);
        }
    }
}

/// The status in words.
fn describe(status: &RunStatus, jobs: &[JobState], now: f64) -> String {
    let RunStatus { experiment, profile, cells, done, failed, running, .. } = status;
    let to_do = cells - done - running.len().min(cells - done);
    let mut text = format!(
        "{experiment}, profile {profile}: {done} of {cells} cells done, {} running, {to_do} to do, {failed} of them failed before",
        running.len()
    );
    if let (Some(seconds), Some(left)) = (status.seconds_per_cell, status.seconds_left) {
        let (left, seconds) = (duration(left), duration(seconds));
        let _ = write!(text, "\nabout {left} to go; a cell takes {seconds} on average");
    }
    for cell in running {
        let _ = write!(text, "\n  {}", describe_cell(cell, now));
    }
    let active = |one: &&SchedulerStatus| one.state != SchedulerState::Ended;
    for scheduler in status.schedulers.iter().filter(active) {
        let _ = write!(text, "\n{}", describe_scheduler(scheduler, now));
    }
    for job in jobs {
        let _ = write!(text, "\nSlurm task {}: {}", job.task, job.state.to_lowercase());
    }
    if !status.may_go_on() && jobs.is_empty() && !status.is_complete() {
        text.push_str("\nnothing works on it; `assay resume` continues");
    }
    text
}

fn describe_cell(cell: &RunningCell, now: f64) -> String {
    let RunningCell { cell: name, device, since, epoch, .. } = cell;
    let epoch = epoch.map_or_else(String::new, |point| {
        let accuracy = point.evaluation.map_or_else(String::new, |evaluation| {
            format!(", {:.1} % of the validation images", 100.0 * evaluation.accuracy())
        });
        format!("; epoch {}: training loss {:.4}{accuracy}", point.epoch, point.train_loss)
    });
    format!("{name} on {device} for {}{epoch}", duration(now - since))
}

fn describe_scheduler(scheduler: &SchedulerStatus, now: f64) -> String {
    let SchedulerStatus { holder, state, devices, workers, began, .. } = scheduler;
    let state = match state {
        SchedulerState::IdleOrGone => "waits for cells, or has gone",
        _ => "works",
    };
    let (devices, began) = (devices.join(", "), duration(now - began));
    format!("{holder}: {state}; {workers} workers on {devices}, for {began}")
}

/// A time span in words, such as `3 min`.
fn duration(seconds: f64) -> String {
    match seconds.max(0.0) {
        short if short < 120.0 => format!("{short:.0} s"),
        medium if medium < 7200.0 => format!("{:.0} min", medium / 60.0),
        long if long < 172_800.0 => format!("{:.1} h", long / 3600.0),
        days => format!("{:.1} days", days / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_span_is_told_in_a_fitting_unit() {
        let found = [0.4, 119.0, 120.0, 7300.0, 200_000.0].map(duration);
        assert_eq!(found, ["0 s", "119 s", "2 min", "2.0 h", "2.3 days"]);
    }
}

//! A sweep: work on every cell of a run that has no record yet, with several workers.

use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use anyhow::{Context, Result};
use assay_runs::RunDirectory;

use super::event_loop::EventLoop;
use super::progress::SweepProgress;
use super::queue::Queue;
use super::set_aside::set_aside_message;
use super::sweep_summary::SweepSummary;
use super::workers::{Event, WorkerCommand};
use crate::device::DeviceSpec;

/// Settings of a sweep.
#[derive(Debug, Clone)]
pub struct SweepSettings {
    /// The device of every worker.
    pub device: DeviceSpec,
    /// The number of worker processes.
    pub jobs: usize,
    /// The folder of downloaded data sets; `None` for the default.
    pub data_dir: Option<PathBuf>,
    /// The program to start workers with. Its first argument is `worker`. Tests replace it.
    pub program: PathBuf,
    /// The time after which the sweep saves everything and ends; `None` for no limit.
    pub stop_after: Option<Duration>,
}

/// Works on every cell of `run` that has no record, and shows the progress on standard error.
///
/// # Errors
/// Returns an error if the run is in use, cannot be written, or no worker can start.
pub fn sweep(run: &RunDirectory, settings: &SweepSettings) -> Result<SweepSummary> {
    let lock = run.lock()?;
    run.check_plan(&lock)?;
    run.remove_leftovers(&lock)?;
    let cells = &run.plan().cells;
    let checked = run.check_cells(&lock, cells)?;
    for (cell, reason) in &checked.set_aside {
        eprintln!("{}", set_aside_message(run, cell, reason));
    }
    let queue = Queue::new(run.plan(), |number| checked.intact.contains(&cells[number].id()));
    let (done, _) = queue.counts();
    let jobs = settings.jobs.clamp(1, (cells.len() - done).max(1));
    let (events, received) = channel();
    forward_interrupts(&events, settings.stop_after)?;
    let command = WorkerCommand {
        run: run.path().to_owned(),
        program: settings.program.clone(),
        device: settings.device,
        data_dir: settings.data_dir.clone(),
    };
    let progress = SweepProgress::new(cells.len(), done, jobs);
    EventLoop::new(run, lock, queue, command, events, progress).run(jobs, &received)
}

/// Sends an event on Ctrl-C, and after `stop_after`.
fn forward_interrupts(events: &Sender<Event>, stop_after: Option<Duration>) -> Result<()> {
    if let Some(time) = stop_after {
        let events = events.clone();
        std::thread::spawn(move || {
            std::thread::sleep(time);
            let _ = events.send(Event::TimeLimit);
        });
    }
    let events = events.clone();
    ctrlc::set_handler(move || {
        let _ = events.send(Event::Interrupted);
    })
    .context("catching Ctrl-C")
}

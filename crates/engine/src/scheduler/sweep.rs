//! A sweep: work on every cell of a run that has no record yet, with several workers.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use anyhow::{Result, bail};
use assay_runs::{Cell, CellId, Holder, Leases, Plan, RunDirectory, RunLock};

use super::access::Access;
use super::event_log::EventLog;
use super::event_loop::EventLoop;
use super::progress::SweepProgress;
use super::queue::Queue;
use super::set_aside::set_aside_message;
use super::signals::forward_signals;
use super::sweep_summary::SweepSummary;
use super::workers::{Event, WorkerCommand};
use crate::device::DeviceSpec;

/// How often a scheduler looks at what the others of a shared run do, at the least.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// How often it does in the duration of a lease, at the least.
const POLLS_OF_A_LEASE: u32 = 20;

/// Settings of a sweep.
#[derive(Debug, Clone)]
pub struct SweepSettings {
    /// The devices, at least one.
    pub devices: Vec<DeviceSpec>,
    /// The number of worker processes for each device.
    pub jobs: usize,
    /// The folder of downloaded data sets; `None` for the default.
    pub data_dir: Option<PathBuf>,
    /// The program to start workers with. Its first argument is `worker`. Tests replace it.
    pub program: PathBuf,
    /// The time after which the sweep saves everything and ends; `None` for no limit.
    pub stop_after: Option<Duration>,
    /// Shares the run with other schedulers: how long they may be silent before their cells are taken
    /// over. `None` to have the run alone.
    pub join: Option<Duration>,
    /// In a shared run: waits for cells that others have taken, to take over if they fall silent.
    pub waits: bool,
    /// Works on these cells and no others; on all cells if it is empty.
    pub cells: Vec<Cell>,
}

impl SweepSettings {
    /// Works on all cells of a run that no other command works on, without a time limit.
    #[must_use]
    pub fn new(devices: Vec<DeviceSpec>, jobs: usize, program: PathBuf) -> Self {
        Self {
            devices,
            jobs,
            data_dir: None,
            program,
            stop_after: None,
            join: None,
            waits: true,
            cells: Vec::new(),
        }
    }
}

/// Works on every cell of `run` that has no record, and shows the progress on standard error.
///
/// # Errors
/// Returns an error if the run is in use, cannot be written, or no worker can start.
pub fn sweep(run: &RunDirectory, settings: &SweepSettings) -> Result<SweepSummary> {
    let lock = if settings.join.is_some() { run.lock_shared()? } else { run.lock()? };
    run.check_plan(&lock)?;
    run.remove_leftovers(&lock)?;
    let queue = queue(run, &lock, &settings.cells)?;
    let (done, waiting) = (queue.counts().0, queue.waiting());
    let jobs = (settings.jobs * settings.devices.len()).clamp(1, waiting.max(1));
    let (events, received) = channel();
    forward_signals(&events, settings.stop_after)?;
    let command = WorkerCommand {
        run: run.path().to_owned(),
        program: settings.program.clone(),
        devices: settings.devices.clone(),
        data_dir: settings.data_dir.clone(),
    };
    let progress = SweepProgress::new(done + waiting, done, jobs);
    let holder = Holder::this_process();
    let log = EventLog::create(run, &holder)?;
    let leases = settings.join.map(|duration| {
        poll(events.clone(), POLL_EVERY.min(duration / POLLS_OF_A_LEASE));
        Leases::new(run, holder.clone(), duration)
    });
    let access = Access { holder, lock, waits: settings.waits, leases, has_warned: false };
    EventLoop::new(run, access, queue, command, events, progress, log).run(jobs, &received)
}

/// The cells to work on. Damaged ones are set aside.
fn queue(run: &RunDirectory, lock: &RunLock, chosen: &[Cell]) -> Result<Queue> {
    let cells = &run.plan().cells;
    // Of a few cells, the rest of the run does not matter, and may be large.
    let needed = Plan::in_dependency_order(chosen.iter().cloned());
    let needed: HashSet<CellId> = needed.iter().map(Cell::id).collect();
    let relevant = |cell: &&Cell| needed.is_empty() || needed.contains(&cell.id());
    let checked = run.check_cells(lock, cells.iter().filter(relevant))?;
    for (cell, reason) in &checked.set_aside {
        eprintln!("{}", set_aside_message(run, cell, reason));
    }
    for cell in chosen.iter().filter(|cell| !checked.intact.contains(&cell.id())) {
        let is_missing =
            |needed: &Cell| !checked.intact.contains(&needed.id()) && !chosen.contains(needed);
        if let Some(missing) = cell.dependencies().into_iter().find(is_missing) {
            bail!("{} needs {}, which is not done", cell.name(), missing.name());
        }
    }
    let mut queue = Queue::new(run.plan(), |number| checked.intact.contains(&cells[number].id()));
    if !chosen.is_empty() {
        queue.leave_out(|number| !chosen.contains(&cells[number]));
    }
    Ok(queue)
}

/// Sends an event again and again.
fn poll(events: Sender<Event>, every: Duration) {
    std::thread::spawn(move || {
        while events.send(Event::Poll).is_ok() {
            std::thread::sleep(every);
        }
    });
}

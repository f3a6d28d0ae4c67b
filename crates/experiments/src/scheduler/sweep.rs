//! A sweep: every cell of a run that has no record yet, on several workers.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};

use anyhow::{Context, Result, bail};
use assay_runs::RunDirectory;

use super::Progress;
use super::protocol::{FromWorker, ToWorker};
use super::queue::Queue;
use super::workers::{Event, Worker, WorkerCommand};
use crate::device::DeviceName;

/// How to run a sweep.
#[derive(Debug, Clone)]
pub struct SweepSettings {
    /// The device of every worker.
    pub device: DeviceName,
    /// Worker processes.
    pub jobs: usize,
    /// Where the data is, when it was said.
    pub data_dir: Option<PathBuf>,
}

/// How a sweep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// Cells with a record.
    pub done: usize,
    /// Cells that were tried, or needed one that was, and have no record.
    pub failed: usize,
    /// Whether the user stopped it.
    pub interrupted: bool,
}

/// Trains every cell of `run` that has no record, and tells the user how it goes.
///
/// # Errors
/// When the run is in use, cannot be written to, or no worker can work at all.
pub fn sweep(run: &RunDirectory, settings: &SweepSettings) -> Result<Ending> {
    let lock = run.lock()?;
    run.sweep_attempts(&lock)?;
    let cells = &run.plan().cells;
    let queue = Queue::new(run.plan(), |number| run.is_done(&cells[number]));
    let (done, _) = queue.counts();
    let jobs = settings.jobs.clamp(1, (cells.len() - done).max(1));
    let (events, heard) = channel();
    interrupt_to(&events)?;
    let command = WorkerCommand {
        run: run.path().to_owned(),
        device: settings.device.to_string(),
        data_dir: settings.data_dir.clone(),
    };
    let mut sweep = Sweep {
        run,
        queue,
        command,
        events,
        workers: Vec::new(),
        progress: Progress::new(cells.len(), done, jobs),
        interrupted: false,
    };
    if !sweep.queue.is_finished() {
        for number in 0..jobs {
            let worker = Worker::start(number, &sweep.command, &sweep.events)?;
            sweep.workers.push(Some((worker, At::Start)));
        }
        sweep.serve(&heard)?;
    }
    let (done, failed) = sweep.queue.counts();
    Ok(Ending { done, failed, interrupted: sweep.interrupted })
}

fn interrupt_to(events: &Sender<Event>) -> Result<()> {
    let events = events.clone();
    ctrlc::set_handler(move || {
        let _ = events.send(Event::Interrupted);
    })
    .context("catching Ctrl-C")
}

/// What a worker is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Opening its data.
    Start,
    /// Waiting for a cell.
    Nothing,
    /// The cell with this number.
    Cell(usize),
}

/// A sweep under way: workers by number.
struct Sweep<'a> {
    run: &'a RunDirectory,
    queue: Queue,
    command: WorkerCommand,
    events: Sender<Event>,
    workers: Vec<Option<(Worker, At)>>,
    progress: Progress,
    interrupted: bool,
}

impl Sweep<'_> {
    /// Until every worker has ended.
    fn serve(&mut self, heard: &Receiver<Event>) -> Result<()> {
        while self.workers.iter().any(Option::is_some) {
            match heard.recv().expect("the sweep itself holds a sender") {
                Event::Said(worker, message) => self.said(worker, message)?,
                Event::Ended(worker) => self.ended(worker)?,
                Event::Interrupted => self.interrupt(),
            }
        }
        Ok(())
    }

    fn said(&mut self, worker: usize, message: FromWorker) -> Result<()> {
        match message {
            FromWorker::Ready => {
                self.finish(worker);
                self.feed_idle();
            }
            FromWorker::Progress { done, all } => self.progress.step(worker, done, all),
            FromWorker::Done { result } => {
                if let Some(cell) = self.finish(worker) {
                    self.queue.done(cell);
                    self.progress.done(&self.run.plan().cells[cell].name(), &result);
                }
                self.feed_idle();
            }
            FromWorker::Failed(reason) => {
                if let Some(cell) = self.finish(worker) {
                    self.fail(cell, &reason)?;
                }
            }
            FromWorker::Stopped => {
                self.finish(worker);
            }
            FromWorker::Unable(reason) => {
                for (worker, _) in self.workers.iter_mut().flatten() {
                    worker.kill();
                }
                bail!("{reason}");
            }
        }
        Ok(())
    }

    /// Gives every worker without a cell one: what a cell's end has made possible may go to workers
    /// that had nothing to do.
    fn feed_idle(&mut self) {
        for number in 0..self.workers.len() {
            if matches!(self.workers[number], Some((_, At::Nothing))) {
                self.feed(number);
            }
        }
    }

    /// Gives a worker its next cell, or sends it home when there will be none.
    fn feed(&mut self, number: usize) {
        let Some((worker, at)) = &mut self.workers[number] else { return };
        let next = if self.interrupted { None } else { self.queue.take() };
        match next {
            Some(cell) => {
                *at = At::Cell(cell);
                worker.tell(&ToWorker::Train(cell));
                self.progress.begin(number, &self.run.plan().cells[cell].name());
            }
            None if self.interrupted || self.queue.is_finished() => worker.tell(&ToWorker::Stop),
            None => {}
        }
    }

    /// The worker waits from here; gives the cell it was at.
    fn finish(&mut self, worker: usize) -> Option<usize> {
        let (_, at) = self.workers[worker].as_mut()?;
        match std::mem::replace(at, At::Nothing) {
            At::Cell(cell) => Some(cell),
            At::Start | At::Nothing => None,
        }
    }

    fn fail(&mut self, cell: usize, reason: &str) -> Result<()> {
        let cells = &self.run.plan().cells;
        let name = cells[cell].name();
        self.run.note_failure(&cells[cell], reason)?;
        self.progress.say(&format!("failed: {name}: {reason}"));
        for dependant in self.queue.failed(cell) {
            self.run.note_failure(&cells[dependant], &format!("{name}, which it needs, failed"))?;
        }
        self.feed_idle();
        Ok(())
    }

    /// A worker's output ended: as it was told to, or with a cell in hand.
    fn ended(&mut self, number: usize) -> Result<()> {
        let Some((mut worker, at)) = self.workers[number].take() else { return Ok(()) };
        let words = worker.last_words();
        match at {
            _ if self.interrupted => {}
            At::Cell(cell) => {
                let worker = Worker::start(number, &self.command, &self.events)?;
                self.workers[number] = Some((worker, At::Start));
                self.fail(cell, &words)?;
            }
            _ if self.queue.is_finished() => {}
            At::Start | At::Nothing => bail!("a worker could not begin: {words}"),
        }
        Ok(())
    }

    fn interrupt(&mut self) {
        if self.interrupted {
            for (worker, _) in self.workers.iter_mut().flatten() {
                worker.kill();
            }
            return;
        }
        self.interrupted = true;
        self.progress.say("stopping: every worker finishes its step and saves (again: at once)");
        for (worker, _) in self.workers.iter_mut().flatten() {
            worker.tell(&ToWorker::Stop);
        }
    }
}

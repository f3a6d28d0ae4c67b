//! A sweep: every cell of a run that has no record yet, on several workers.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use assay_runs::{Cell, Found, RunDirectory, RunLock};

use super::Progress;
use super::failure::named;
use super::protocol::{FromWorker, ToWorker};
use super::queue::Queue;
use super::workers::{Event, Worker, WorkerCommand};
use crate::device::DeviceSpec;

/// How to run a sweep.
#[derive(Debug, Clone)]
pub struct SweepSettings {
    /// Where every worker computes.
    pub place: DeviceSpec,
    /// Worker processes.
    pub jobs: usize,
    /// Where the data is, when it was said.
    pub data_dir: Option<PathBuf>,
    /// The program that is a worker where its first argument is `worker`: this one, but for tests.
    pub program: PathBuf,
    /// How long to work before everything is saved and the sweep ends; none for to the end.
    pub stop_after: Option<Duration>,
}

/// How a sweep ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepSummary {
    /// Cells with a record.
    pub done: usize,
    /// Cells that were tried, or needed one that was, and have no record.
    pub failed: usize,
    /// Whether the user stopped it, or the time was over.
    pub interrupted: bool,
    /// Why it was no use to go on, where workers kept failing.
    pub broke_off: Option<String>,
}

impl SweepSummary {
    /// Whether there is more to do, which the same command will.
    #[must_use]
    pub fn is_to_go_on(&self) -> bool {
        self.interrupted || self.broke_off.is_some()
    }
}

/// Workers that may die in a row, no cell being done in between, before the device is taken for lost.
const DEATHS_IN_A_ROW: usize = 3;

/// Trains every cell of `run` that has no record, and tells the user how it goes.
///
/// # Errors
/// When the run is in use, cannot be written to, or no worker can work at all.
pub fn sweep(run: &RunDirectory, settings: &SweepSettings) -> Result<SweepSummary> {
    let lock = run.lock()?;
    run.check_plan(&lock)?;
    run.remove_leftovers(&lock)?;
    let cells = &run.plan().cells;
    let checked = run.check(&lock, cells)?;
    for (cell, reason) in &checked.set_aside {
        eprintln!("{}", set_aside(run, cell, reason));
    }
    let queue = Queue::new(run.plan(), |number| checked.whole.contains(&cells[number].id()));
    let (done, _) = queue.counts();
    let jobs = settings.jobs.clamp(1, (cells.len() - done).max(1));
    let (events, heard) = channel();
    interrupt_to(&events, settings.stop_after)?;
    let command = WorkerCommand {
        run: run.path().to_owned(),
        program: settings.program.clone(),
        place: settings.place,
        data_dir: settings.data_dir.clone(),
    };
    let mut sweep = Sweep {
        run,
        lock,
        queue,
        command,
        events,
        workers: Vec::new(),
        progress: Progress::new(cells.len(), done, jobs),
        interrupted: false,
        broke_off: None,
        has_begun: false,
        deaths: 0,
    };
    if !sweep.queue.is_finished() {
        for number in 0..jobs {
            let worker = Worker::start(number, &sweep.command, &sweep.events)?;
            sweep.workers.push(Some((worker, At::Start)));
        }
        sweep.serve(&heard)?;
    }
    let (done, failed) = sweep.queue.counts();
    Ok(SweepSummary { done, failed, interrupted: sweep.interrupted, broke_off: sweep.broke_off })
}

/// What is said of a cell that was set aside.
#[must_use]
pub fn set_aside(run: &RunDirectory, cell: &Cell, reason: &str) -> String {
    let place = run.path().join("damaged");
    let again = match cell {
        Cell::Transfer(_) | Cell::Classifier(_) | Cell::Specialist(_) => "trained again",
        Cell::Attack(_) | Cell::Showing(_) | Cell::GuestShowing(_) | Cell::Panel(_) => "made again",
    };
    format!("{}: {reason}; moved to {}, and {again}", cell.name(), place.display())
}

fn interrupt_to(events: &Sender<Event>, stop_after: Option<Duration>) -> Result<()> {
    if let Some(time) = stop_after {
        let events = events.clone();
        std::thread::spawn(move || {
            std::thread::sleep(time);
            let _ = events.send(Event::TimeIsUp);
        });
    }
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
    lock: RunLock,
    queue: Queue,
    command: WorkerCommand,
    events: Sender<Event>,
    workers: Vec<Option<(Worker, At)>>,
    progress: Progress,
    interrupted: bool,
    broke_off: Option<String>,
    /// Whether a worker was ever ready.
    has_begun: bool,
    /// Workers that died since the last cell was done.
    deaths: usize,
}

impl Sweep<'_> {
    /// Until every worker has ended.
    fn serve(&mut self, heard: &Receiver<Event>) -> Result<()> {
        while self.workers.iter().any(Option::is_some) {
            match heard.recv().expect("the sweep itself holds a sender") {
                Event::Said(worker, message) => self.said(worker, message)?,
                Event::TrainingEnd(worker) => self.ended(worker)?,
                Event::Interrupted if self.is_stopping() => self.kill_all(),
                Event::Interrupted => self.interrupt("stopping"),
                Event::TimeIsUp if self.is_stopping() => {}
                Event::TimeIsUp => self.interrupt("the time is over"),
            }
        }
        Ok(())
    }

    fn said(&mut self, worker: usize, message: FromWorker) -> Result<()> {
        match message {
            FromWorker::Ready => {
                self.has_begun = true;
                self.finish(worker);
                self.feed_idle()?;
            }
            FromWorker::Progress { done, all } => self.progress.step(worker, done, all),
            FromWorker::Warning(words) => self.progress.say(&format!("warning: {words}")),
            FromWorker::Done { result } => {
                if let Some(cell) = self.finish(worker) {
                    self.done(cell, &result)?;
                }
            }
            FromWorker::Failed(reason) => {
                if let Some(cell) = self.finish(worker) {
                    self.fail(cell, &reason)?;
                }
            }
            FromWorker::Stopped => {
                self.finish(worker);
            }
            FromWorker::Unable(reason) if self.has_begun => self.break_off(&reason),
            FromWorker::Unable(reason) => {
                self.kill_all();
                bail!("{reason}");
            }
        }
        Ok(())
    }

    /// Gives every worker without a cell one: what a cell's end has made possible may go to workers
    /// that had nothing to do.
    fn feed_idle(&mut self) -> Result<()> {
        for number in 0..self.workers.len() {
            if matches!(self.workers[number], Some((_, At::Nothing))) {
                self.feed(number)?;
            }
        }
        Ok(())
    }

    /// Takes the next cell to be worked on. One that has a record already was waiting for a cell that it needs, and is
    /// done where that came to what it was made from.
    fn take(&mut self) -> Result<Option<usize>> {
        while let Some(number) = self.queue.take() {
            let cell = &self.run.plan().cells[number];
            match self.run.look_at(&self.lock, cell)? {
                Found::Nothing => return Ok(Some(number)),
                Found::SetAside(reason) => {
                    self.progress.say(&set_aside(self.run, cell, &reason));
                    return Ok(Some(number));
                }
                Found::Whole => {
                    self.queue.done(number);
                    self.progress.done(&cell.name(), "as it was");
                }
            }
        }
        Ok(None)
    }

    /// Gives a worker its next cell, or sends it home when there will be none.
    fn feed(&mut self, number: usize) -> Result<()> {
        let stopping = self.is_stopping();
        let next = if stopping { None } else { self.take()? };
        let Some((worker, at)) = &mut self.workers[number] else { return Ok(()) };
        match next {
            Some(cell) => {
                *at = At::Cell(cell);
                worker.tell(&ToWorker::Train(cell));
                self.progress.begin(number, &self.run.plan().cells[cell].name());
            }
            None if stopping || self.queue.is_finished() => worker.tell(&ToWorker::Stop),
            None => {}
        }
        Ok(())
    }

    /// The worker waits from here; gives the cell it was at.
    fn finish(&mut self, worker: usize) -> Option<usize> {
        let (_, at) = self.workers[worker].as_mut()?;
        match std::mem::replace(at, At::Nothing) {
            At::Cell(cell) => Some(cell),
            At::Start | At::Nothing => None,
        }
    }

    fn done(&mut self, cell: usize, result: &str) -> Result<()> {
        self.deaths = 0;
        self.queue.done(cell);
        self.progress.done(&self.run.plan().cells[cell].name(), result);
        self.feed_idle()
    }

    fn fail(&mut self, cell: usize, reason: &str) -> Result<()> {
        let cells = &self.run.plan().cells;
        let name = cells[cell].name();
        self.run.note_failure(&cells[cell], reason)?;
        self.progress.say(&format!("failed: {name}: {reason}"));
        for dependant in self.queue.failed(cell) {
            self.run.note_failure(&cells[dependant], &format!("{name}, which it needs, failed"))?;
        }
        self.feed_idle()
    }

    /// A worker's output ended: as it was told to, or with a cell in hand.
    fn ended(&mut self, number: usize) -> Result<()> {
        let Some((mut worker, at)) = self.workers[number].take() else { return Ok(()) };
        let words = named(&worker.last_words());
        match at {
            // It died after the rename that makes a cell done, and before it could say so.
            At::Cell(cell) if self.run.is_done(&self.run.plan().cells[cell]) => {
                self.done(cell, "done")?;
                self.replace(number)?;
            }
            _ if self.interrupted => {}
            At::Cell(cell) => {
                self.deaths += 1;
                if self.deaths >= DEATHS_IN_A_ROW {
                    let deaths = self.deaths;
                    self.break_off(&format!("{deaths} workers in a row died, no cell was done"));
                }
                self.replace(number)?;
                self.fail(cell, &words)?;
            }
            _ if self.is_stopping() || self.queue.is_finished() => {}
            At::Start | At::Nothing if self.has_begun => self.break_off(&words),
            At::Start | At::Nothing => bail!("a worker could not begin: {words}"),
        }
        Ok(())
    }

    /// Starts another worker in the place of one that died, where there is more to do.
    fn replace(&mut self, number: usize) -> Result<()> {
        if !self.is_stopping() && !self.queue.is_finished() {
            let worker = Worker::start(number, &self.command, &self.events)?;
            self.workers[number] = Some((worker, At::Start));
        }
        Ok(())
    }

    fn is_stopping(&self) -> bool {
        self.interrupted || self.broke_off.is_some()
    }

    fn kill_all(&mut self) {
        for (worker, _) in self.workers.iter_mut().flatten() {
            worker.kill();
        }
    }

    /// It is no use to go on: what is in work is saved, as far as it can be.
    fn break_off(&mut self, reason: &str) {
        if self.broke_off.is_none() {
            self.broke_off = Some(reason.to_owned());
            self.stop_all();
        }
    }

    fn interrupt(&mut self, why: &str) {
        self.interrupted = true;
        let saving = "every worker finishes its step and saves (Ctrl-C: at once)";
        self.progress.say(&format!("{why}: {saving}"));
        self.stop_all();
    }

    fn stop_all(&mut self) {
        for (worker, _) in self.workers.iter_mut().flatten() {
            worker.tell(&ToWorker::Stop);
        }
    }
}

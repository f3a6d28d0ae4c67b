//! The event loop of a sweep: assigns cells to workers and reacts to what they report.

mod shared;

use std::sync::mpsc::{Receiver, Sender};

use anyhow::{Result, bail};
use assay_runs::{CellStatus, RunDirectory};

use super::access::Access;
use super::event_log::{EventLog, LogEvent};
use super::failure::explain_failure;
use super::progress::SweepProgress;
use super::protocol::{FromWorker, ToWorker};
use super::queue::Queue;
use super::set_aside::set_aside_message;
use super::sweep_summary::SweepSummary;
use super::workers::{Event, Worker, WorkerCommand};

/// The sweep gives up if this many workers die in a row without finishing a cell.
const MAX_DEATHS_IN_A_ROW: usize = 3;
/// What a worker is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activity {
    /// Opening its data.
    Starting,
    /// Waiting for a cell.
    Idle,
    /// Working on the cell with this position in the plan.
    Cell(usize),
    /// Told to exit: there is nothing more to do.
    Stopping,
}

/// A sweep in progress. Workers are known by their position.
pub(super) struct EventLoop<'a> {
    run: &'a RunDirectory,
    access: Access,
    queue: Queue,
    command: WorkerCommand,
    events: Sender<Event>,
    workers: Vec<Option<(Worker, Activity)>>,
    progress: SweepProgress,
    log: EventLog,
    interrupted: bool,
    /// Whether the cluster is about to end this job.
    job_ends: bool,
    abort_reason: Option<String>,
    /// Whether any worker has been ready.
    any_ready: bool,
    /// Workers that died since the last finished cell.
    deaths: usize,
}

impl<'a> EventLoop<'a> {
    pub(super) fn new(
        run: &'a RunDirectory,
        access: Access,
        queue: Queue,
        command: WorkerCommand,
        events: Sender<Event>,
        progress: SweepProgress,
        log: EventLog,
    ) -> Self {
        Self {
            run,
            access,
            queue,
            command,
            events,
            workers: Vec::new(),
            progress,
            log,
            interrupted: false,
            job_ends: false,
            abort_reason: None,
            any_ready: false,
            deaths: 0,
        }
    }

    /// Works through the queue with `jobs` workers.
    pub(super) fn run(mut self, jobs: usize, received: &Receiver<Event>) -> Result<SweepSummary> {
        if !self.queue.is_finished() {
            let devices = self.command.devices.iter().map(|spec| spec.device.to_string());
            self.log.write(LogEvent::Started {
                holder: self.access.holder.clone(),
                devices: devices.collect(),
                workers: jobs,
                slurm_job: std::env::var("SLURM_JOB_ID").ok(),
            });
            for number in 0..jobs {
                let worker = Worker::start(number, &self.command, &self.events)?;
                self.workers.push(Some((worker, Activity::Starting)));
            }
            self.handle_events(received)?;
        }
        let (done, failed) = self.queue.counts();
        self.log.write(LogEvent::Ended { done, failed });
        let (interrupted, abort_reason) = (self.interrupted, self.abort_reason.take());
        let (job_ends, elsewhere) = (self.job_ends, self.queue.elsewhere().len());
        Ok(SweepSummary { done, failed, elsewhere, interrupted, job_ends, abort_reason })
    }

    /// Handles events until every worker has exited.
    fn handle_events(&mut self, received: &Receiver<Event>) -> Result<()> {
        while self.workers.iter().any(Option::is_some) {
            match received.recv().expect("the event loop itself holds a sender") {
                Event::Message(worker, message) => self.handle_message(worker, message)?,
                Event::WorkerExited(worker) => self.handle_exit(worker)?,
                Event::Interrupted if self.is_stopping() => self.kill_all(),
                Event::Interrupted => self.interrupt("stopping"),
                Event::TimeLimit | Event::JobEnds if self.is_stopping() => {}
                Event::TimeLimit => self.interrupt("the time limit is reached"),
                Event::JobEnds => {
                    self.job_ends = true;
                    self.interrupt("the cluster ends this job soon");
                }
                Event::Poll => self.poll()?,
            }
        }
        Ok(())
    }

    fn handle_message(&mut self, worker: usize, message: FromWorker) -> Result<()> {
        match message {
            FromWorker::Ready => {
                self.any_ready = true;
                self.mark_idle(worker);
                self.assign_idle_workers()?;
            }
            FromWorker::Progress { done, all } => self.progress.step(worker, done, all),
            FromWorker::Epoch(point) => {
                if let Some((_, Activity::Cell(cell))) = self.workers[worker] {
                    let cell = self.run.plan().cells[cell].name();
                    self.log.write(LogEvent::Epoch { cell, point });
                }
            }
            FromWorker::Warning(text) => {
                self.progress.print(&format!("warning: {text}"));
                self.log.write(LogEvent::Warning { text });
            }
            FromWorker::Done { result } => {
                if let Some(cell) = self.mark_idle(worker) {
                    self.finish_cell(cell, &result)?;
                }
            }
            FromWorker::Failed(reason) => {
                if let Some(cell) = self.mark_idle(worker) {
                    self.fail_cell(cell, &reason)?;
                }
            }
            FromWorker::Stopped => {
                if let Some(cell) = self.mark_idle(worker) {
                    self.access.release(&self.run.plan().cells[cell])?;
                }
            }
            FromWorker::Unable(reason) if self.any_ready => self.abort(&reason),
            FromWorker::Unable(reason) => {
                self.kill_all();
                bail!("{reason}");
            }
        }
        Ok(())
    }

    /// Gives a cell to every idle worker. Cells may have become available for several at once.
    fn assign_idle_workers(&mut self) -> Result<()> {
        for number in 0..self.workers.len() {
            if matches!(self.workers[number], Some((_, Activity::Idle))) {
                self.assign_cell(number)?;
            }
        }
        Ok(())
    }

    /// Takes the next cell without a valid record.
    ///
    /// A cell may have a record and still wait: if the cells that it needs were made again. Such a record
    /// is valid if their results are the same as before.
    fn take_cell(&mut self) -> Result<Option<usize>> {
        while let Some(number) = self.queue.take() {
            let cell = &self.run.plan().cells[number];
            if !self.access.take(cell)? {
                self.queue.mark_elsewhere(number);
                continue;
            }
            match self.run.check_cell(&self.access.lock, cell)? {
                CellStatus::Missing => return Ok(Some(number)),
                CellStatus::SetAside(reason) => {
                    self.progress.print(&set_aside_message(self.run, cell, &reason));
                    return Ok(Some(number));
                }
                CellStatus::Intact => {
                    self.access.release(cell)?;
                    self.queue.mark_done(number);
                    self.progress.done(&cell.name(), "unchanged");
                }
            }
        }
        Ok(None)
    }

    /// Gives a worker its next cell. Stops the worker if there will be none.
    fn assign_cell(&mut self, number: usize) -> Result<()> {
        let stopping = self.is_stopping();
        let next = if stopping { None } else { self.take_cell()? };
        let stops = stopping || self.is_over();
        let Some((worker, activity)) = &mut self.workers[number] else { return Ok(()) };
        match next {
            Some(cell) => {
                *activity = Activity::Cell(cell);
                worker.send(&ToWorker::Train(cell));
                let name = self.run.plan().cells[cell].name();
                tracing::info!(worker = number, cell = name, "assigned");
                self.progress.begin(number, &name);
                let device = self.command.device(number).device.to_string();
                self.log.write(LogEvent::CellStarted { cell: name, worker: number, device });
            }
            None if stops => {
                *activity = Activity::Stopping;
                worker.send(&ToWorker::Stop);
            }
            None => {}
        }
        Ok(())
    }

    /// Marks a worker as idle. Returns the cell that it was working on.
    fn mark_idle(&mut self, worker: usize) -> Option<usize> {
        let (_, activity) = self.workers[worker].as_mut()?;
        match std::mem::replace(activity, Activity::Idle) {
            Activity::Cell(cell) => Some(cell),
            // It may not have read the message yet.
            Activity::Stopping => {
                *activity = Activity::Stopping;
                None
            }
            Activity::Starting | Activity::Idle => None,
        }
    }

    fn finish_cell(&mut self, cell: usize, result: &str) -> Result<()> {
        self.deaths = 0;
        self.queue.mark_done(cell);
        let cell = &self.run.plan().cells[cell];
        let name = cell.name();
        self.access.release(cell)?;
        tracing::info!(cell = name, result, "done");
        self.progress.done(&name, result);
        self.log.write(LogEvent::CellDone { cell: name, result: result.to_owned() });
        self.assign_idle_workers()
    }

    fn fail_cell(&mut self, cell: usize, reason: &str) -> Result<()> {
        let cells = &self.run.plan().cells;
        let name = cells[cell].name();
        self.run.record_failure(&cells[cell], reason)?;
        self.access.release(&cells[cell])?;
        self.progress.print(&format!("failed: {name}: {reason}"));
        self.log.write(LogEvent::CellFailed { cell: name.clone(), reason: reason.to_owned() });
        for dependent in self.queue.mark_failed(cell) {
            self.run
                .record_failure(&cells[dependent], &format!("{name}, which it needs, failed"))?;
        }
        self.assign_idle_workers()
    }

    /// Handles the exit of a worker: after a stop message, or because it died.
    fn handle_exit(&mut self, number: usize) -> Result<()> {
        let Some((mut worker, activity)) = self.workers[number].take() else { return Ok(()) };
        let reason = explain_failure(&worker.exit_reason());
        tracing::info!(worker = number, reason, "exited");
        self.log.write(LogEvent::WorkerExited { worker: number, reason: reason.clone() });
        match activity {
            // It died after the rename that publishes the cell, before it could report.
            Activity::Cell(cell) if self.run.is_done(&self.run.plan().cells[cell]) => {
                self.finish_cell(cell, "done")?;
                self.restart_worker(number)?;
            }
            Activity::Stopping => {}
            _ if self.interrupted => {}
            Activity::Cell(cell) => {
                self.deaths += 1;
                if self.deaths >= MAX_DEATHS_IN_A_ROW {
                    let deaths = self.deaths;
                    self.abort(&format!("{deaths} workers in a row died, no cell was done"));
                }
                self.restart_worker(number)?;
                self.fail_cell(cell, &reason)?;
            }
            _ if self.is_stopping() || self.is_over() => {}
            Activity::Starting | Activity::Idle if self.any_ready => self.abort(&reason),
            Activity::Starting | Activity::Idle => bail!("a worker could not start: {reason}"),
        }
        Ok(())
    }

    /// Replaces a worker that died, if there is more to do.
    fn restart_worker(&mut self, number: usize) -> Result<()> {
        if !self.is_stopping() && !self.is_over() {
            let worker = Worker::start(number, &self.command, &self.events)?;
            self.workers[number] = Some((worker, Activity::Starting));
        }
        Ok(())
    }

    /// Whether there is nothing more to do here.
    fn is_over(&self) -> bool {
        self.queue.is_finished() || (!self.access.waits && self.queue.rest_is_elsewhere())
    }

    fn is_stopping(&self) -> bool {
        self.interrupted || self.abort_reason.is_some()
    }

    fn kill_all(&mut self) {
        for (worker, _) in self.workers.iter_mut().flatten() {
            worker.kill();
        }
    }

    /// Gives up: cells in progress are saved as far as possible.
    fn abort(&mut self, reason: &str) {
        if self.abort_reason.is_none() {
            self.abort_reason = Some(reason.to_owned());
            self.stop_all();
        }
    }

    fn interrupt(&mut self, why: &str) {
        self.interrupted = true;
        let saving =
            "every worker finishes its step and saves (press Ctrl-C again to quit at once)";
        self.progress.print(&format!("{why}: {saving}"));
        self.stop_all();
    }

    fn stop_all(&mut self) {
        for (worker, _) in self.workers.iter_mut().flatten() {
            worker.send(&ToWorker::Stop);
        }
    }
}

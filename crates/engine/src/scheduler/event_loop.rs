//! The event loop of a sweep: assigns cells to workers and reacts to what they report.

mod assignment;
mod shared;

use std::sync::mpsc::{Receiver, Sender};

use anyhow::{Result, bail};
use assay_runs::RunDirectory;

use super::access::Access;
use super::event_log::{EventLog, LogEvent};
use super::failure::explain_failure;
use super::progress::SweepProgress;
use super::protocol::{FromWorker, ToWorker};
use super::queue::Queue;
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

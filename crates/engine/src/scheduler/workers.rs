//! Worker processes, and the channel that collects their messages.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use anyhow::{Context, Result};

use super::protocol::{FromWorker, ToWorker};
use crate::device::DeviceSpec;
use crate::worker::reuse_freed_memory;

/// How many of the last lines of a worker's standard error are kept.
const STDERR_LINES: usize = 20;

/// What the event loop receives.
#[derive(Debug)]
pub enum Event {
    /// A message from the worker at this position.
    Message(usize, FromWorker),
    /// The output of the worker at this position ended.
    WorkerExited(usize),
    /// The user pressed Ctrl-C.
    Interrupted,
    /// The time limit of the sweep is over.
    TimeLimit,
    /// The cluster is about to end this job (`SIGUSR2`).
    JobEnds,
    /// It is time to look at what other schedulers do.
    Poll,
}

/// A worker process.
pub struct Worker {
    child: Child,
    input: ChildStdin,
    last_lines: Arc<Mutex<VecDeque<String>>>,
    /// Fills `last_lines`; ends with the worker.
    stderr_reader: Option<JoinHandle<()>>,
}

/// The command that starts a worker.
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    /// The run's directory.
    pub run: std::path::PathBuf,
    /// The program. Its first argument is `worker`.
    pub program: std::path::PathBuf,
    /// The devices. Worker `n` has the one at position `n` modulo their number.
    pub devices: Vec<DeviceSpec>,
    /// The folder of downloaded data sets; `None` for the default.
    pub data_dir: Option<std::path::PathBuf>,
}

impl Worker {
    /// Starts the worker at position `number`. Its messages arrive on `events`.
    pub fn start(number: usize, command: &WorkerCommand, events: &Sender<Event>) -> Result<Self> {
        let program = &command.program;
        let mut child = command
            .to_command(number)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let input = child.stdin.take().expect("piped");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let errors = BufReader::new(child.stderr.take().expect("piped"));
        forward_messages(number, output, events.clone());
        let last_lines = Arc::new(Mutex::new(VecDeque::new()));
        let stderr_reader = Some(keep_last_lines(number, errors, last_lines.clone()));
        tracing::info!(worker = number, process = child.id(), "started");
        Ok(Self { child, input, last_lines, stderr_reader })
    }

    /// Sends a message to the worker. If the worker is gone, an exit event follows.
    pub fn send(&mut self, message: &ToWorker) {
        let line = serde_json::to_string(message).expect("messages are plain data");
        let _ = writeln!(self.input, "{line}");
        let _ = self.input.flush();
    }

    /// Waits for the worker and says why it exited, with its last lines of standard error.
    pub fn exit_reason(&mut self) -> String {
        let status = match self.child.wait() {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        // Some of its output may still be on the way.
        if let Some(reader) = self.stderr_reader.take() {
            let _ = reader.join();
        }
        let lines = self.last_lines.lock().expect("no holder panics");
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        if lines.is_empty() {
            format!("its worker ended: {status}")
        } else {
            format!("its worker ended: {status}\n{}", lines.join("\n"))
        }
    }

    /// Kills the worker.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
    }
}

/// Sends the messages in a worker's output as events, then an event for its end.
fn forward_messages(number: usize, output: BufReader<ChildStdout>, events: Sender<Event>) {
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            // Libraries may print other lines; those are ignored.
            if let Ok(message) = serde_json::from_str(&line)
                && events.send(Event::Message(number, message)).is_err()
            {
                return;
            }
        }
        let _ = events.send(Event::WorkerExited(number));
    });
}

/// Keeps the last lines of a worker's standard error in `kept`, and logs all of them.
fn keep_last_lines(
    number: usize,
    errors: BufReader<ChildStderr>,
    kept: Arc<Mutex<VecDeque<String>>>,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in errors.lines().map_while(Result::ok) {
            tracing::info!(worker = number, "{line}");
            let mut kept = kept.lock().expect("no holder panics");
            kept.push_back(line);
            if kept.len() > STDERR_LINES {
                kept.pop_front();
            }
        }
    })
}

impl WorkerCommand {
    /// The device of the worker at position `number`.
    pub fn device(&self, number: usize) -> DeviceSpec {
        self.devices[number % self.devices.len()]
    }

    fn to_command(&self, number: usize) -> Command {
        let mut worker = Command::new(&self.program);
        worker.arg("worker").arg(&self.run).args(self.device(number).arguments());
        if let Some(dir) = &self.data_dir {
            worker.arg("--data-dir").arg(dir);
        }
        reuse_freed_memory(&mut worker);
        #[cfg(unix)]
        {
            // Ctrl-C reaches the parent alone.
            std::os::unix::process::CommandExt::process_group(&mut worker, 0);
        }
        worker
    }
}

//! The worker processes, and the one channel on which all of them are heard.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use anyhow::{Context, Result};

use super::protocol::{FromWorker, ToWorker};
use crate::device::DeviceSpec;

/// Lines of a worker's standard error that are kept for when it fails.
const LAST_LINES: usize = 20;

/// What the scheduler hears.
#[derive(Debug)]
pub enum Event {
    /// A worker says something.
    Said(usize, FromWorker),
    /// A worker's output ended.
    TrainingEnd(usize),
    /// The user wants to stop.
    Interrupted,
    /// The time the user gave is over.
    TimeIsUp,
}

/// A worker process.
pub struct Worker {
    child: Child,
    input: ChildStdin,
    last_lines: Arc<Mutex<VecDeque<String>>>,
    /// Reads the last lines; ends with the worker.
    reader: Option<JoinHandle<()>>,
}

/// How to start a worker.
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    /// The run.
    pub run: std::path::PathBuf,
    /// The program that is a worker where its first argument is `worker`.
    pub program: std::path::PathBuf,
    /// Where it computes.
    pub place: DeviceSpec,
    /// Where the data is, when it was said.
    pub data_dir: Option<std::path::PathBuf>,
}

impl Worker {
    /// Starts worker `number`, which is heard on `events`.
    pub fn start(number: usize, command: &WorkerCommand, events: &Sender<Event>) -> Result<Self> {
        let program = &command.program;
        let mut child = prepared(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        let input = child.stdin.take().expect("piped");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let errors = BufReader::new(child.stderr.take().expect("piped"));
        let last_lines = Arc::new(Mutex::new(VecDeque::new()));
        let (events, lines) = (events.clone(), last_lines.clone());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // Anything a library prints by itself is no message.
                if let Ok(message) = serde_json::from_str(&line)
                    && events.send(Event::Said(number, message)).is_err()
                {
                    return;
                }
            }
            let _ = events.send(Event::TrainingEnd(number));
        });
        let reader = std::thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                let mut lines = lines.lock().expect("no holder panics");
                lines.push_back(line);
                if lines.len() > LAST_LINES {
                    lines.pop_front();
                }
            }
        });
        Ok(Self { child, input, last_lines, reader: Some(reader) })
    }

    /// Tells the worker something. A worker that is gone is noticed by the end of its output.
    pub fn tell(&mut self, message: &ToWorker) {
        let line = serde_json::to_string(message).expect("messages are plain data");
        let _ = writeln!(self.input, "{line}");
        let _ = self.input.flush();
    }

    /// Why the worker ended, in words.
    pub fn last_words(&mut self) -> String {
        let status = match self.child.wait() {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        // What it said may still be on its way here.
        if let Some(reader) = self.reader.take() {
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

    /// Ends the worker at once.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
    }
}

fn prepared(command: &WorkerCommand) -> Command {
    let mut worker = Command::new(&command.program);
    worker.arg("worker").arg(&command.run).args(command.place.arguments());
    if let Some(dir) = &command.data_dir {
        worker.arg("--data-dir").arg(dir);
    }
    #[cfg(unix)]
    {
        // Ctrl-C is the parent's to handle.
        std::os::unix::process::CommandExt::process_group(&mut worker, 0);
    }
    worker
}

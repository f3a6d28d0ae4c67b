//! Processes that time the steps of a row, several of them at the same time.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};
use assay_engine::worker::reuse_freed_memory;
use serde::Serialize;

use super::row::Row;
use crate::bench::peer::Peer;

/// Who does the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Program {
    /// assay.
    #[serde(rename = "assay")]
    Assay,
    /// PyTorch, in eager mode.
    #[serde(rename = "PyTorch")]
    PyTorch,
    /// PyTorch, with `torch.compile`.
    #[serde(rename = "PyTorch, compiled")]
    PyTorchCompiled,
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Assay => "assay",
            Self::PyTorch => "PyTorch",
            Self::PyTorchCompiled => "PyTorch, compiled",
        })
    }
}

impl Program {
    /// assay, and PyTorch if there is a peer.
    pub fn all(with_peer: bool) -> impl Iterator<Item = Self> {
        let all = [Self::Assay, Self::PyTorch, Self::PyTorchCompiled];
        all.into_iter().take(if with_peer { 3 } else { 1 })
    }

    /// The command for a row, which lacks `--threads` and `--seconds`. `folder` has the row's `work.json`.
    pub fn command(self, row: &Row, folder: &Path, peer: Option<&Peer>) -> Result<Command> {
        let mut command = if self == Self::Assay {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["time-steps", "--row", &row.name]);
            reuse_freed_memory(&mut command);
            command
        } else {
            peer.context("PyTorch needs a peer")?.command(folder)
        };
        if self == Self::PyTorchCompiled {
            command.arg("--compile");
        }
        Ok(command)
    }
}

/// What a process measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepSpeed {
    /// Images per second.
    pub images_per_second: f64,
    /// Peak resident memory of the process in MiB; 0 where the system does not tell.
    pub peak_mebibytes: f64,
}

/// Runs processes that all start their clocks when the last one is ready.
///
/// # Errors
/// Returns an error if a process cannot start, fails, or prints something else.
pub fn time_processes(
    count: usize,
    command: impl Fn() -> Result<Command>,
) -> Result<Vec<StepSpeed>> {
    let started = (0..count).map(|_| TimedProcess::start(&mut command()?));
    let mut processes = started.collect::<Result<Vec<_>>>()?;
    for process in &mut processes {
        process.wait_until_ready()?;
    }
    for process in &mut processes {
        process.go()?;
    }
    processes.into_iter().map(TimedProcess::speed).collect()
}

/// A process that warms up, prints `ready`, waits for a line, and prints its images per second and its peak
/// memory.
struct TimedProcess {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Drop for TimedProcess {
    /// Ends it, so that it does not compete with what is measured next.
    fn drop(&mut self) {
        // It has usually ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl TimedProcess {
    fn start(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("starting {command:?}"))?;
        let output = BufReader::new(child.stdout.take().context("it has a standard output")?);
        Ok(Self { child, output })
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let mut line = String::new();
        while line.trim_end() != "ready" {
            line.clear();
            ensure!(self.output.read_line(&mut line)? > 0, "it ended before it was ready");
        }
        Ok(())
    }

    fn go(&mut self) -> Result<()> {
        let mut input = self.child.stdin.take().context("it has a standard input")?;
        writeln!(input).context("starting the clock")
    }

    fn speed(mut self) -> Result<StepSpeed> {
        let mut text = String::new();
        self.output.read_to_string(&mut text)?;
        let status = self.child.wait()?;
        ensure!(status.success(), "it ended with {status}");
        let numbers: Option<Vec<f64>> =
            text.split_whitespace().map(|number| number.parse().ok()).collect();
        match numbers.as_deref() {
            Some(&[images_per_second, peak_mebibytes]) => {
                Ok(StepSpeed { images_per_second, peak_mebibytes })
            }
            _ => anyhow::bail!("it printed {text:?}"),
        }
    }
}

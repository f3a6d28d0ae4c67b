//! Everything a card is to be checked for, in one go or step by step: parity, speed, a sweep in slices.
//!
//! Each step is a process of its own, so that a driver that takes its process down takes down one step.
//! What comes of it is at most eight files, small enough to be carried off a machine that is lent.

mod slices;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use assay_engine::device::DeviceSpec;

/// A step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// What the machine has: `doctor.json`.
    Doctor,
    /// Whether the device computes what the processor does: `parity.txt`, `parity.json`.
    Parity,
    /// How fast it is, beside PyTorch where that is there: `bench.txt`, `bench.json`.
    Bench,
    /// A sweep, a slice at a time: `sweep.json`, and of its report `summary.json`, `report.html`.
    Sweep,
}

impl Step {
    /// Every step, in the order they are taken.
    pub const ALL: [Self; 4] = [Self::Doctor, Self::Parity, Self::Bench, Self::Sweep];
}

/// What is to be checked, and how.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where to compute.
    pub place: DeviceSpec,
    /// Where the files go.
    pub out: PathBuf,
    /// The sweep's directory; the same one goes on.
    pub run: PathBuf,
    /// Where the data is, when it was said.
    pub data_dir: Option<PathBuf>,
    /// Worker processes, when it was said.
    pub jobs: Option<usize>,
    /// How long a slice of the sweep may take.
    pub slice: Duration,
    /// Slices to take; none for as many as it needs.
    pub slices: Option<u32>,
    /// A Python that has PyTorch.
    pub peer: Option<PathBuf>,
    /// Whether to go through everything in minutes, on drawn data.
    pub toy: bool,
}

/// Takes the steps, tells `say` of each, and gives those that did not end well, in words.
///
/// # Errors
/// When the files cannot be written.
pub fn gpu_check(settings: &Settings, steps: &[Step], say: &dyn Fn(&str)) -> Result<Vec<String>> {
    let check = Check { settings, program: std::env::current_exe().context("the program itself")? };
    std::fs::create_dir_all(&settings.out).with_context(|| settings.out.display().to_string())?;
    let mut wrong = Vec::new();
    for step in Step::ALL.into_iter().filter(|step| steps.contains(step)) {
        say(&format!("{step:?}"));
        let ended = match step {
            Step::Doctor => check.doctor(),
            Step::Parity => check.parity(),
            Step::Bench => check.bench(),
            Step::Sweep => check.sweep(say),
        };
        if let Err(error) = ended {
            let words = format!("{step:?}: {error:#}");
            say(&words);
            wrong.push(words);
        }
    }
    Ok(wrong)
}

struct Check<'a> {
    settings: &'a Settings,
    program: PathBuf,
}

impl Check<'_> {
    fn doctor(&self) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.args(["doctor", "--json"]);
        if let Some(dir) = &self.settings.data_dir {
            command.arg("--data-dir").arg(dir);
        }
        let json = output(&mut command, &[0])?;
        self.write("doctor.json", &json)
    }

    fn parity(&self) -> Result<()> {
        let mut command = self.command(&["parity"]);
        command.arg("--out").arg(self.settings.out.join("parity.json"));
        // Status 1 says that something differs: the files say what.
        let table = output(&mut command, &[0, 1])?;
        self.write("parity.txt", &table)?;
        let text = String::from_utf8_lossy(&table);
        ensure!(text.contains("nothing differs"), "{}", text.lines().last().unwrap_or_default());
        Ok(())
    }

    fn bench(&self) -> Result<()> {
        let mut command = self.command(&["bench", "transfer"]);
        command.args(["--profile", self.profile(), "--repeats", "2"]);
        // A few epochs of a few kinds of cell show the speed of all of them.
        let few = ["cells=[\"selffer\", \"transfer\"]", "cuts=[4]", "schedule.epochs=2"];
        for change in few {
            command.args(["--set", change]);
        }
        self.where_from(&mut command);
        if let Some(peer) = self.peer() {
            command.arg("--peer").arg(peer);
        }
        command.arg("--json").arg(self.settings.out.join("bench.json"));
        let table = output(&mut command, &[0])?;
        self.write("bench.txt", &table)
    }

    /// The Python that was named, or the system's one where it has PyTorch and the peer's script is here.
    fn peer(&self) -> Option<PathBuf> {
        let named = self.settings.peer.clone();
        named.or_else(|| {
            let mut python = Command::new("python3");
            python.args(["-c", "import torch"]).stdout(Stdio::null()).stderr(Stdio::null());
            let has_torch = python.status().is_ok_and(|status| status.success());
            let is_here = Path::new("bench/peers/torch_transfer.py").is_file();
            (has_torch && is_here).then(|| "python3".into())
        })
    }

    /// The profile of a sweep that is worth a card, or of one that is over in a minute.
    fn profile(&self) -> &'static str {
        if self.settings.toy { "smoke" } else { "cifar100" }
    }

    /// This program's `TASK` on the device.
    fn command(&self, task: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(task).args(self.settings.place.arguments());
        command
    }

    /// Data, and the number of workers.
    fn where_from(&self, command: &mut Command) {
        if let Some(dir) = &self.settings.data_dir {
            command.arg("--data-dir").arg(dir);
        }
        if let Some(jobs) = self.settings.jobs {
            command.args(["--jobs", &jobs.to_string()]);
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.settings.out.join(name);
        std::fs::write(&path, bytes).with_context(|| path.display().to_string())
    }
}

/// Runs a command with this program's standard error; gives its standard output where it ends with one
/// of these statuses.
fn output(command: &mut Command, allowed: &[i32]) -> Result<Vec<u8>> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("starting {command:?}"))?;
    let as_allowed = output.status.code().is_some_and(|code| allowed.contains(&code));
    ensure!(as_allowed, "{command:?} ended with {}", output.status);
    Ok(output.stdout)
}

//! Checks a GPU: doctor report, parity, speed, and a sweep in time slices.
//!
//! Each step is a process of its own, so a driver that crashes ends one step only. The result is at most eight
//! small files.

mod slices;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use assay_engine::device::DeviceSpec;

/// A step of the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// What the machine has: writes `doctor.json`.
    Doctor,
    /// Whether the device computes the same as the CPU: writes `parity.txt` and `parity.json`.
    Parity,
    /// The speed, compared with PyTorch if it is installed: writes `bench.txt` and `bench.json`.
    Bench,
    /// A sweep in time slices: writes `sweep.json`, and `summary.json` and `report.html` of its report.
    Sweep,
}

impl Step {
    /// All steps, in order.
    pub const ALL: [Self; 4] = [Self::Doctor, Self::Parity, Self::Bench, Self::Sweep];
}

/// Settings of the check.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The device.
    pub device_spec: DeviceSpec,
    /// The folder for the files.
    pub out: PathBuf,
    /// The directory of the sweep's run. An existing sweep is continued.
    pub run: PathBuf,
    /// The folder of downloaded data sets; `None` for the default.
    pub data_dir: Option<PathBuf>,
    /// The number of worker processes; `None` for the default.
    pub jobs: Option<usize>,
    /// The duration of a time slice.
    pub slice: Duration,
    /// The number of time slices; `None` for as many as the sweep needs.
    pub slices: Option<u32>,
    /// A Python with PyTorch.
    pub peer: Option<PathBuf>,
    /// Whether to use small generated data, so that everything takes minutes.
    pub toy: bool,
}

/// Runs the steps in order and returns a message for each that failed. `say` is told about the progress.
///
/// # Errors
/// Returns an error if the files cannot be written.
pub fn gpu_check(settings: &Settings, steps: &[Step], say: &dyn Fn(&str)) -> Result<Vec<String>> {
    let check =
        Check { settings, program: std::env::current_exe().context("finding this program")? };
    std::fs::create_dir_all(&settings.out).with_context(|| settings.out.display().to_string())?;
    let mut failures = Vec::new();
    for step in Step::ALL.into_iter().filter(|step| steps.contains(step)) {
        say(&format!("{step:?}"));
        let ended = match step {
            Step::Doctor => check.doctor(),
            Step::Parity => check.parity(),
            Step::Bench => check.bench(),
            Step::Sweep => check.sweep(say),
        };
        if let Err(error) = ended {
            let message = format!("{step:?}: {error:#}");
            say(&message);
            failures.push(message);
        }
    }
    Ok(failures)
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
        // Status 1 means that something differs; the files contain the details.
        let table = output(&mut command, &[0, 1])?;
        self.write("parity.txt", &table)?;
        let text = String::from_utf8_lossy(&table);
        ensure!(text.contains("nothing differs"), "{}", text.lines().last().unwrap_or_default());
        Ok(())
    }

    fn bench(&self) -> Result<()> {
        let mut command = self.command(&["bench", "transfer"]);
        command.args(["--profile", self.profile(), "--repeats", "2"]);
        // A few epochs of two kinds of cell are enough to measure the speed.
        let few = ["cells=[\"selffer\", \"transfer\"]", "cuts=[4]", "schedule.epochs=2"];
        for change in few {
            command.args(["--set", change]);
        }
        self.add_data_and_jobs(&mut command);
        if let Some(peer) = self.peer() {
            command.arg("--peer").arg(peer);
        }
        command.arg("--json").arg(self.settings.out.join("bench.json"));
        let table = output(&mut command, &[0])?;
        self.write("bench.txt", &table)
    }

    /// The given Python; otherwise the system's if it has PyTorch and the peer's script is here.
    fn peer(&self) -> Option<PathBuf> {
        let given = self.settings.peer.clone();
        given.or_else(|| {
            let mut python = Command::new("python3");
            python.args(["-c", "import torch"]).stdout(Stdio::null()).stderr(Stdio::null());
            let has_torch = python.status().is_ok_and(|status| status.success());
            let is_here = Path::new("bench/peers/torch_transfer.py").is_file();
            (has_torch && is_here).then(|| "python3".into())
        })
    }

    /// The profile of the sweep: large enough for a GPU, or done within a minute.
    fn profile(&self) -> &'static str {
        if self.settings.toy { "smoke" } else { "cifar100" }
    }

    /// A command of this program on the device.
    fn command(&self, task: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(task).args(self.settings.device_spec.arguments());
        command
    }

    /// Adds the flags for the data folder and the number of workers.
    fn add_data_and_jobs(&self, command: &mut Command) {
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

/// Runs a command and returns its standard output. Fails if its exit status is not in `allowed`.
fn output(command: &mut Command, allowed: &[i32]) -> Result<Vec<u8>> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("starting {command:?}"))?;
    let is_allowed = output.status.code().is_some_and(|code| allowed.contains(&code));
    ensure!(is_allowed, "{command:?} ended with {}", output.status);
    Ok(output.stdout)
}

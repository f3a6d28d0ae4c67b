//! Checks a GPU: doctor report, parity, speed, and a sweep in time slices.
//!
//! Each step is a process of its own, so a driver that crashes ends one step only. The result is at most eight
//! small files.

mod slices;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use assay_engine::device::DeviceSpec;
use assay_engine::flags::{DeviceFlags, minutes};
use clap::{Args, ValueEnum};

/// Checks a GPU: what the machine has, whether the GPU computes the same as the CPU, how fast it is, and a
/// sweep of CIFAR-100 in time slices.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev gpu-check --device cuda --out gpu-check
  assay-dev gpu-check --step sweep --slices 1             one slice, on a machine that is lent for minutes
  assay-dev gpu-check --device cpu --toy                  all steps in minutes, on generated data
Writes at most eight files: doctor.json, parity.txt, parity.json, bench.txt, bench.json, sweep.json,
summary.json, report.html. The same command continues an unfinished sweep.
Exit status: 0 all steps succeeded, 1 something differs or failed, 2 it could not start.")]
pub struct GpuCheck {
    #[command(flatten)]
    device_flags: DeviceFlags,
    /// The folder for the files
    #[arg(long, value_name = "DIR", default_value = "gpu-check")]
    out: PathBuf,
    /// The sweep's directory [default: runs/gpu-check, runs/gpu-check-toy]
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    /// A step; may be given several times [default: all]
    #[arg(long, value_name = "STEP")]
    step: Vec<Step>,
    /// The duration of a time slice of the sweep
    #[arg(long, value_name = "MINUTES", value_parser = minutes, default_value = "9")]
    slice: Duration,
    /// Time slices [default: as many as the sweep needs]
    #[arg(long, value_name = "N")]
    slices: Option<u32>,
    /// Where downloaded data sets are [default: `$ASSAY_DATA`, or datasets/cache]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Worker processes [default: as `transfer-sweep`]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// A Python with PyTorch [default: python3, if it has PyTorch]
    #[arg(long, value_name = "PYTHON")]
    peer: Option<PathBuf>,
    /// Uses small generated data, so that everything takes minutes
    #[arg(long)]
    toy: bool,
}

/// A step of the check, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// What the machine has
    Doctor,
    /// Whether the device computes the same as the CPU
    Parity,
    /// How fast it is, compared with PyTorch if that is installed
    Bench,
    /// A sweep in time slices
    Sweep,
}

impl GpuCheck {
    /// Runs the steps and reports failures.
    ///
    /// # Errors
    /// Returns an error if the device is not supported or the files cannot be written.
    pub fn run(self) -> Result<ExitCode> {
        let check = Check {
            device_spec: self.device_flags.spec()?,
            program: std::env::current_exe().context("finding this program")?,
            flags: &self,
        };
        std::fs::create_dir_all(&self.out).with_context(|| self.out.display().to_string())?;
        let mut failures = Vec::new();
        for &step in Step::value_variants() {
            if !self.step.is_empty() && !self.step.contains(&step) {
                continue;
            }
            eprintln!("{step:?}");
            if let Err(error) = check.step(step) {
                let message = format!("{step:?}: {error:#}");
                eprintln!("{message}");
                failures.push(message);
            }
        }
        eprintln!("the files are in {}", self.out.display());
        for failure in &failures {
            eprintln!("failed: {failure}");
        }
        Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }

    /// The directory of the sweep's run. An existing sweep is continued.
    fn run_directory(&self) -> &Path {
        let default = if self.toy { "runs/gpu-check-toy" } else { "runs/gpu-check" };
        self.run.as_deref().unwrap_or(Path::new(default))
    }
}

struct Check<'a> {
    flags: &'a GpuCheck,
    device_spec: DeviceSpec,
    program: PathBuf,
}

impl Check<'_> {
    fn step(&self, step: Step) -> Result<()> {
        match step {
            Step::Doctor => self.doctor(),
            Step::Parity => self.parity(),
            Step::Bench => self.bench(),
            Step::Sweep => self.sweep(),
        }
    }

    /// Writes `doctor.json`.
    fn doctor(&self) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.args(["doctor", "--json"]);
        if let Some(dir) = &self.flags.data_dir {
            command.arg("--data-dir").arg(dir);
        }
        let json = output(&mut command, &[0])?;
        self.write("doctor.json", &json)
    }

    /// Writes `parity.txt` and `parity.json`.
    fn parity(&self) -> Result<()> {
        let mut command = self.command(&["parity"]);
        command.arg("--out").arg(self.flags.out.join("parity.json"));
        // Status 1 means that something differs; the files contain the details.
        let table = output(&mut command, &[0, 1])?;
        self.write("parity.txt", &table)?;
        let text = String::from_utf8_lossy(&table);
        ensure!(text.contains("nothing differs"), "{}", text.lines().last().unwrap_or_default());
        Ok(())
    }

    /// Writes `bench.txt` and `bench.json`.
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
        command.arg("--json").arg(self.flags.out.join("bench.json"));
        let table = output(&mut command, &[0])?;
        self.write("bench.txt", &table)
    }

    /// The given Python; otherwise the system's if it has PyTorch and the peer's script is here.
    fn peer(&self) -> Option<PathBuf> {
        self.flags.peer.clone().or_else(|| {
            let mut python = Command::new("python3");
            python.args(["-c", "import torch"]).stdout(Stdio::null()).stderr(Stdio::null());
            let has_torch = python.status().is_ok_and(|status| status.success());
            let is_here = Path::new("bench/peers/torch_transfer.py").is_file();
            (has_torch && is_here).then(|| "python3".into())
        })
    }

    /// The profile of the sweep: large enough for a GPU, or done within a minute.
    fn profile(&self) -> &'static str {
        if self.flags.toy { "smoke" } else { "cifar100" }
    }

    /// A command of this program on the device.
    fn command(&self, task: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(task).args(self.device_spec.arguments());
        command
    }

    /// Adds the flags for the data folder and the number of workers.
    fn add_data_and_jobs(&self, command: &mut Command) {
        if let Some(dir) = &self.flags.data_dir {
            command.arg("--data-dir").arg(dir);
        }
        if let Some(jobs) = self.flags.jobs {
            command.args(["--jobs", &jobs.to_string()]);
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.flags.out.join(name);
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

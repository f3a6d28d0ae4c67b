//! `assay-dev simulate`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use assay_engine::device::{DeviceName, DeviceSpec};
use assay_engine::output::print_line;
use assay_engine::run_status::RunStatus;
use assay_engine::scheduler::{SweepSettings, sweep};
use assay_runs::RunDirectory;
use clap::Args;
use serde::Serialize;

use super::cell::plan;

/// How long a scheduler may be silent.
const LEASE: Duration = Duration::from_mins(1);

/// Measures what planning, scheduling and watching cost: runs of cells that compute nothing, by several schedulers
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  assay-dev simulate --cells 1000 --cells 10000 --schedulers 4")]
pub struct Simulate {
    /// Cells of a run; may be repeated
    #[arg(long, default_values = ["1000", "10000"])]
    cells: Vec<u32>,
    /// Commands that share each run, with one worker each
    #[arg(long, default_value = "2")]
    schedulers: usize,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Seconds of a run of so many cells.
#[derive(Debug, Serialize)]
struct Measured {
    cells: u32,
    schedulers: usize,
    plan: f64,
    schedule: f64,
    status: f64,
    check: f64,
    /// The largest resident memory of a scheduler, in MiB; none where it cannot be told.
    memory: Option<f64>,
}

impl Simulate {
    /// Runs the simulations and prints a table.
    ///
    /// # Errors
    /// When a run cannot be written, or a scheduler fails.
    pub fn run(self) -> Result<ExitCode> {
        let measured = self.cells.iter().map(|&cells| measure(cells, self.schedulers));
        let measured = measured.collect::<Result<Vec<_>>>()?;
        if self.json {
            print_line(serde_json::to_string_pretty(&measured)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        print_line("   cells  schedulers   plan s  schedule s  status s  check s  memory MiB")?;
        for Measured { cells, schedulers, plan, schedule, status, check, memory } in measured {
            let memory = memory.map_or("-".to_owned(), |memory| format!("{memory:.0}"));
            print_line(format_args!(
                "{cells:>8} {schedulers:>11} {plan:>8.2} {schedule:>11.2} {status:>9.2} {check:>8.2} {memory:>11}"
            ))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn measure(cells: u32, schedulers: usize) -> Result<Measured> {
    let folder = tempfile::tempdir()?;
    let began = Instant::now();
    let run = RunDirectory::create_or_open(folder.path(), plan(cells))?;
    let planned = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let children = (0..schedulers).map(|_| start(folder.path())).collect::<Result<Vec<_>>>()?;
    let mut memory = None;
    for mut child in children {
        memory = memory.max(wait(&mut child)?);
    }
    let scheduled = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let status = RunStatus::read(&run)?;
    let status_seconds = began.elapsed().as_secs_f64();
    ensure!(status.is_complete(), "{} of {cells} cells are done", status.done);
    let began = Instant::now();
    let intact = run.plan().cells.iter().filter(|cell| run.is_done(cell)).count();
    ensure!(intact == cells as usize, "{intact} of {cells} cells are intact");
    Ok(Measured {
        cells,
        schedulers,
        plan: planned,
        schedule: scheduled,
        status: status_seconds,
        check: began.elapsed().as_secs_f64(),
        memory: memory.map(|kibibytes| f64::from(kibibytes) / 1024.0),
    })
}

fn start(run: &Path) -> Result<Child> {
    let program = std::env::current_exe().context("finding this program")?;
    let mut scheduler = Command::new(program);
    scheduler.arg("simulated-scheduler").arg(run).stderr(Stdio::null());
    scheduler.spawn().context("starting a scheduler")
}

/// Waits for a scheduler. Returns the largest resident memory that was seen, in KiB.
fn wait(child: &mut Child) -> Result<Option<u32>> {
    let path = format!("/proc/{}/status", child.id());
    let mut memory = None;
    loop {
        if let Ok(status) = std::fs::read_to_string(&path) {
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            memory = peak.and_then(|peak| peak.split_whitespace().next()?.parse().ok()).or(memory);
        }
        if let Some(status) = child.try_wait()? {
            ensure!(status.success(), "a scheduler ended: {status}");
            return Ok(memory);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// One scheduler of a simulated run.
#[derive(Debug, Args)]
pub struct SimulatedScheduler {
    run: PathBuf,
}

impl SimulatedScheduler {
    /// Works on the run with one worker.
    ///
    /// # Errors
    /// When the run cannot be opened, or no worker can be started.
    pub fn run(self) -> Result<ExitCode> {
        let run = RunDirectory::open(&self.run)?;
        let device = DeviceSpec { device: DeviceName::Cpu, precision: None };
        let program = std::env::current_exe().context("finding this program")?;
        let settings = SweepSettings::new(vec![device], 1, program);
        let summary = sweep(&run, &SweepSettings { join: Some(LEASE), ..settings })?;
        ensure!(summary.failed == 0, "{} cells failed", summary.failed);
        Ok(ExitCode::SUCCESS)
    }
}

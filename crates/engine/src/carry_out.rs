//! Carries out a planned run, or continues one.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use assay_runs::{Cell, Plan, RunDirectory};

use crate::device::DeviceSpec;
use crate::experiment::PlannedRun;
use crate::flags::{Engine, WorkFlags};
use crate::output::print_line;
use crate::scheduler::{SweepSettings, SweepSummary, default_jobs, sweep};
use crate::slurm::{self, Submission};

impl PlannedRun {
    /// Shows the plan, works through it, or submits it; says how it ended.
    ///
    /// # Errors
    /// When the run's directory cannot be used, no worker can be started, or nothing can be submitted.
    pub fn carry_out(self) -> Result<ExitCode> {
        let Self { plan, device_specs, out, flags } = self;
        let submission = (flags.engine.engine == Engine::Slurm)
            .then(|| Submission::new(&out, &flags.work, &flags.engine))
            .transpose()?;
        if flags.dry_run {
            show(&plan, flags.json)?;
            if let Some(submission) = submission {
                print_line(format_args!("\nwould submit:\n\n{submission}"))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let run = RunDirectory::create_or_open(&out, plan)?;
        match (flags.engine.engine, submission) {
            (_, Some(submission)) => submission.submit(&run),
            (Engine::None, _) => {
                print_line(format_args!("{}", run.path().display()))?;
                Ok(ExitCode::SUCCESS)
            }
            _ => work_on(&run, &device_specs, &flags.work, &[]),
        }
    }
}

/// Works on cells of a run, or on all of its cells if none are named; says how it ended.
///
/// # Errors
/// When the run's directory cannot be used, or no worker can be started.
pub fn work_on(
    run: &RunDirectory,
    devices: &[DeviceSpec],
    flags: &WorkFlags,
    cells: &[Cell],
) -> Result<ExitCode> {
    let cache = run.plan().settings["run"]["cache_mebibytes"].as_u64().unwrap_or(0);
    let settings = SweepSettings {
        devices: devices.to_owned(),
        jobs: flags.jobs.unwrap_or_else(|| default_jobs(devices, cache)),
        data_dir: flags.data_dir.clone(),
        program: worker_program(flags)?,
        stop_after: flags.stop_after,
        join: flags.join.then_some(flags.lease),
        waits: !flags.no_wait,
        cells: cells.to_owned(),
    };
    let ending = sweep(run, &settings)?;
    say(run, &ending);
    if ending.job_ends && ending.is_incomplete() {
        slurm::requeue_this_job()?;
    }
    print_line(format_args!("{}", run.path().display()))?;
    let whole = ending.failed == 0 && !ending.is_incomplete();
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn worker_program(flags: &WorkFlags) -> Result<PathBuf> {
    match &flags.worker_program {
        Some(program) => Ok(program.clone()),
        None => std::env::current_exe().context("finding the program itself"),
    }
}

fn say(run: &RunDirectory, ending: &SweepSummary) {
    if let Some(reason) = &ending.abort_reason {
        eprintln!("{reason}");
    }
    if ending.is_incomplete() {
        eprintln!("stopped; the same command goes on from here, on another --device as well");
    }
    if ending.elsewhere > 0 {
        eprintln!("{} cells are left to others, who work on them", ending.elsewhere);
    }
    if ending.failed > 0 {
        let failures = run.path().join("failures");
        eprintln!("{} cells failed; {} says why", ending.failed, failures.display());
    }
}

fn show(plan: &Plan, json: bool) -> Result<()> {
    if json {
        print_line(format_args!("{}", serde_json::to_string_pretty(plan)?))?;
    } else {
        let layers = match plan.layers.len() {
            0 => String::new(),
            layers => format!(" of {layers} layers"),
        };
        if let Some(note) = plan.imported_weights_note() {
            print_line(format_args!("{note}"))?;
        }
        let trials = match plan.cells.iter().filter(|cell| !cell.is_compared()).count() {
            0 => String::new(),
            trials => format!(", {trials} of them for choosing learning rates"),
        };
        let (cells, chain) = (plan.cells.len(), plan.longest_chain());
        print_line(format_args!(
            "{cells} cells{layers}{trials}; at most {chain} must come one after another:"
        ))?;
        for cell in &plan.cells {
            print_line(format_args!("  {}", cell.name()))?;
        }
        let settings = toml::to_string(&plan.settings).context("the resolved profile")?;
        print_line(format_args!("profile {}, resolved:\n\n{}", plan.profile, settings.trim_end()))?;
    }
    Ok(())
}

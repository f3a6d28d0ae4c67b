//! An experiment: its sweep, then its report.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result};

use crate::cargo;
use crate::device::{Job, engine};

/// Runs a sweep and writes its report. Returns the sweep's exit status: 1 if cells failed or it was stopped, in
/// which case there is a report as well.
pub fn run(task: &str, arguments: &[OsString]) -> Result<ExitCode> {
    let job = Job::on_device(arguments)?;
    let has = |flags: &[&str]| arguments.iter().any(|a| flags.iter().any(|flag| a == flag));
    // Without work here there is nothing to report.
    if has(&["--help", "-h", "--dry-run"]) || engine(arguments).is_some() {
        return cargo::run("assay", task, &job);
    }
    cargo::build("assay", &[], &job.features)?;
    // Ctrl-C is for the sweep, which saves what it has.
    ctrlc::set_handler(|| {}).context("catching Ctrl-C")?;
    let sweep = cargo::command("assay", task, &job)
        .stdout(Stdio::piped())
        .spawn()
        .and_then(std::process::Child::wait_with_output)
        .context("running assay")?;
    let printed = String::from_utf8_lossy(&sweep.stdout);
    let run = PathBuf::from(printed.lines().last().unwrap_or_default().trim_end());
    if !run.join("plan.json").is_file() {
        print!("{printed}");
        return Ok(cargo::code(sweep.status));
    }
    let json = has(&["--json"]).then(|| "--json".into());
    let arguments = [run.into()].into_iter().chain(json).collect();
    let job = Job { arguments, features: job.features };
    let report = cargo::command("assay", "report", &job).status();
    let report = cargo::code(report.context("running assay report")?);
    Ok(if sweep.status.success() { report } else { cargo::code(sweep.status) })
}

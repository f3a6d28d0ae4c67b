//! A study: its sweep, then its report.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result};

use crate::cargo;
use crate::device::Job;

/// Runs a sweep and reports on it. The sweep's exit status is kept: 1 when cells failed or it was
/// stopped, which is no reason not to report.
pub fn run(task: &str, arguments: &[OsString]) -> Result<ExitCode> {
    let job = Job::on_device(arguments)?;
    cargo::build(&job.features)?;
    let has = |flags: &[&str]| arguments.iter().any(|a| flags.iter().any(|flag| a == flag));
    if has(&["--help", "-h", "--dry-run"]) {
        let status = cargo::assay_command(task, &job).status().context("running assay")?;
        return Ok(cargo::code(status));
    }
    // Ctrl-C is for the sweep, which saves what it has.
    ctrlc::set_handler(|| {}).context("catching Ctrl-C")?;
    let sweep = cargo::assay_command(task, &job)
        .stdout(Stdio::piped())
        .spawn()
        .and_then(std::process::Child::wait_with_output)
        .context("running assay")?;
    let printed = String::from_utf8_lossy(&sweep.stdout).into_owned();
    let run = PathBuf::from(printed.lines().last().unwrap_or_default().trim_end());
    if !run.join("plan.json").is_file() {
        print!("{printed}");
        return Ok(cargo::code(sweep.status));
    }
    let report = report(&run, has(&["--json"]), &job)?;
    Ok(if sweep.status.success() { report } else { cargo::code(sweep.status) })
}

/// Reports on a run, with the program that is built.
fn report(run: &Path, json: bool, job: &Job) -> Result<ExitCode> {
    let mut arguments = vec![run.as_os_str().to_owned()];
    arguments.extend(json.then(|| "--json".into()));
    let job = Job { arguments, features: job.features.clone() };
    let status = cargo::assay_command("report", &job).status().context("running assay report")?;
    Ok(cargo::code(status))
}

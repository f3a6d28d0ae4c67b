//! Building and running the workspace's programs.

use std::ffi::{OsStr, OsString};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

/// The cargo that runs this program.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

// Programs are named by `--bin` alone: a `-p` would select other packages, and with them other
// features of burn, which then is built once for building and once more for running.

/// Builds `assay` with what the device named in `arguments` needs, and `assay-report`.
pub fn build(arguments: &[OsString]) -> Result<()> {
    build_programs(&["--bin", "assay", "--bin", "assay-report"], &features(arguments))
}

fn build_programs(programs: &[&str], features: &[String]) -> Result<()> {
    let mut build = cargo();
    build.args(["build", "--release"]).args(programs).args(features);
    let status = build.status().context("running cargo build")?;
    if !status.success() {
        bail!("cargo build failed");
    }
    Ok(())
}

/// `assay TASK ARGUMENTS`, built before.
pub fn assay_command(task: &str, arguments: &[OsString]) -> Command {
    let mut run = cargo();
    run.args(["run", "--release", "--quiet", "--bin", "assay"]);
    run.args(features(arguments)).args(["--", task]).args(arguments);
    run
}

/// `assay-report ARGUMENTS`, built before.
pub fn report_command(arguments: &[impl AsRef<OsStr>]) -> Command {
    let mut run = cargo();
    run.args(["run", "--release", "--quiet", "--bin", "assay-report", "--"]).args(arguments);
    run
}

/// Builds and runs `assay TASK ARGUMENTS` with this program's own input and output.
pub fn assay(task: &str, arguments: &[OsString]) -> Result<ExitCode> {
    build(arguments)?;
    let status = assay_command(task, arguments).stdin(Stdio::inherit()).status();
    Ok(code(status.context("running assay")?))
}

/// Builds and runs `assay-report ARGUMENTS` with this program's own output. Neither needs burn.
pub fn assay_report(arguments: &[OsString]) -> Result<ExitCode> {
    build_programs(&["--bin", "assay-report"], &[])?;
    let status = report_command(arguments).status();
    Ok(code(status.context("running assay-report")?))
}

/// The exit code of a program; that of one ended by a signal is 1.
pub fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    ExitCode::from(code.unwrap_or(1))
}

/// The cargo features that the device in `--device DEVICE` or `--device=DEVICE` needs, and the dashboard of
/// `--tui`.
fn features(arguments: &[OsString]) -> Vec<String> {
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let after = arguments.windows(2).filter(|pair| pair[0] == "--device").map(|pair| &*pair[1]);
    let joined = arguments.iter().filter_map(|argument| argument.strip_prefix("--device="));
    let device = after.chain(joined).last().unwrap_or("cpu");
    let kind = device.split(':').next().unwrap_or(device);
    // Any other device needs nothing, or is for `assay` to refuse.
    let is_card = matches!(kind, "cuda" | "vulkan" | "wgpu");
    let has_dashboard = arguments.iter().any(|argument| argument == "--tui");
    let needed = is_card.then_some(kind).into_iter().chain(has_dashboard.then_some("tui"));
    needed.flat_map(|name| ["--features".into(), format!("assay-experiments/{name}")]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_decides_the_features_and_the_processor_needs_none() {
        let of = |arguments: &[&str]| {
            features(&arguments.iter().map(OsString::from).collect::<Vec<_>>())
        };
        assert!(of(&["--device", "cpu"]).is_empty());
        assert!(of(&["--seeds", "2"]).is_empty());
        assert_eq!(of(&["--device", "cuda:1"]), ["--features", "assay-experiments/cuda"]);
        assert_eq!(of(&["--device=wgpu"]), ["--features", "assay-experiments/wgpu"]);
        assert_eq!(of(&["--tui", "--device", "cpu"]), ["--features", "assay-experiments/tui"]);
    }
}

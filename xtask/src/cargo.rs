//! Building and running the workspace's programs.

use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

use crate::device::Job;

/// The version of CUDA whose functions are bound, where the environment names no other: without a CUDA
/// toolkit there is none to ask.
const CUDA: (&str, &str) = ("CUDARC_CUDA_VERSION", "13000");

/// The cargo that runs this program.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    if std::env::var_os(CUDA.0).is_none() {
        cargo.env(CUDA.0, CUDA.1);
    }
    cargo
}

/// Where a program is that was built in this program's own profile: beside it.
pub fn built(program: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("finding this program itself")?;
    Ok(own.with_file_name(program))
}

/// Where a program is that was built for an archive: in the folder of the release profile, whatever
/// `CARGO_TARGET_DIR` and cargo's configuration say.
pub fn built_for_release(program: &str) -> Result<PathBuf> {
    let own = std::env::current_exe().context("finding this program itself")?;
    let target = own.ancestors().nth(2).context("this program is in no target directory")?;
    Ok(target.join("release").join(program))
}

// Programs are named by `--bin` alone: a `-p` would select other packages, and with them other
// features of burn, which then is built once for building and once more for running.

/// Builds `assay`, with what the job's device needs.
pub fn build(features: &[&str]) -> Result<()> {
    build_programs(&["--bin", "assay"], features)
}

/// Builds a program in the release profile, for an archive.
pub fn build_for_release(program: &str, features: &[&str]) -> Result<()> {
    build_programs(&["--release", "--bin", program], features)
}

/// Builds `assay-dev`, which is `assay` with the developers' commands.
pub fn build_dev(features: &[&str]) -> Result<()> {
    build_programs(&["--bin", "assay-dev"], features)
}

fn build_programs(programs: &[&str], features: &[&str]) -> Result<()> {
    let mut build = cargo();
    build.arg("build").args(programs).args(flags(features));
    let status = build.status().context("running cargo build")?;
    if status.success() {
        return Ok(());
    }
    match features {
        [] => bail!("cargo build failed"),
        _ => bail!(
            "cargo build failed with the features {}; `cargo xtask doctor` says what a build for a \
             card needs, and `--device cpu` needs nothing of it",
            features.join(", ")
        ),
    }
}

/// `--features` for cargo.
fn flags(features: &[&str]) -> Vec<String> {
    let named: Vec<String> =
        features.iter().map(|feature| format!("assay-cli/{feature}")).collect();
    if named.is_empty() { Vec::new() } else { vec!["--features".to_owned(), named.join(",")] }
}

/// `assay TASK ARGUMENTS`, built before.
pub fn assay_command(task: &str, job: &Job) -> Command {
    command("assay", task, job)
}

fn command(program: &str, task: &str, job: &Job) -> Command {
    let mut run = cargo();
    run.args(["run", "--quiet", "--bin", program]);
    run.args(flags(&job.features)).args(["--", task]).args(&job.arguments);
    run
}

/// Builds and runs `assay TASK` with this program's own input and output.
pub fn assay(task: &str, job: &Job) -> Result<ExitCode> {
    build(&job.features)?;
    let status = assay_command(task, job).stdin(Stdio::inherit()).status();
    Ok(code(status.context("running assay")?))
}

/// Builds and runs `assay-dev TASK` with this program's own input and output.
pub fn assay_dev(task: &str, job: &Job) -> Result<ExitCode> {
    build_dev(&job.features)?;
    let status = command("assay-dev", task, job).stdin(Stdio::inherit()).status();
    Ok(code(status.context("running assay-dev")?))
}

/// The exit code of a program; that of one ended by a signal is 1.
pub fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    ExitCode::from(code.unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_those_of_the_one_package_that_has_them() {
        assert!(flags(&[]).is_empty());
        let both = ["--features", "assay-cli/cuda,assay-cli/wgpu"];
        assert_eq!(flags(&["cuda", "wgpu"]), both);
    }
}

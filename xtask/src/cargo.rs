//! Building and running the workspace's programs.

use std::process::{Command, ExitCode, ExitStatus};

use anyhow::{Context, Result, bail};

use crate::device::Job;

/// The version of CUDA whose functions are bound, if the environment names no other. Without a CUDA toolkit
/// there is none to ask.
const CUDA: (&str, &str) = ("CUDARC_CUDA_VERSION", "13000");

/// The cargo that runs this program.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    if std::env::var_os(CUDA.0).is_none() {
        cargo.env(CUDA.0, CUDA.1);
    }
    cargo
}

/// Builds a program. `flags` are for cargo, `features` are those of `assay-cli`.
///
/// Programs are named by `--bin` alone: a `-p` would select other packages, and with them other features of
/// burn, which then is built once for building and once more for running.
pub fn build(program: &str, flags: &[&str], features: &[&str]) -> Result<()> {
    let mut build = cargo();
    build.args(["build", "--bin", program]).args(flags).args(feature_flags(features));
    let status = build.status().context("running cargo build")?;
    if status.success() {
        return Ok(());
    }
    match features {
        [] => bail!("cargo build failed"),
        _ => bail!(
            "cargo build failed with the features {}; `cargo xtask doctor` says what a build for a \
             GPU needs, and `--device cpu` needs nothing of it",
            features.join(", ")
        ),
    }
}

/// Builds a package that is a library.
pub fn build_library(package: &str) -> Result<()> {
    let status = cargo().args(["build", "-p", package]).status().context("running cargo build")?;
    if status.success() { Ok(()) } else { bail!("cargo build failed") }
}

/// `--features` for cargo.
fn feature_flags(features: &[&str]) -> Vec<String> {
    let named: Vec<String> =
        features.iter().map(|feature| format!("assay-cli/{feature}")).collect();
    if named.is_empty() { Vec::new() } else { vec!["--features".to_owned(), named.join(",")] }
}

/// `PROGRAM TASK ARGUMENTS`, built before.
pub fn command(program: &str, task: &str, job: &Job) -> Command {
    let mut run = cargo();
    run.args(["run", "--quiet", "--bin", program]);
    run.args(feature_flags(&job.features)).args(["--", task]).args(&job.arguments);
    run
}

/// Builds and runs `PROGRAM TASK` with this program's own input and output.
pub fn run(program: &str, task: &str, job: &Job) -> Result<ExitCode> {
    build(program, &[], &job.features)?;
    let status = command(program, task, job).status();
    Ok(code(status.with_context(|| format!("running {program}"))?))
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
        assert!(feature_flags(&[]).is_empty());
        let both = ["--features", "assay-cli/cuda,assay-cli/wgpu"];
        assert_eq!(feature_flags(&["cuda", "wgpu"]), both);
    }
}

//! What CI runs.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::cargo::cargo;
use crate::experiments::EXPERIMENTS;

/// Checks format, lints, documentation and tests, and runs every experiment at smoke size. Continues after a
/// failure, so that one run shows all of them.
pub fn run() -> Result<ExitCode> {
    let mut steps = vec![
        ("format", vec!["fmt", "--all", "--check"]),
        ("lints", vec!["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
        ("documentation", vec!["doc", "--workspace", "--no-deps"]),
        ("tests", vec!["test", "--workspace", "--no-fail-fast"]),
    ];
    let outs = EXPERIMENTS.map(|(_, name)| format!("target/smoke/{name}"));
    for ((command, _), out) in EXPERIMENTS.iter().zip(&outs) {
        let run = ["xtask", command, "--profile", "smoke", "--device", "cpu", "--out", out];
        steps.push((command, run.to_vec()));
    }
    // A smoke run that is already finished would check nothing.
    match std::fs::remove_dir_all("target/smoke") {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).context("target/smoke");
        }
        _ => {}
    }
    let mut failed = Vec::new();
    for (name, arguments) in steps {
        let began = Instant::now();
        let mut step = cargo();
        let status = step.args(&arguments).env("RUSTDOCFLAGS", "-D warnings").status();
        let passed = status.with_context(|| format!("running cargo {}", arguments[0]))?.success();
        let seconds = began.elapsed().as_secs();
        eprintln!("{name}: {} in {seconds} s", if passed { "passed" } else { "FAILED" });
        if !passed {
            failed.push(name);
        }
    }
    if failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("failed: {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

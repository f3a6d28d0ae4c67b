//! What CI runs.

use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::cargo::cargo;

/// Format, lints, documentation, tests, and every study at smoke size. Goes on after a failure, so
/// that one run shows all of them.
pub fn run() -> Result<ExitCode> {
    let lints = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    let smoke =
        |study, out| ["xtask", study, "--profile", "smoke", "--device", "cpu", "--out", out];
    let transfer = smoke("transfer-sweep", "target/smoke/transfer");
    let distill = smoke("distill", "target/smoke/distill");
    let fool = smoke("fool", "target/smoke/fool");
    let steps: [(&str, &[&str]); 7] = [
        ("format", &["fmt", "--all", "--check"]),
        ("lints", &lints),
        ("documentation", &["doc", "--workspace", "--no-deps"]),
        ("tests", &["test", "--workspace"]),
        ("transfer smoke", &transfer),
        ("distill smoke", &distill),
        ("fool smoke", &fool),
    ];
    // A smoke run that finds itself finished would check nothing.
    match std::fs::remove_dir_all("target/smoke") {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).context("target/smoke");
        }
        _ => {}
    }
    let mut failed = Vec::new();
    for (name, arguments) in steps {
        let began = Instant::now();
        let mut step: Command = cargo();
        let status = step.args(arguments).env("RUSTDOCFLAGS", "-D warnings").status();
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

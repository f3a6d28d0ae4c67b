//! What the machine has and lacks, without building anything.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use assay_machine::{HostInfo, diagnose};

use crate::cargo;

/// Where `assay` was built before, lets it tell: it also knows which devices open and which data is
/// there. Where it was not, tells what can be told without it: a doctor is for when building fails.
pub fn run(arguments: &[OsString]) -> Result<ExitCode> {
    let assay = cargo::built("assay")?;
    if assay.is_file() {
        let status = Command::new(&assay).arg("doctor").args(arguments).status();
        return Ok(cargo::code(status.with_context(|| assay.display().to_string())?));
    }
    let report = diagnose(&HostInfo::detect());
    if arguments.iter().any(|argument| argument == "--json") {
        println!("{}", serde_json::json!({ "assay": null, "machine": report }));
    } else {
        println!("assay is not built yet; any study builds it\n{report}");
    }
    Ok(ExitCode::SUCCESS)
}

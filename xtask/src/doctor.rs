//! What the machine has and lacks, without building anything.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use assay_machine::{HostInfo, diagnose};

use crate::cargo;

/// Runs `assay doctor` if `assay` was built before: it also knows which devices open and which data is there. If
/// not, reports what is known without it, because a doctor is for when building fails.
pub fn run(arguments: &[OsString]) -> Result<ExitCode> {
    let own = std::env::current_exe().context("finding this program itself")?;
    let assay = own.with_file_name("assay");
    if assay.is_file() {
        let status = Command::new(&assay).arg("doctor").args(arguments).status();
        return Ok(cargo::code(status.with_context(|| assay.display().to_string())?));
    }
    let report = diagnose(&HostInfo::detect());
    if arguments.iter().any(|argument| argument == "--json") {
        println!("{}", serde_json::json!({ "assay": null, "machine": report }));
    } else {
        println!("assay is not built yet; any experiment builds it\n{report}");
    }
    Ok(ExitCode::SUCCESS)
}

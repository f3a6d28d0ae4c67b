//! The experiments that have a command. Add new experiments here.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::cargo;
use crate::device::Job;
use crate::sweep;

/// The command of each experiment, and its folder in `crates/experiments`.
pub const EXPERIMENTS: [(&str, &str); 3] =
    [("transfer-sweep", "transfer"), ("distill", "distill"), ("fool", "fool")];

/// Builds and runs an experiment from its command and arguments, and writes its report.
pub fn run(words: &[OsString]) -> Result<ExitCode> {
    let (command, arguments) = words.split_first().map_or(("", words), |(command, arguments)| {
        (command.to_str().unwrap_or_default(), arguments)
    });
    if !EXPERIMENTS.iter().any(|(known, _)| *known == command) {
        let known = EXPERIMENTS.map(|(command, _)| command).join(", ");
        bail!(
            "unknown task {command:?}; experiments: {known}; `cargo xtask --help` lists all tasks"
        );
    }
    // Needs no device and writes no run.
    if arguments.first().is_some_and(|first| first == "temperature-curve") {
        return cargo::run("assay", command, &Job::without_device(arguments));
    }
    sweep::run(command, arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_task_is_named_before_anything_is_built() {
        let error = run(&["tranfser".into()]).unwrap_err().to_string();
        assert!(error.contains("\"tranfser\"") && error.contains("transfer-sweep"), "{error}");
    }
}

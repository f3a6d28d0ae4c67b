//! `assay export`: the jobs of a run for other programs.

mod hyperqueue;
mod snakemake;

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use assay_engine::flags::DeviceFlags;
use assay_engine::output::print_line;
use assay_engine::program::JobProgram;
use assay_engine::shell;
use assay_runs::{CellId, RunDirectory};
use clap::{Args, ValueEnum};

/// What the jobs are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Target {
    /// A POSIX shell script, one cell after the other.
    Shell,
    /// A Snakefile.
    Snakemake,
    /// A job file of `HyperQueue` (`hq job submit-file`).
    Hyperqueue,
}

/// Writes one job for each unfinished cell of a run, with its dependencies, for another program to run
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay transfer-sweep --profile cifar100 --engine none
  assay export runs/transfer-cifar100 --to snakemake --device cuda > Snakefile
  assay export runs/transfer-cifar100 --to hyperqueue > job.toml && hq job submit-file job.toml
  assay export runs/transfer-cifar100 --to shell | sh

The jobs need the run's directory and this program (a copy in the run, if it was built here), at the paths that they
have here.")]
pub struct Export {
    /// The directory of a run (it has a plan.json)
    run: PathBuf,
    /// What the jobs are written for
    #[arg(long, value_enum)]
    to: Target,
    #[command(flatten)]
    device: DeviceFlags,
    /// Where downloaded data sets are, for the jobs [default: `$ASSAY_DATA` of a job]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// A job: a cell that is not done.
struct Job {
    /// The cell's identity.
    id: String,
    /// The cell's name.
    name: String,
    /// The command and its arguments.
    words: Vec<String>,
    /// Positions of the jobs that must be done before.
    needs: Vec<usize>,
}

impl Export {
    /// Prints the jobs.
    ///
    /// # Errors
    /// Returns an error if the run cannot be read, or a path cannot be part of a script.
    pub fn run(self) -> Result<ExitCode> {
        let run = RunDirectory::open(&self.run)?;
        let path = shell::absolute_path(run.path())?;
        let jobs = self.jobs(&run, &path)?;
        print_line(match self.to {
            Target::Shell => shell_script(&jobs),
            Target::Snakemake => {
                snakemake::remove_markers(&jobs, run.path())?;
                snakemake::snakefile(&jobs, &path)
            }
            Target::Hyperqueue => hyperqueue::job_file(&jobs, &path),
        })?;
        Ok(ExitCode::SUCCESS)
    }

    /// The jobs, dependencies first.
    fn jobs(&self, run: &RunDirectory, path: &str) -> Result<Vec<Job>> {
        let program = JobProgram::new(run.path())?;
        program.install()?;
        let program = shell::absolute_path(&program.path)?;
        let data_dir = self.data_dir.as_deref().map(shell::absolute_path).transpose()?;
        let mut positions: HashMap<CellId, usize> = HashMap::new();
        let mut jobs = Vec::new();
        for cell in run.plan().cells.iter().filter(|cell| !run.is_done(cell)) {
            let needs = cell.dependencies();
            let needs = needs.iter().filter_map(|needed| positions.get(&needed.id()).copied());
            let mut words: Vec<String> =
                [&program, "resume", path, "--join", "--jobs=1"].map(str::to_owned).to_vec();
            words.extend(self.device.arguments());
            words.extend(data_dir.as_ref().map(|dir| format!("--data-dir={dir}")));
            words.push(format!("--cell={}", cell.id()));
            let job =
                Job { id: cell.id().to_string(), name: cell.name(), words, needs: needs.collect() };
            positions.insert(cell.id(), jobs.len());
            jobs.push(job);
        }
        Ok(jobs)
    }
}

/// A script that works on the cells in order, and stops at the first that fails.
fn shell_script(jobs: &[Job]) -> String {
    let command = |job: &Job| shell::command(job.words.iter().map(String::as_str));
    let commands: Vec<String> = jobs.iter().map(command).collect();
    ["#!/bin/sh", "set -e"]
        .map(str::to_owned)
        .into_iter()
        .chain(commands)
        .collect::<Vec<_>>()
        .join("\n")
}

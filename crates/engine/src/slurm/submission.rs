//! Submits a run to Slurm.

use std::fmt;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use assay_runs::{RunDirectory, write_atomically};

use super::jobs::{Job, active_tasks, add_job, read_jobs};
use super::output_of;
use crate::flags::{EngineFlags, WorkFlags};
use crate::host::unix_time;
use crate::output::print_line;
use crate::program::JobProgram;
use crate::shell;

/// The seconds before the end of its time that a task is told to save and to queue itself again.
const SECONDS_TO_SAVE: u32 = 120;

/// How many tasks work at the same time, if no flag says so.
const DEFAULT_TASKS: u32 = 4;

/// What is to be submitted.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Text of the script that each task runs.
    script: String,
    /// Path of the script.
    path: String,
    /// Arguments of sbatch before the script, but for the number of tasks.
    arguments: Vec<String>,
    tasks: u32,
    program: JobProgram,
}

impl Submission {
    /// A submission for the run at `run`.
    ///
    /// # Errors
    /// Returns an error if the path of the run or of this program cannot be part of a script.
    pub fn new(run: &Path, work: &WorkFlags, engine: &EngineFlags) -> Result<Self> {
        ensure!(
            work.stop_after.is_none(),
            "--stop-after: with --engine slurm, give a time limit to Slurm: --sbatch=--time=MINUTES"
        );
        let program = JobProgram::new(run)?;
        let run = shell::absolute_path(run)?;
        let path_of_program = shell::absolute_path(&program.path)?;
        let mut words = vec![path_of_program, "resume".to_owned(), run.clone()];
        words.extend(resume_arguments(work)?);
        // `exec`, so that the signals of Slurm reach the program and not the shell.
        let script = format!(
            "#!/bin/sh\n# A task of {run}. Written by assay.\nexec {}\n",
            shell::command(words.iter().map(String::as_str))
        );
        let name = Path::new(&run).file_name().map(|name| name.to_string_lossy().into_owned());
        let mut arguments = vec![
            "--parsable".to_owned(),
            format!("--job-name=assay-{}", name.unwrap_or_default()),
            "--requeue".to_owned(),
            "--open-mode=append".to_owned(),
            format!("--signal=B:USR2@{SECONDS_TO_SAVE}"),
            // In the name of a log, % begins a placeholder.
            format!("--output={}/slurm/%A_%a.log", run.replace('%', "%%")),
        ];
        arguments.extend(engine.sbatch.iter().cloned());
        Ok(Self {
            program,
            script,
            path: format!("{run}/slurm/task.sh"),
            arguments,
            tasks: engine.tasks.unwrap_or(DEFAULT_TASKS),
        })
    }

    /// Submits as many tasks as are missing to the number asked for, and no more than there are cells to do.
    ///
    /// # Errors
    /// Returns an error if Slurm cannot be reached, or refuses the job.
    pub fn submit(&self, run: &RunDirectory) -> Result<ExitCode> {
        let left = run.plan().cells.iter().filter(|cell| !run.is_done(cell)).count();
        if left == 0 {
            print_line(format_args!("{}: all cells are done", run.path().display()))?;
            return Ok(ExitCode::SUCCESS);
        }
        let active = active_tasks(&read_jobs(run)?)?;
        let tasks = self.tasks.min(u32::try_from(left).unwrap_or(u32::MAX)).saturating_sub(active);
        if tasks == 0 {
            print_line(format_args!(
                "{active} tasks are queued or working on {left} cells already"
            ))?;
            return Ok(ExitCode::SUCCESS);
        }
        let folder = run.path().join("slurm");
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        self.program.install()?;
        write_atomically(Path::new(&self.path), self.script.as_bytes())?;
        let printed = output_of(Command::new("sbatch").args(self.sbatch_arguments(tasks)))?;
        // `--parsable` prints the job, and after a semicolon the cluster if there are several.
        let id = printed.trim().split(';').next().unwrap_or_default().to_owned();
        print_line(format_args!("{}", run.path().display()))?;
        print_line(format_args!("job {id}: {tasks} tasks for {left} cells"))?;
        add_job(run, Job { id, tasks, submitted: unix_time() })?;
        Ok(ExitCode::SUCCESS)
    }

    fn sbatch_arguments(&self, tasks: u32) -> Vec<String> {
        let mut arguments = self.arguments.clone();
        arguments.push(format!("--array=0-{}", tasks - 1));
        arguments.push(self.path.clone());
        arguments
    }
}

/// What is printed without submitting anything.
impl fmt::Display for Submission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arguments = self.sbatch_arguments(self.tasks);
        let words = std::iter::once("sbatch").chain(arguments.iter().map(String::as_str));
        write!(f, "{}\n\n{}:\n\n{}", shell::command(words), self.path, self.script.trim_end())
    }
}

/// The arguments of `assay resume RUN` in a task.
fn resume_arguments(work: &WorkFlags) -> Result<Vec<String>> {
    let mut arguments = vec![
        "--join".to_owned(),
        "--no-wait".to_owned(),
        format!("--lease={}", work.lease.as_secs()),
    ];
    arguments.extend(work.device.arguments());
    arguments.extend(work.jobs.map(|jobs| format!("--jobs={jobs}")));
    let data_dir = work.data_dir.as_deref().map(shell::absolute_path).transpose()?;
    arguments.extend(data_dir.map(|dir| format!("--data-dir={dir}")));
    Ok(arguments)
}

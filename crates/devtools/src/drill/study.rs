//! A small run of an experiment, and its undisturbed results.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use assay_runs::RunDirectory;
use tempfile::TempDir;

/// The files of all cells by cell and name, but for the provenance.
type Results = BTreeMap<String, Vec<u8>>;

/// How long a run may take.
const LIMIT: Duration = Duration::from_mins(5);

/// An experiment at smoke size.
pub(super) struct Study {
    experiment: &'static str,
    /// The undisturbed run.
    reference: TempDir,
    results: Results,
    /// How long the undisturbed run took.
    pub duration: Duration,
}

impl Study {
    /// Makes the undisturbed run.
    pub fn new(experiment: &'static str) -> Result<Self> {
        let reference = tempfile::tempdir()?;
        let mut study =
            Self { experiment, reference, results: Results::new(), duration: Duration::ZERO };
        let began = Instant::now();
        let path = study.reference.path().join("run");
        study.finish(&path)?;
        study.duration = began.elapsed();
        study.results = results(&path)?;
        Ok(study)
    }

    /// The undisturbed run. Only copies of it may be changed.
    pub fn reference(&self) -> std::path::PathBuf {
        self.reference.path().join("run")
    }

    /// A copy of the undisturbed run.
    pub fn copy(&self, to: &Path) -> Result<()> {
        let status = Command::new("cp").arg("-r").arg(self.reference()).arg(to).status();
        ensure!(status.context("running cp")?.success(), "copying the run failed");
        Ok(())
    }

    /// The command that plans and works on a run.
    pub fn command(&self, out: &Path, more: &[&str]) -> Result<Command> {
        let program = std::env::current_exe().context("finding this program")?;
        let mut command = Command::new(program);
        command.args([self.experiment, "--profile", "smoke", "--device", "cpu", "--jobs", "2"]);
        command.args(["--set", "run.checkpoint_seconds=0", "--out"]).arg(out).args(more);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Ok(command)
    }

    /// Starts the command in a process group of its own.
    pub fn start(&self, out: &Path, more: &[&str]) -> Result<Child> {
        let mut command = self.command(out, more)?;
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn().context("starting assay")
    }

    /// Works on a run to its end.
    pub fn finish(&self, out: &Path) -> Result<()> {
        ensure_success(&wait(self.start(out, &[])?)?)
    }

    /// Works on a run to its end, and compares every result with the undisturbed run.
    pub fn finish_and_compare(&self, out: &Path) -> Result<()> {
        self.finish(out)?;
        self.compare(out)
    }

    /// Compares every result with the undisturbed run.
    pub fn compare(&self, out: &Path) -> Result<()> {
        let found = results(out)?;
        ensure!(
            found.len() == self.results.len(),
            "{} files, not {}",
            found.len(),
            self.results.len()
        );
        let differing = found.iter().find(|(name, bytes)| self.results.get(*name) != Some(bytes));
        match differing {
            Some((name, _)) => bail!("{name} differs"),
            None => Ok(()),
        }
    }
}

/// Waits for a command, for a limited time.
pub(super) fn wait(mut child: Child) -> Result<Output> {
    let began = Instant::now();
    while child.try_wait()?.is_none() {
        if began.elapsed() > LIMIT {
            child.kill()?;
            bail!("still running after {} minutes", LIMIT.as_secs() / 60);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(child.wait_with_output()?)
}

/// Checks the exit status of a command.
pub(super) fn ensure_success(output: &Output) -> Result<()> {
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {}", output.status, said.trim());
    Ok(())
}

fn results(run: &Path) -> Result<Results> {
    let run = RunDirectory::open(run)?;
    let mut files = Results::new();
    for cell in &run.plan().cells {
        let folder = run.cell_folder(cell);
        for file in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = file?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name != "provenance.json" {
                files.insert(format!("{}/{name}", cell.name()), std::fs::read(&path)?);
            }
        }
    }
    Ok(files)
}

/// A signal by name, such as `KILL`, to a process, or to a process group if it is negative.
pub(super) fn signal(name: &str, process: i64) -> Result<()> {
    let status =
        Command::new("kill").args([&format!("-{name}"), "--", &process.to_string()]).status();
    ensure!(status.context("running kill")?.success(), "kill -{name} {process} failed");
    Ok(())
}

/// The processes that a process started and that still run.
pub(super) fn children(process: u32) -> Vec<u32> {
    let output = Command::new("pgrep").args(["-P", &process.to_string()]).output();
    let output = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    output.unwrap_or_default().lines().filter_map(|line| line.parse().ok()).collect()
}

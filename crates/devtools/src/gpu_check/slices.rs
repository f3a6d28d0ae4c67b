//! A sweep in time slices, for a machine that is available for a limited time only.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use assay_runs::RunDirectory;
use serde::{Deserialize, Serialize};

use super::{Check, output};
use assay_engine::worker::unix_time;

/// The time slices of a sweep so far: the content of `sweep.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Slices {
    /// The number of cells in the plan.
    cells: usize,
    /// The time slices, first to last.
    slices: Vec<Slice>,
}

/// One time slice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Slice {
    /// The device, as in `--device`.
    device: String,
    /// When it began, in seconds since 1970.
    began: f64,
    /// Its duration.
    seconds: f64,
    /// Cells done before it.
    done_before: usize,
    /// Cells done after it.
    done_after: usize,
    /// The exit status of the sweep: 0 if all cells are done, 1 if it was stopped or cells failed.
    status: Option<i32>,
}

impl Check<'_> {
    /// Runs time slices until the sweep is done or their number is reached. Then creates the report.
    pub(super) fn sweep(&self) -> Result<()> {
        let file = self.flags.out.join("sweep.json");
        let mut so_far: Slices = match std::fs::read(&file) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .with_context(|| format!("{}: of another version of assay", file.display()))?,
            Err(_) => Slices::default(),
        };
        let run = self.flags.run_directory();
        let mut ended = Ok(false);
        for _ in 0..self.flags.slices.unwrap_or(u32::MAX) {
            let slice = self.slice()?;
            so_far.cells = RunDirectory::open(run)?.plan().cells.len();
            let Slice { seconds, done_after, .. } = slice;
            eprintln!("{done_after} of {} cells, after {seconds:.0} s", so_far.cells);
            ended = self.outcome(&slice);
            so_far.slices.push(slice);
            self.write("sweep.json", &serde_json::to_vec_pretty(&so_far)?)?;
            if !matches!(ended, Ok(false)) {
                break;
            }
        }
        self.report()?;
        if !ended? {
            eprintln!("the sweep is not done; the same command continues it");
        }
        Ok(())
    }

    /// Whether the sweep is done after this slice.
    fn outcome(&self, slice: &Slice) -> Result<bool> {
        match slice.status {
            Some(0) => Ok(true),
            Some(1) if slice.seconds >= self.flags.slice.as_secs_f64() => Ok(false),
            Some(1) => {
                bail!("cells failed; see {}/failures", self.flags.run_directory().display())
            }
            status => bail!("the sweep ended with status {status:?}"),
        }
    }

    fn slice(&self) -> Result<Slice> {
        let run = self.flags.run_directory();
        let minutes = self.flags.slice.as_secs_f64() / 60.0;
        let mut command = self.command(&["transfer-sweep"]);
        command.args(["--profile", self.profile(), "--stop-after", &minutes.to_string()]);
        command.arg("--out").arg(run).stdin(Stdio::null()).stdout(Stdio::null());
        self.add_data_and_jobs(&mut command);
        let (began, started) = (unix_time(), Instant::now());
        let done_before = cells_done(run);
        let status = command.status().with_context(|| format!("starting {command:?}"))?;
        ensure!(status.code() != Some(2), "the sweep could not start");
        Ok(Slice {
            device: self.device_spec.device.to_string(),
            began,
            seconds: started.elapsed().as_secs_f64(),
            done_before,
            done_after: cells_done(run),
            status: status.code(),
        })
    }

    /// Writes a report of the cells that are finished.
    fn report(&self) -> Result<()> {
        let run = self.flags.run_directory();
        let mut command = Command::new(&self.program);
        let summary = output(command.arg("report").arg(run).arg("--json"), &[0])?;
        self.write("summary.json", &summary)?;
        let page = run.join("report").join("index.html");
        let bytes = std::fs::read(&page).with_context(|| page.display().to_string())?;
        self.write("report.html", &bytes)
    }
}

/// The number of cells with a record; 0 if there is no run yet.
fn cells_done(run: &Path) -> usize {
    let Ok(run) = RunDirectory::open(run) else { return 0 };
    run.plan().cells.iter().filter(|cell| matches!(run.record(cell), Ok(Some(_)))).count()
}

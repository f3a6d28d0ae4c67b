//! Runs that are experiments of assay itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use assay_runs::{Cell, Provenance, RunDirectory, Study};

use super::case::Measurement;
use super::run::{Competitor, Sample};
use assay_engine::device::DeviceSpec;

/// How to run an experiment.
#[derive(Debug, Clone)]
pub struct StudyRun {
    /// The experiment.
    pub study: Study,
    /// A file with its profile.
    pub profile: PathBuf,
    /// The device.
    pub device_spec: DeviceSpec,
    /// The number of worker processes.
    pub jobs: usize,
    /// The folder of downloaded data sets; `None` for the default.
    pub data_dir: Option<PathBuf>,
}

impl StudyRun {
    /// The command that runs the experiment in `out`.
    ///
    /// # Errors
    /// Returns an error if the path of this program is unknown.
    pub fn command(&self, out: &Path, competitor: Competitor) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe().context("finding this program")?);
        command.arg(match self.study {
            Study::Transfer => "transfer-sweep",
            Study::Distill => "distill",
            Study::Fool => "fool",
        });
        command.arg("--profile").arg(&self.profile).arg("--out").arg(out);
        command.args(["--jobs", &self.jobs.to_string()]).args(self.device_spec.arguments());
        if let Some(dir) = &self.data_dir {
            command.arg("--data-dir").arg(dir);
        }
        if competitor == Competitor::Uncached {
            command.args(["--set", "run.cache_mebibytes=0"]);
        }
        Ok(command)
    }
}

/// Reads the cells of a finished run that have a kind, in the plan's order.
///
/// `busy` returns the seconds in which training images were processed; `None` for all seconds of a cell.
///
/// # Errors
/// Returns an error if such a cell has no record.
pub fn measure_run(
    out: &Path,
    kind: &dyn Fn(&Cell) -> Option<String>,
    busy: fn(&Provenance) -> Option<f64>,
) -> Result<Measurement> {
    let run = RunDirectory::open(out)?;
    let with_kind = |cell| Some((cell, kind(cell)?));
    let sample = |(cell, kind): (&Cell, String)| -> Result<Sample> {
        let (record, provenance) = (run.record(cell)?, run.provenance(cell)?);
        let (record, provenance) =
            record.zip(provenance).with_context(|| format!("{} has no record", cell.name()))?;
        Ok(Sample {
            id: cell.id().to_string(),
            kind,
            seconds: provenance.seconds.total,
            busy: busy(&provenance),
            count: provenance.images_per_second * provenance.seconds.train,
            score: record.test.map(|test| test.accuracy()),
        })
    };
    let samples = run.plan().cells.iter().filter_map(with_kind).map(sample);
    Ok(Measurement { about: None, samples: samples.collect::<Result<_>>()? })
}

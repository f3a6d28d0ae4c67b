//! A turn that is a run of a study by the program itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use assay_runs::{Cell, Provenance, RunDirectory, Study};

use super::case::{Contender, Piece, Said};
use assay_engine::device::DeviceSpec;

/// How the program is told to run a study.
#[derive(Debug, Clone)]
pub struct StudyRun {
    /// The study.
    pub study: Study,
    /// A file with its profile.
    pub profile: PathBuf,
    /// Where it computes.
    pub place: DeviceSpec,
    /// Worker processes.
    pub jobs: usize,
    /// Where the data is, when it was said.
    pub data_dir: Option<PathBuf>,
}

impl StudyRun {
    /// The command that runs it in `out`.
    ///
    /// # Errors
    /// When the program does not know where it is.
    pub fn command(&self, out: &Path, contender: Contender) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe().context("the program itself")?);
        command.arg(match self.study {
            Study::Transfer => "transfer-sweep",
            Study::Distill => "distill",
            Study::Fool => "fool",
        });
        command.arg("--profile").arg(&self.profile).arg("--out").arg(out);
        command.args(["--jobs", &self.jobs.to_string()]).args(self.place.arguments());
        if let Some(dir) = &self.data_dir {
            command.arg("--data-dir").arg(dir);
        }
        if contender == Contender::Uncached {
            command.args(["--set", "run.cache_mebibytes=0"]);
        }
        Ok(command)
    }
}

/// The cells of a finished run that are of some kind, in the plan's order. `busy` tells the seconds that
/// training images are counted against; none for the whole cell's.
///
/// # Errors
/// When such a cell has no record.
pub fn said_by_run(
    out: &Path,
    kind: &dyn Fn(&Cell) -> Option<String>,
    busy: fn(&Provenance) -> Option<f64>,
) -> Result<Said> {
    let run = RunDirectory::open(out)?;
    let of_some_kind = |cell| Some((cell, kind(cell)?));
    let piece = |(cell, kind): (&Cell, String)| -> Result<Piece> {
        let (record, provenance) = (run.record(cell)?, run.provenance(cell)?);
        let (record, provenance) =
            record.zip(provenance).with_context(|| format!("{} has no record", cell.name()))?;
        Ok(Piece {
            id: cell.id().to_string(),
            kind,
            seconds: provenance.seconds.total,
            busy: busy(&provenance),
            count: provenance.images_per_second * provenance.seconds.train,
            score: record.test.map(|test| test.accuracy()),
        })
    };
    let pieces = run.plan().cells.iter().filter_map(of_some_kind).map(piece);
    Ok(Said { about: None, pieces: pieces.collect::<Result<_>>()? })
}

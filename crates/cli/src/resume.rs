//! `assay resume`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail, ensure};
use assay_engine::flags::{Engine, EngineFlags, WorkFlags};
use assay_engine::slurm::Submission;
use assay_engine::work_on;
use assay_runs::RunDirectory;
use clap::Args;

use crate::find_cell::find_cell;

/// Continues a run of any experiment: works on the cells of its plan that have no result yet
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay resume runs/transfer-quick
  assay resume /shared/runs/transfer-cifar100 --join     on each of several machines with this folder
  assay resume runs/transfer-imagenet --device cuda:all
  assay resume runs/distill-quick --cell teacher.lenet.hard-labels.seed-0 --join

Exit status: 0 all cells (with --cell: these) are done, or with --no-wait taken by others, or with --engine slurm
submitted; 1 some failed or it was stopped; 2 it could not start. `assay report RUN` then writes the report.")]
pub struct Resume {
    /// The directory of a run (it has a plan.json)
    run: PathBuf,
    #[command(flatten)]
    work: WorkFlags,
    #[command(flatten)]
    engine: EngineFlags,
    /// Works on this cell alone; may be repeated. The cells that it needs must be done
    #[arg(long = "cell", value_name = "NAME")]
    cells: Vec<String>,
}

impl Resume {
    /// Works on the run, or submits it.
    ///
    /// # Errors
    /// Returns an error if it could not start.
    pub fn run(self) -> Result<ExitCode> {
        let run = RunDirectory::open(&self.run)?;
        let cells = self.cells.iter().map(|name| find_cell(run.plan(), name));
        let cells = cells.collect::<Result<Vec<_>>>()?;
        self.engine.check()?;
        ensure!(
            self.engine.computes_here() || cells.is_empty(),
            "--cell is for --engine local; `assay export` writes a job for each cell"
        );
        match self.engine.engine {
            Engine::Slurm => Submission::new(&self.run, &self.work, &self.engine)?.submit(&run),
            Engine::None => {
                bail!("--engine none: the run is planned already; leave it out to work on it")
            }
            Engine::Local => work_on(&run, &self.work.device.specs()?, &self.work, &cells),
        }
    }
}

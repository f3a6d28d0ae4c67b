//! Flags that say what runs the work: this machine, or a cluster.

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};

/// What runs the cells of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Engine {
    /// Worker processes on this machine.
    #[default]
    Local,
    /// Jobs of a Slurm cluster.
    Slurm,
    /// Nothing: the run is only planned.
    None,
}

/// What runs the work.
#[derive(Debug, Clone, Args)]
pub struct EngineFlags {
    /// local: worker processes on this machine; slurm: jobs of a Slurm cluster, each with --join; none: only writes
    /// the plan, for `assay resume` and `assay export`
    #[arg(long, value_enum, default_value_t)]
    pub engine: Engine,
    /// Slurm: tasks that work at the same time, each with its own allocation [default: 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub tasks: Option<u32>,
    /// Slurm: an argument for sbatch, such as `--sbatch=--partition=gpu --sbatch=--gres=gpu:1`
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true)]
    pub sbatch: Vec<String>,
}

impl EngineFlags {
    /// Checks that flags of Slurm come with `--engine slurm`.
    ///
    /// # Errors
    /// When they do not.
    pub fn check(&self) -> Result<()> {
        let is_for_slurm = self.tasks.is_some() || !self.sbatch.is_empty();
        ensure!(
            self.engine == Engine::Slurm || !is_for_slurm,
            "--tasks and --sbatch are for --engine slurm, which is missing"
        );
        Ok(())
    }

    /// Whether this machine computes. If not, its devices do not matter.
    #[must_use]
    pub fn computes_here(&self) -> bool {
        self.engine == Engine::Local
    }
}

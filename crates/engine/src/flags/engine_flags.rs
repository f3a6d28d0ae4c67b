//! Flags that say what runs the work: this machine, or a cluster.

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
    /// Slurm: tasks that work at the same time, each with its own allocation
    #[arg(long, value_name = "N", default_value = "4", value_parser = clap::value_parser!(u32).range(1..))]
    pub tasks: u32,
    /// Slurm: an argument for sbatch, such as `--sbatch=--partition=gpu --sbatch=--gres=gpu:1`
    #[arg(long, value_name = "ARGUMENT", allow_hyphen_values = true)]
    pub sbatch: Vec<String>,
}

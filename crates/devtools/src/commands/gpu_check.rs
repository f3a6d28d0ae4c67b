//! `assay-dev gpu-check`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use assay_devtools::gpu_check::{Settings, Step, gpu_check};
use clap::{Args, ValueEnum};

use assay_engine::flags::DeviceFlags;
use assay_engine::flags::minutes;

/// Checks a card: what the machine has, whether it computes what the processor does, how fast it is,
/// and a sweep of CIFAR-100 in slices that stop and go on.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev gpu-check --device cuda --out gpu-check
  assay-dev gpu-check --step sweep --slices 1             one slice, on a machine that is lent for minutes
  assay-dev gpu-check --device cpu --toy                  all steps in minutes, on drawn data
Leaves at most eight files: doctor.json, parity.txt, parity.json, bench.txt, bench.json, sweep.json,
summary.json, report.html. The same command goes on with a sweep that is not done.
Exit status: 0 all well, 1 something differs or failed, 2 it could not begin.")]
pub struct GpuCheck {
    #[command(flatten)]
    place: DeviceFlags,
    /// Where the files go
    #[arg(long, value_name = "DIR", default_value = "gpu-check")]
    out: PathBuf,
    /// The sweep's directory [default: runs/gpu-check, runs/gpu-check-toy]
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    /// A step; may be given several times [default: all]
    #[arg(long, value_name = "STEP")]
    step: Vec<StepName>,
    /// How long a slice of the sweep may take
    #[arg(long, value_name = "MINUTES", value_parser = minutes, default_value = "9")]
    slice: Duration,
    /// Slices to take [default: as many as the sweep needs]
    #[arg(long, value_name = "N")]
    slices: Option<u32>,
    /// Where downloaded data sets are [default: what `ASSAY_DATA` says, else datasets/cache]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Worker processes [default: one a core on the CPU, one on a card]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// A Python that has PyTorch [default: python3, where it has]
    #[arg(long, value_name = "PYTHON")]
    peer: Option<PathBuf>,
    /// Goes through everything in minutes, on drawn data
    #[arg(long)]
    toy: bool,
}

/// Steps by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum StepName {
    /// What the machine has
    Doctor,
    /// Whether the device computes what the processor does
    Parity,
    /// How fast it is, beside `PyTorch` where that is there
    Bench,
    /// A sweep in slices
    Sweep,
}

impl From<StepName> for Step {
    fn from(name: StepName) -> Self {
        match name {
            StepName::Doctor => Self::Doctor,
            StepName::Parity => Self::Parity,
            StepName::Bench => Self::Bench,
            StepName::Sweep => Self::Sweep,
        }
    }
}

impl GpuCheck {
    /// Takes the steps and says what was wrong.
    pub fn run(self) -> Result<ExitCode> {
        let run = if self.toy { "runs/gpu-check-toy" } else { "runs/gpu-check" };
        let settings = Settings {
            place: self.place.place()?,
            out: self.out,
            run: self.run.unwrap_or_else(|| run.into()),
            data_dir: self.data_dir,
            jobs: self.jobs,
            slice: self.slice,
            slices: self.slices,
            peer: self.peer,
            toy: self.toy,
        };
        let steps: Vec<Step> = match self.step.as_slice() {
            [] => Step::ALL.to_vec(),
            named => named.iter().copied().map(Step::from).collect(),
        };
        let wrong = gpu_check(&settings, &steps, &|line| eprintln!("{line}"))?;
        eprintln!("the files are in {}", settings.out.display());
        for words in &wrong {
            eprintln!("wrong: {words}");
        }
        Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

//! `assay-dev gpu-check`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use assay_devtools::gpu_check::{Settings, Step, gpu_check};
use clap::{Args, ValueEnum};

use assay_engine::flags::DeviceFlags;
use assay_engine::flags::minutes;

/// Checks a GPU: what the machine has, whether the GPU computes the same as the CPU, how fast it is, and a
/// sweep of CIFAR-100 in time slices.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev gpu-check --device cuda --out gpu-check
  assay-dev gpu-check --step sweep --slices 1             one slice, on a machine that is lent for minutes
  assay-dev gpu-check --device cpu --toy                  all steps in minutes, on generated data
Writes at most eight files: doctor.json, parity.txt, parity.json, bench.txt, bench.json, sweep.json,
summary.json, report.html. The same command continues an unfinished sweep.
Exit status: 0 all steps succeeded, 1 something differs or failed, 2 it could not start.")]
pub struct GpuCheck {
    #[command(flatten)]
    device_flags: DeviceFlags,
    /// The folder for the files
    #[arg(long, value_name = "DIR", default_value = "gpu-check")]
    out: PathBuf,
    /// The sweep's directory [default: runs/gpu-check, runs/gpu-check-toy]
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
    /// A step; may be given several times [default: all]
    #[arg(long, value_name = "STEP")]
    step: Vec<StepName>,
    /// The duration of a time slice of the sweep
    #[arg(long, value_name = "MINUTES", value_parser = minutes, default_value = "9")]
    slice: Duration,
    /// Time slices [default: as many as the sweep needs]
    #[arg(long, value_name = "N")]
    slices: Option<u32>,
    /// Where downloaded data sets are [default: `$ASSAY_DATA`, or datasets/cache]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Worker processes [default: one per core on the CPU, one on a GPU]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// A Python with PyTorch [default: python3, if it has PyTorch]
    #[arg(long, value_name = "PYTHON")]
    peer: Option<PathBuf>,
    /// Uses small generated data, so that everything takes minutes
    #[arg(long)]
    toy: bool,
}

/// The names of the steps.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum StepName {
    /// What the machine has
    Doctor,
    /// Whether the device computes the same as the CPU
    Parity,
    /// How fast it is, compared with PyTorch if that is installed
    Bench,
    /// A sweep in time slices
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
    /// Runs the steps and reports failures.
    pub fn run(self) -> Result<ExitCode> {
        let run = if self.toy { "runs/gpu-check-toy" } else { "runs/gpu-check" };
        let settings = Settings {
            device_spec: self.device_flags.place()?,
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
            chosen => chosen.iter().copied().map(Step::from).collect(),
        };
        let failures = gpu_check(&settings, &steps, &|line| eprintln!("{line}"))?;
        eprintln!("the files are in {}", settings.out.display());
        for failure in &failures {
            eprintln!("failed: {failure}");
        }
        Ok(if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

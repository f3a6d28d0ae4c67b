//! `assay-dev parity`: checks whether a device computes the same as the CPU.
//!
//! Small networks of every architecture are trained on the CPU. From their saved states, the CPU and the
//! device do the same operations: batches, each layer on the CPU's input of it, logits, losses, gradients, a
//! training step, confidences, an evaluation. `tolerance.rs` defines which differences are allowed, and why.

mod case;
mod comparison;
mod losses;
mod network;
mod recorder;
mod suite;
mod table;
#[cfg(test)]
mod tests;
mod tolerance;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use assay_engine::device;
use assay_engine::flags::DeviceFlags;
use assay_engine::output::print_line;
use clap::Args;

use self::suite::compare_device;
use self::table::table;

/// Compares a device with the CPU, operation by operation, from states of small networks after 1, 10 and 100
/// steps
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay-dev parity --device cuda
  assay-dev parity --device wgpu --only lenet --only losses
  CUBECL_WGPU_DEFAULT_DEVICE=Cpu assay-dev parity --device wgpu        a software renderer
Prints a table on standard output, progress on standard error.
Exit status: 0 all differences are allowed, 1 some are not, 2 it could not start.")]
pub struct Parity {
    #[command(flatten)]
    device_flags: DeviceFlags,
    /// A part by name; may be given several times [default: all]
    #[arg(long, value_name = "PART")]
    only: Vec<String>,
    /// Prints every operation as JSON
    #[arg(long)]
    json: bool,
    /// Also writes that JSON to a file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Parity {
    /// Runs the comparison and prints its result.
    ///
    /// # Errors
    /// Returns an error if the device cannot be used, a part does not exist or a file cannot be written.
    pub fn run(self) -> Result<ExitCode> {
        let device_spec = self.device_flags.spec()?;
        let opened = device::open(device_spec)?;
        let found = compare_device(device_spec.device, &opened, &self.only)?;
        if let Some(path) = &self.out {
            std::fs::write(path, serde_json::to_string_pretty(&found)?)
                .with_context(|| path.display().to_string())?;
        }
        if self.json {
            print_line(serde_json::to_string_pretty(&found)?)?;
        } else {
            print_line(table(&found).trim_end())?;
        }
        let agrees = found.first_difference().is_none();
        Ok(if agrees { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

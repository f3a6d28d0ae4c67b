//! `cargo xtask rehearse-cuda`: parity of the CUDA path on a machine without an NVIDIA GPU.

mod assemble;
mod launches;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::cargo;

/// Runs `parity --device cuda` on a stand-in for the CUDA driver, and assembles every kernel.
///
/// The stand-in (`crates/cuda-emulator`) runs the kernels on the CPU. It shows whether they compute the same
/// as the CPU backend, and stay within the device's allocations. It does not show how fast a GPU is.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask rehearse-cuda                               all parts; five of the seven took 13 minutes
  cargo xtask rehearse-cuda -- --only lenet               one part of parity
  cargo xtask rehearse-cuda --count alexnet32             launches of a training step
  cargo xtask rehearse-cuda -- --only mlp-48-40 --precision bf16
Needs what a build for CUDA needs, and libdevice: see docs/offline-cuda.md. With ptxas, from $CUDA_PATH/bin
or $PATH, it also assembles every kernel for sm_90a.")]
pub struct RehearseCuda {
    /// Counts the kernels that a training step of this network launches, and runs none
    #[arg(long, value_name = "NETWORK", conflicts_with = "parity")]
    count: Option<String>,
    /// For `parity`
    #[arg(last = true)]
    parity: Vec<OsString>,
}

/// Where the toolkit may be, if `$CUDA_PATH` does not say.
const TOOLKITS: [&str; 4] = ["/usr/local/cuda", "/opt/cuda", "/usr/lib/cuda", "/usr"];

impl RehearseCuda {
    /// Builds, runs parity, and assembles the kernels; or counts launches. Fails if one of them does.
    pub fn run(&self) -> Result<ExitCode> {
        let toolkit = toolkit()?;
        cargo::build("assay-dev", &[], &["cuda"])?;
        cargo::build_library("assay-cuda-emulator")?;
        let target = target_folder()?;
        let folder = target.join("cuda-rehearsal");
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).context(folder.display().to_string());
            }
            _ => fs::create_dir_all(&folder).context(folder.display().to_string())?,
        }
        let library = target.join("debug/libassay_cuda_emulator.so");
        // The program looks for the first name before the second.
        for name in ["libcuda.so", "libcuda.so.1"] {
            fs::copy(&library, folder.join(name)).with_context(|| library.display().to_string())?;
        }
        let command = || {
            let mut command = Command::new(target.join("debug/assay-dev"));
            command.env("LD_LIBRARY_PATH", before_others(&folder)).env("CUDA_PATH", &toolkit);
            // A stand-in has no times to tune by.
            command.env("CUBECL_AUTOTUNE_LEVEL", "minimal");
            command
        };
        match &self.count {
            Some(architecture) => count(architecture, command, &folder),
            None => self.compare(command(), &folder.join("ptx"), &toolkit),
        }
    }

    /// Parity, and the assembler on the kernels that it launched.
    fn compare(&self, mut command: Command, kernels: &Path, toolkit: &Path) -> Result<ExitCode> {
        fs::create_dir(kernels).with_context(|| kernels.display().to_string())?;
        command.args(["parity", "--device", "cuda"]).args(&self.parity);
        command.env("ASSAY_CUDA_EMULATOR_PTX", kernels);
        let status = command.status().context("running assay-dev parity")?;
        let assembled = assemble::all(kernels, toolkit)?;
        Ok(if status.success() && assembled { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn count(architecture: &str, command: impl Fn() -> Command, folder: &Path) -> Result<ExitCode> {
    let launches::Counts { launches, reads, kernels } =
        launches::count(architecture, command, folder)?;
    println!(
        "{architecture}: {launches} launches a step, {kernels} kernels; the host read from the device \
         between two steps {reads} times in {} epochs",
        launches::EPOCHS
    );
    Ok(ExitCode::SUCCESS)
}

/// `LD_LIBRARY_PATH` with one more folder, before all others.
fn before_others(folder: &Path) -> OsString {
    let mut folders = folder.as_os_str().to_owned();
    if let Some(others) = std::env::var_os("LD_LIBRARY_PATH") {
        folders.push(":");
        folders.push(others);
    }
    folders
}

/// The folder of a CUDA toolkit that has libdevice.
fn toolkit() -> Result<PathBuf> {
    let given = std::env::var_os("CUDA_PATH").map(PathBuf::from);
    let places: Vec<PathBuf> = match &given {
        Some(given) => vec![given.clone()],
        None => TOOLKITS.map(PathBuf::from).into(),
    };
    let has_libdevice =
        |toolkit: &&PathBuf| toolkit.join("nvvm/libdevice/libdevice.10.bc").is_file();
    match places.iter().find(has_libdevice) {
        Some(toolkit) => Ok(toolkit.clone()),
        None => bail!(
            "there is no nvvm/libdevice/libdevice.10.bc in {}; docs/offline-cuda.md says where to get it, then \
             set CUDA_PATH",
            places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// Cargo's target folder: this program is in it.
fn target_folder() -> Result<PathBuf> {
    let own = std::env::current_exe().context("finding this program itself")?;
    let target = own.ancestors().nth(2).map(Path::to_owned);
    target.context("this program is in no target folder")
}

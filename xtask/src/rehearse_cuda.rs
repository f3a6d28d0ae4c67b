//! `cargo xtask rehearse-cuda`: parity of the CUDA path on a machine without an NVIDIA GPU.

mod assemble;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::cargo;

/// Runs `parity --device cuda` on a stand-in for the CUDA driver, and assembles every kernel.
///
/// The stand-in (`crates/cuda-emulator`) runs the kernels on the CPU. It shows whether they compute
/// the same as the CPU backend and stay within their memory. It does not show how fast a GPU is.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo xtask rehearse-cuda                               all parts; takes hours
  cargo xtask rehearse-cuda -- --only lenet               one part of parity
  cargo xtask rehearse-cuda -- --only mlp-48-40 --precision bf16
Needs what a build for CUDA needs, and libdevice: see docs/offline-cuda.md. With ptxas, from $CUDA_PATH/bin
or $PATH, it also assembles every kernel for sm_90a.")]
pub struct RehearseCuda {
    /// For `parity`
    #[arg(last = true)]
    parity: Vec<OsString>,
}

/// Where the toolkit may be, if `$CUDA_PATH` does not say.
const TOOLKITS: [&str; 4] = ["/usr/local/cuda", "/opt/cuda", "/usr/lib/cuda", "/usr"];

impl RehearseCuda {
    /// Builds, runs parity, and assembles the kernels. Fails if one of them does.
    pub fn run(&self) -> Result<ExitCode> {
        let toolkit = toolkit()?;
        cargo::build("assay-dev", &[], &["cuda"])?;
        cargo::build_library("assay-cuda-emulator")?;
        let target = target_folder()?;
        let folder = target.join("cuda-rehearsal");
        let kernels = folder.join("ptx");
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).context(folder.display().to_string());
            }
            _ => fs::create_dir_all(&kernels).context(kernels.display().to_string())?,
        }
        let library = target.join("debug/libassay_cuda_emulator.so");
        fs::copy(&library, folder.join("libcuda.so.1"))
            .with_context(|| library.display().to_string())?;
        let status = std::process::Command::new(target.join("debug/assay-dev"))
            .args(["parity", "--device", "cuda"])
            .args(&self.parity)
            .env("LD_LIBRARY_PATH", &folder)
            .env("CUDA_PATH", toolkit)
            .env("CUBECL_CUDA_DUMP_PTX", &kernels)
            // A stand-in has no times to tune by.
            .env("CUBECL_AUTOTUNE_LEVEL", "minimal")
            .status()
            .context("running assay-dev parity")?;
        let assembled = assemble::all(&kernels)?;
        Ok(if status.success() && assembled { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
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

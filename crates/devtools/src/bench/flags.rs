//! The flags of every benchmark.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use assay_engine::device::DeviceSpec;
use assay_engine::flags::DeviceFlags;
use assay_engine::output::print_line;
use clap::Args;

use super::case::{Case, bench};
use super::peer::{Peer, Resources};
use super::table::table;

/// The flags of every case.
#[derive(Debug, Args)]
pub struct BenchFlags {
    #[command(flatten)]
    device_flags: DeviceFlags,
    /// Worker processes, and the peer's threads [default: one per core on the CPU, one on a GPU]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Runs of each competitor
    #[arg(long, value_name = "N", default_value_t = 3)]
    repeats: usize,
    /// A Python that has what the peer needs
    #[arg(long, value_name = "PYTHON")]
    peer: Option<PathBuf>,
    /// The peer's script [default: bench/peers/*_CASE.py]
    #[arg(long, value_name = "FILE")]
    peer_script: Option<PathBuf>,
    /// Also writes everything as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl BenchFlags {
    /// Checks the flags. `script` is the peer's script by default.
    pub fn resources(&self, script: &str) -> Result<Resources> {
        ensure!(self.repeats > 0, "--repeats 0: it must be at least 1");
        let device_spec = self.device_flags.spec()?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let jobs = self.jobs.unwrap_or(if device_spec.device.is_cpu() { cores } else { 1 });
        ensure!(jobs > 0, "--jobs 0: it must be at least 1");
        let script = self.peer_script.as_deref().unwrap_or(Path::new(script));
        let find = |python: &PathBuf| Peer::find(python.clone(), script.to_owned());
        let peer = self.peer.as_ref().map(find).transpose()?;
        Ok(Resources { device_spec, jobs, peer })
    }

    /// Runs the benchmark and prints its result.
    pub fn run_case(&self, case: &Case, device_spec: DeviceSpec) -> Result<ExitCode> {
        let result = bench(case, &device_spec.device.to_string(), self.repeats)?;
        print_line(table(case, &result).trim_end())?;
        if let Some(path) = &self.json {
            std::fs::write(path, serde_json::to_string_pretty(&result)?)
                .with_context(|| path.display().to_string())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

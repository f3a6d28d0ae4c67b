//! `assay doctor`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use assay_datasets::{data_dir, sources};
use assay_experiments::device::DeviceName;
use assay_experiments::worker::machine;
use clap::Args;

use super::output::line;

/// Tells what this machine can run, and what is missing.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Where downloaded data sets are [default: what `ASSAY_DATA` says, else datasets/cache]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

impl Doctor {
    /// Looks around and prints what it finds.
    pub fn run(self) -> Result<ExitCode> {
        line(format_args!("assay {}", assay_experiments::version()))?;
        line(format_args!("machine: {}", machine()))?;
        line(format_args!("devices this build can use: {}", DeviceName::available().join(", ")))?;
        line(format_args!("NVIDIA driver: {}", nvidia()))?;
        let dir = data_dir(self.data_dir.as_deref());
        line(format_args!("data in {}:", dir.display()))?;
        for source in sources::list() {
            line(format_args!("  {}: {}", source.name, state(source, &dir)))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn nvidia() -> String {
    let version = std::fs::read_to_string("/proc/driver/nvidia/version").ok();
    match version.as_deref().and_then(|text| text.lines().next()) {
        Some(line) => format!("{line}; `--device cuda` uses it"),
        None => "none".to_owned(),
    }
}

fn state(source: &sources::Source, dir: &Path) -> String {
    if source.files.is_empty() {
        return match &source.by_hand {
            Some(how) => how.clone(),
            None => "comes with the program".to_owned(),
        };
    }
    match sources::check(&source.name, dir) {
        Ok(checked) => format!("ready, {} + {} images", checked.train, checked.test),
        Err(_) => format!("not there; `cargo xtask datasets fetch {}` gets it", source.name),
    }
}

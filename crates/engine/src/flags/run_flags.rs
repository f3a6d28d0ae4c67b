//! Flags shared by all experiments.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::Args;

use super::{EngineFlags, WorkFlags};
use crate::data_module::DataModule;
use crate::device::DeviceSpec;
use crate::profile::Override;

/// Flags shared by all experiments.
#[derive(Debug, Clone, Args)]
pub struct RunFlags {
    /// A data set by name, or a folder with a folder of images for each class
    #[arg(long, value_name = "NAME|DIR")]
    pub data: Option<String>,
    /// Where and how to work
    #[command(flatten)]
    pub work: WorkFlags,
    /// What runs the work
    #[command(flatten)]
    pub engine: EngineFlags,
    /// Number of seeds: each has its own random numbers
    #[arg(long, value_name = "N")]
    pub seeds: Option<u32>,
    /// The run's directory [default: runs/EXPERIMENT-PROFILE]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Overrides one value of the profile
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,
    /// Prints the plan, and what would be submitted to a cluster; trains nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Prints the plan of a dry run as JSON; under `cargo xtask`, the summary of a run
    #[arg(long)]
    pub json: bool,
}

/// Passes on what is odd about the data.
pub fn warn(data_module: &DataModule) {
    for warning in &data_module.data().warnings {
        eprintln!("warning: {warning}");
    }
}

/// An absolute path as a profile can hold it: a worker may be started elsewhere.
///
/// # Errors
/// When the path is not UTF-8, or the current directory is not known.
pub fn absolute(flag: &str, path: &Path) -> Result<String> {
    let path = std::path::absolute(path).with_context(|| format!("{flag} {}", path.display()))?;
    path.into_os_string().into_string().map_err(|path| {
        let path = path.display();
        anyhow!("{flag} {path}: the path is not UTF-8, as a profile has to be; give a link of another name")
    })
}

/// The default directory of a run: `runs/EXPERIMENT-PROFILE`, followed by what else was `given`.
#[must_use]
pub fn default_out(study: &str, profile: &str, given: &[&str]) -> PathBuf {
    let stem = |text: &str| {
        let stem = Path::new(text).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        stem.unwrap_or_else(|| text.to_owned())
    };
    let profile = stem(profile);
    let data = given.iter().map(|text| stem(text)).collect::<Vec<_>>().join("-");
    let data = Some(data).filter(|data| !data.is_empty() && !profile.starts_with(data.as_str()));
    let data = data.map(|data| format!("-{data}")).unwrap_or_default();
    PathBuf::from("runs").join(format!("{study}-{profile}{data}"))
}

impl RunFlags {
    /// The devices that this machine computes on; none if a cluster does, or nothing is computed.
    ///
    /// # Errors
    /// As for [`DeviceFlags::specs`](super::DeviceFlags::specs), and for flags of another engine.
    pub fn device_specs(&self) -> Result<Vec<DeviceSpec>> {
        self.engine.check()?;
        if self.engine.computes_here() { self.work.device.specs() } else { Ok(Vec::new()) }
    }

    /// The overrides of a profile, with those that flags of their own stand for. The default
    /// profile names classes of its own data, so that other `--data` are used with all of theirs.
    #[must_use]
    pub fn all_overrides(&self, default_profile: bool) -> Vec<Override> {
        let mut overrides = self.overrides.clone();
        if default_profile && self.data.is_some() {
            let all_classes = Override::new("data.classes", Vec::<String>::new());
            overrides.insert(0, all_classes);
        }
        overrides.extend(self.data.as_ref().map(|data| Override::new("data.name", data.as_str())));
        overrides.extend(self.seeds.map(|seeds| Override::new("seeds", i64::from(seeds))));
        overrides
    }
}

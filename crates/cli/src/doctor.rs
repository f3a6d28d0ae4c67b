//! `assay doctor`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use assay_datasets::{cache_dir, data_dir, sources};
use assay_engine::device::{self, DeviceSpec, Opened};
use assay_machine::{HostInfo, examine};
use clap::Args;
use serde_json::{Value, json};

use assay_engine::output::line;

/// Tells what this machine has, which devices can be used, what is missing and what mends it.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Where downloaded data sets are [default: what `ASSAY_DATA` says, else datasets/cache]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Prints all of it as JSON
    #[arg(long)]
    json: bool,
}

/// A name, and what is said of it.
type Said = Vec<(String, String)>;

impl Doctor {
    /// Looks around and prints what it finds.
    pub fn run(self) -> Result<ExitCode> {
        let version = assay_version::version();
        let report = examine(&HostInfo::here());
        let devices: Said = device::available().into_iter().map(opened).collect();
        let dir = data_dir(self.data_dir.as_deref());
        let data: Said = sources::list().iter().map(|source| state(source, &dir)).collect();
        if self.json {
            let object = |said: Said| -> Value {
                said.into_iter().map(|(name, words)| (name, Value::String(words))).collect()
            };
            let all = json!({
                "assay": version,
                "machine": report,
                "this_build": object(devices),
                "data_dir": dir,
                "cache_dir": cache_dir(),
                "data": object(data),
            });
            line(serde_json::to_string_pretty(&all)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        line(format_args!("assay {version}"))?;
        line(report)?;
        line("this build has:")?;
        lines(&devices)?;
        let kept =
            cache_dir().map_or_else(|| "nowhere".to_owned(), |dir| dir.display().to_string());
        line(format_args!("what takes time to find out about data is kept in: {kept}"))?;
        line(format_args!("data in {}:", dir.display()))?;
        lines(&data)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn lines(said: &Said) -> Result<()> {
    said.iter().try_for_each(|(name, words)| line(format_args!("  {name}: {words}")))
}

/// What comes of opening the first device of a kind.
fn opened(kind: device::DeviceKind) -> (String, String) {
    let device = kind.first();
    let words = match device::open(DeviceSpec { device, precision: None }) {
        Ok(Opened { precision, card: Some(card), .. }) => format!("works, {card}, {precision}"),
        Ok(Opened { precision, card: None, .. }) => format!("works, {precision}"),
        Err(error) => error.to_string(),
    };
    (device.to_string(), words)
}

fn state(source: &sources::Source, dir: &Path) -> (String, String) {
    let words = if source.files.is_empty() {
        source.by_hand.clone().unwrap_or_else(|| "comes with the program".to_owned())
    } else {
        match sources::check(&source.name, dir) {
            Ok(checked) => format!("ready, {} + {} images", checked.train, checked.test),
            Err(_) => format!("not there; `cargo xtask datasets fetch {}` gets it", source.name),
        }
    };
    (source.name.clone(), words)
}

//! `assay doctor`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use assay_datasets::{cache_dir, data_dir, sources};
use assay_engine::device::{self, DeviceSpec, OpenDevice};
use assay_machine::{HostInfo, diagnose};
use clap::Args;
use serde_json::{Value, json};

use assay_engine::output::print_line;

/// Reports what this machine has, which devices can be used, and how to fix what is missing
#[derive(Debug, Args)]
pub struct Doctor {
    /// Where downloaded data sets are [default: `$ASSAY_DATA`, or datasets/cache]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Prints everything as JSON
    #[arg(long)]
    json: bool,
}

/// Names with descriptions.
type Descriptions = Vec<(String, String)>;

impl Doctor {
    /// Inspects the machine and prints the report.
    pub fn run(self) -> Result<ExitCode> {
        let version = assay_version::version();
        let report = diagnose(&HostInfo::detect());
        let devices: Descriptions = device::available().into_iter().map(describe_device).collect();
        let dir = data_dir(self.data_dir.as_deref());
        let data: Descriptions =
            sources::list().iter().map(|source| describe_source(source, &dir)).collect();
        if self.json {
            let object = |descriptions: Descriptions| -> Value {
                descriptions.into_iter().map(|(name, text)| (name, Value::String(text))).collect()
            };
            let all = json!({
                "assay": version,
                "machine": report,
                "this_build": object(devices),
                "data_dir": dir,
                "cache_dir": cache_dir(),
                "data": object(data),
            });
            print_line(serde_json::to_string_pretty(&all)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        print_line(format_args!("assay {version}"))?;
        print_line(report)?;
        print_line("this build supports:")?;
        print_descriptions(&devices)?;
        let cache = cache_dir().map_or_else(|| "none".to_owned(), |dir| dir.display().to_string());
        print_line(format_args!("cache: {cache}"))?;
        print_line(format_args!("data in {}:", dir.display()))?;
        print_descriptions(&data)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn print_descriptions(descriptions: &Descriptions) -> Result<()> {
    let print = |(name, text): &(String, String)| print_line(format_args!("  {name}: {text}"));
    descriptions.iter().try_for_each(print)
}

/// Opens the first device of a kind and describes the result.
fn describe_device(kind: device::DeviceKind) -> (String, String) {
    let device = kind.first_device();
    let text = match device::open(DeviceSpec { device, precision: None }) {
        Ok(OpenDevice { precision, gpu_name: Some(name), .. }) => {
            format!("works, {name}, {precision}")
        }
        Ok(OpenDevice { precision, gpu_name: None, .. }) => format!("works, {precision}"),
        Err(error) => error.to_string(),
    };
    (device.to_string(), text)
}

/// Describes whether a data set is ready.
fn describe_source(source: &sources::Source, dir: &Path) -> (String, String) {
    let text = if source.files.is_empty() {
        source.by_hand.clone().unwrap_or_else(|| "included in the program".to_owned())
    } else {
        match sources::check(&source.name, dir) {
            Ok(checked) => format!("ready, {} + {} images", checked.train, checked.test),
            Err(_) => format!("missing; run `cargo xtask datasets fetch {}`", source.name),
        }
    };
    (source.name.clone(), text)
}

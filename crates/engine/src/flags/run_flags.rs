//! Flags shared by all experiments, and how a planned run is carried out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use assay_runs::{Plan, RunDirectory};
use clap::Args;

use super::DeviceFlags;
use crate::data_module::DataModule;
use crate::experiment::PlannedRun;
use crate::output::print_line;
use crate::profile::Override;
use crate::scheduler::{SweepSettings, default_jobs, sweep};

/// Flags shared by all experiments.
#[derive(Debug, Clone, Args)]
pub struct RunFlags {
    /// A data set by name, or a folder with a folder of images for each class
    #[arg(long, value_name = "NAME|DIR")]
    pub data: Option<String>,
    /// Where downloaded data sets are [default: `$ASSAY_DATA`, or datasets/cache]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where to compute, and how precisely
    #[command(flatten)]
    pub device: DeviceFlags,
    /// Worker processes [default: one per core on the CPU; on a GPU, one per three cores as its memory allows]
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Number of seeds: each has its own random numbers
    #[arg(long, value_name = "N")]
    pub seeds: Option<u32>,
    /// The run's directory [default: runs/EXPERIMENT-PROFILE]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Overrides one value of the profile
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<Override>,
    /// Stops after so many minutes, as Ctrl-C does; the same command continues
    #[arg(long, value_name = "MINUTES", value_parser = minutes)]
    pub stop_after: Option<Duration>,
    /// What workers are started as, in place of this program; for tests of workers that fail
    #[arg(long, value_name = "PROGRAM", hide = true)]
    pub worker_program: Option<PathBuf>,
    /// Prints the plan and trains nothing
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

impl PlannedRun {
    /// Shows the plan, or works through it; says how it ended.
    ///
    /// # Errors
    /// When the run's directory cannot be used, or no worker can be started.
    pub fn carry_out(self) -> Result<ExitCode> {
        let Self { plan, device_spec, out, flags } = self;
        if flags.dry_run {
            return show(&plan, flags.json);
        }
        let run = RunDirectory::create_or_open(&out, plan)?;
        let cache = run.plan().settings["run"]["cache_mebibytes"].as_u64().unwrap_or(0);
        let jobs = flags.jobs.unwrap_or_else(|| default_jobs(device_spec.device, cache));
        let program = match flags.worker_program {
            Some(program) => program,
            None => std::env::current_exe().context("finding the program itself")?,
        };
        let stop_after = flags.stop_after;
        let settings = SweepSettings {
            device: device_spec,
            jobs,
            data_dir: flags.data_dir,
            program,
            stop_after,
        };
        let ending = sweep(&run, &settings)?;
        if let Some(reason) = &ending.abort_reason {
            eprintln!("{reason}");
        }
        if ending.is_incomplete() {
            eprintln!("stopped; the same command goes on from here, on another --device as well");
        }
        if ending.failed > 0 {
            eprintln!(
                "{} cells failed; {} says why",
                ending.failed,
                out.join("failures").display()
            );
        }
        print_line(format_args!("{}", out.display()))?;
        let whole = ending.failed == 0 && !ending.is_incomplete();
        Ok(if whole { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

/// A time in minutes, above 0.
///
/// # Errors
/// When the text is no such number; in words.
pub fn minutes(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no number of minutes above 0, such as 9.5");
    let minutes: f64 = text.parse().map_err(|_| wrong())?;
    let seconds = Duration::try_from_secs_f64(60.0 * minutes).map_err(|_| wrong())?;
    if seconds.is_zero() { Err(wrong()) } else { Ok(seconds) }
}

fn show(plan: &Plan, json: bool) -> Result<ExitCode> {
    if json {
        print_line(format_args!("{}", serde_json::to_string_pretty(plan)?))?;
    } else {
        let layers = match plan.layers.len() {
            0 => String::new(),
            layers => format!(" of {layers} layers"),
        };
        if let Some(note) = plan.imported_weights_note() {
            print_line(format_args!("{note}"))?;
        }
        print_line(format_args!("{} cells{layers}:", plan.cells.len()))?;
        for cell in &plan.cells {
            print_line(format_args!("  {}", cell.name()))?;
        }
        let settings = toml::to_string(&plan.settings).context("the resolved profile")?;
        print_line(format_args!("profile {}, resolved:\n\n{}", plan.profile, settings.trim_end()))?;
    }
    Ok(ExitCode::SUCCESS)
}

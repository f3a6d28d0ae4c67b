//! Flags of every command that works on the cells of a run.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::DeviceFlags;

/// Where and how to work on a run.
#[derive(Debug, Clone, Args)]
pub struct WorkFlags {
    /// Where downloaded data sets are [default: `$ASSAY_DATA`, or datasets/cache]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where to compute, and how precisely
    #[command(flatten)]
    pub device: DeviceFlags,
    /// Worker processes for each device [default: one per core on the CPU; on a GPU, one per three cores as its
    /// memory allows]
    #[arg(long, value_name = "N")]
    pub jobs: Option<usize>,
    /// Stops after so many minutes, as Ctrl-C does; the same command continues
    #[arg(long, value_name = "MINUTES", value_parser = minutes)]
    pub stop_after: Option<Duration>,
    /// Shares the run with other commands, here or on other machines, if all of them have this flag: each works on
    /// cells that no other has taken
    #[arg(long)]
    pub join: bool,
    /// With --join: after how long a silent command's cells are taken over. Give every command of a run the same value
    #[arg(long, value_name = "SECONDS", default_value = "180", value_parser = seconds)]
    pub lease: Duration,
    /// With --join: ends when others work on all cells that are left, instead of waiting for them
    #[arg(long, requires = "join")]
    pub no_wait: bool,
    /// What workers are started as, in place of this program; for tests of workers that fail
    #[arg(long, value_name = "PROGRAM", hide = true)]
    pub worker_program: Option<PathBuf>,
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

/// A time in whole seconds, at least 2.
fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds) if seconds >= 2 => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("{text:?} is no number of seconds of at least 2, such as 180")),
    }
}

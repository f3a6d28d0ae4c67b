//! The log: what `RUST_LOG` asks for, on standard error.

use anyhow::{Context, Result};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts the log if `RUST_LOG` is set: a level (`debug`), or levels by crate (`assay_engine=debug,warn`).
///
/// # Errors
/// Returns an error if `RUST_LOG` is none of these.
pub fn start_logging() -> Result<()> {
    let Some(levels) = std::env::var_os("RUST_LOG") else { return Ok(()) };
    let levels = levels.to_string_lossy().into_owned();
    let targets: Targets = levels
        .parse()
        .with_context(|| format!("RUST_LOG={levels}: try RUST_LOG=assay_engine=debug"))?;
    let to_stderr = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    tracing_subscriber::registry().with(to_stderr).with(targets).init();
    Ok(())
}

//! `assay report`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use assay_engine::output::print_line;
use assay_report::ReportError;
use clap::Args;

use crate::registry::REPORTS;

/// Writes the report of a run from its records: `summary.json` and `report/` in the run's directory.
///
/// Works on a run in progress too, and says what is missing. Nothing is trained.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  assay report runs/transfer-quick
  assay report runs/transfer-quick --json

Exit status: 0 the report is written, 1 it is written and leaves out cells whose files are damaged, 2 it
could not be written.")]
pub struct Report {
    /// The directory of a run (it has a plan.json)
    run: PathBuf,
    /// Prints summary.json
    #[arg(long)]
    json: bool,
}

impl Report {
    /// Writes the report and prints where it is, or its summary.
    pub fn run(&self) -> Result<ExitCode> {
        let assay_report::Report { summary, damaged } = report(&self.run)?;
        for cell in &damaged {
            eprintln!("{cell}; run the command of this run again to repair it");
        }
        if self.json {
            print_line(serde_json::to_string_pretty(&summary)?)?;
        } else {
            let page = self.run.join("report").join("index.html");
            let done = format!("{} of {} cells", summary.cells_done, summary.cells_planned);
            print_line(format_args!("{} ({done})", page.display()))?;
        }
        Ok(if damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Writes the report of a run of any of the program's experiments.
///
/// # Errors
/// As for [`assay_report::write_report`].
pub fn report(run: &Path) -> Result<assay_report::Report, ReportError> {
    assay_report::write_report(run, &REPORTS)
}

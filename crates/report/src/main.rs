//! `assay-report RUN_DIR [--json]`: makes the report of a run, finished or not.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Makes the report of a run from its records: `summary.json` and `report/` in the run's directory.
///
/// Works on a run in progress too, and says what is missing. Nothing is trained.
#[derive(Debug, Parser)]
#[command(name = "assay-report", version)]
struct Arguments {
    /// The directory of a run (it holds a plan.json).
    run: PathBuf,
    /// Print summary.json.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match report(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("assay-report: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn report(arguments: &Arguments) -> anyhow::Result<()> {
    let summary = assay_report::write_report(&arguments.run)?;
    let mut out = std::io::stdout().lock();
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&summary)?)?;
    } else {
        let page = arguments.run.join("report").join("index.html");
        let done = format!("{} of {} cells", summary.cells_done, summary.cells_planned);
        writeln!(out, "{} ({done})", page.display())?;
    }
    Ok(())
}

//! `assay-report RUN_DIR [--json]`: makes the report of a run, finished or not.
//! `assay-report temperature-curve`: draws what a temperature does to a softmax.

use std::process::ExitCode;

use assay_report_cli::{CurveArguments, ReportArguments, run_report, run_temperature_curve};
use clap::{Parser, Subcommand};

/// Makes the report of a run from its records: `summary.json` and `report/` in the run's directory.
///
/// Works on a run in progress too, and says what is missing. Nothing is trained. Exit status: 0 the report is
/// made, 1 it is made and leaves out cells whose files are damaged, 2 it could not be made.
#[derive(Debug, Parser)]
#[command(
    name = "assay-report",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(flatten)]
    report: Option<ReportArguments>,
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Draws the softmax of some logits at temperatures 1 to 9, as SVG and PNG, and prints it. Needs no run
    TemperatureCurve(CurveArguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match (arguments.task, arguments.report) {
        (Some(Task::TemperatureCurve(curve)), _) => {
            run_temperature_curve(curve).map(|()| ExitCode::SUCCESS)
        }
        (None, Some(report)) => run_report(&report),
        (None, None) => unreachable!("clap asks for a run where there is no task"),
    };
    done.unwrap_or_else(|error| {
        eprintln!("assay-report: {error:#}");
        ExitCode::from(2)
    })
}

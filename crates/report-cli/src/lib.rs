//! The reports of the three experiments as commands, for a program to call.

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use assay_distill::TemperatureCurve;
use assay_report::{Experiment, Report, ReportError, write_figure};
use assay_runs::Summary;
use clap::Args;

/// The experiments that have a report.
pub const EXPERIMENTS: [Experiment; 3] =
    [assay_transfer::EXPERIMENT, assay_distill::EXPERIMENT, assay_fool::EXPERIMENT];

/// `report RUN`.
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// The directory of a run (it holds a plan.json).
    pub run: PathBuf,
    /// Print summary.json.
    #[arg(long)]
    pub json: bool,
}

/// `temperature-curve`.
#[derive(Debug, Args)]
pub struct CurveArguments {
    /// 2 to 20 logits, as 3.0,8.5,-1 [default: five, drawn uniformly in 0 to 20]
    #[arg(
        long,
        value_name = "LOGITS",
        value_delimiter = ',',
        value_parser = finite,
        allow_hyphen_values = true,
        conflicts_with = "seed"
    )]
    logits: Option<Vec<f64>>,
    /// What the five logits are drawn with
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The SVG; the PNG is written beside it
    #[arg(long, value_name = "FILE", default_value = "temperature-curve.svg")]
    out: PathBuf,
    /// Print the logits and probabilities as JSON
    #[arg(long)]
    json: bool,
}

/// Makes the report of a run of any of the [`EXPERIMENTS`].
///
/// # Errors
/// As for [`assay_report::report`].
pub fn report(run: &Path) -> Result<Report, ReportError> {
    assay_report::report(run, &EXPERIMENTS)
}

/// Makes the report of a run, and returns its summary.
///
/// # Errors
/// As for [`assay_report::report`].
pub fn write_report(run: &Path) -> Result<Summary, ReportError> {
    report(run).map(|report| report.summary)
}

/// Makes the report and prints where it is, or its summary as JSON. The exit status is 1 where cells are damaged or
/// made from a result that was replaced; it names them.
///
/// # Errors
/// When the report cannot be made, or standard output cannot be written to.
pub fn run_report(arguments: &ReportArguments) -> Result<ExitCode> {
    let run = &arguments.run;
    let Report { summary, damaged } = report(run)?;
    for cell in &damaged {
        eprintln!("{cell}; the command of the run makes it again");
    }
    if arguments.json {
        print(serde_json::to_string_pretty(&summary)?)?;
    } else {
        let page = run.join("report").join("index.html");
        let done = format!("{} of {} cells", summary.cells_done, summary.cells_planned);
        print(format_args!("{} ({done})", page.display()))?;
    }
    Ok(if damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Draws what a temperature does to a softmax, as SVG and PNG, and prints it.
///
/// # Errors
/// When the logits cannot be drawn, or a file or standard output cannot be written to.
pub fn run_temperature_curve(arguments: CurveArguments) -> Result<()> {
    let out = &arguments.out;
    ensure!(
        out.extension().is_some_and(|ending| ending == "svg"),
        "--out {}: give a name that ends in .svg; the PNG is written beside it",
        out.display()
    );
    let curve = match arguments.logits {
        Some(logits) => TemperatureCurve::of(logits)?,
        None => TemperatureCurve::drawn(arguments.seed),
    };
    // An error names the folder, which a file's name alone does not have.
    write_figure(&std::path::absolute(out)?, &curve.figure()?)?;
    eprintln!("written: {} and {}", out.display(), out.with_extension("png").display());
    if arguments.json {
        return print(serde_json::to_string_pretty(&curve.json())?);
    }
    print(curve)
}

fn finite(text: &str) -> Result<f64, &'static str> {
    let number = text.trim().parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or("not a finite number")
}

/// Prints a line. That nobody reads on, as behind `| head`, is no error.
fn print(text: impl Display) -> Result<()> {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("standard output")
        }
        _ => Ok(()),
    }
}

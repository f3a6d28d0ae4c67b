//! `assay-report RUN_DIR [--json]`: makes the report of a run, finished or not.
//! `assay-report temperature-curve`: draws what a temperature does to a softmax.

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use assay_report::{Report, TemperatureCurve, write_figure};
use clap::{Args, Parser, Subcommand};

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
    /// The directory of a run (it holds a plan.json).
    #[arg(required = true)]
    run: Option<PathBuf>,
    /// Print summary.json.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Draws the softmax of some logits at temperatures 1 to 9, as SVG and PNG, and prints it. Needs no run
    TemperatureCurve(Curve),
}

#[derive(Debug, Args)]
struct Curve {
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

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match (arguments.task, arguments.run) {
        (Some(Task::TemperatureCurve(curve)), _) => {
            temperature_curve(curve).map(|()| ExitCode::SUCCESS)
        }
        (None, Some(run)) => report(&run, arguments.json),
        (None, None) => unreachable!("clap asks for a run where there is no task"),
    };
    match done {
        Ok(status) => status,
        Err(error) => {
            eprintln!("assay-report: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Makes the report; 1 where cells are damaged or made from a result that was replaced, which it names.
fn report(run: &Path, json: bool) -> Result<ExitCode> {
    let Report { summary, damaged } = assay_report::report(run)?;
    for cell in &damaged {
        eprintln!("{cell}; the command of the run makes it again");
    }
    if json {
        print(serde_json::to_string_pretty(&summary)?)?;
    } else {
        let page = run.join("report").join("index.html");
        let done = format!("{} of {} cells", summary.cells_done, summary.cells_planned);
        print(format_args!("{} ({done})", page.display()))?;
    }
    Ok(if damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn temperature_curve(arguments: Curve) -> Result<()> {
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

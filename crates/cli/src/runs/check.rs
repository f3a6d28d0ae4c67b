//! `assay runs check`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use assay_engine::output::print_line;
use assay_runs::{RunDirectory, RunError};
use clap::Args;
use indicatif::ProgressBar;
use serde::Serialize;

/// Verifies every file of every result against its digest, and every result against those that it was made from.
/// Changes nothing
#[derive(Debug, Args)]
#[command(after_help = "\
Exit status: 0 all results are intact, 1 some are not, 2 the run could not be read.")]
pub struct Check {
    /// The directory of a run (it has a plan.json)
    run: PathBuf,
    /// Prints everything as JSON
    #[arg(long)]
    json: bool,
}

/// What was found.
#[derive(Debug, Default, Serialize)]
struct Found {
    intact: usize,
    /// Cells without a result yet.
    missing: usize,
    /// Cells that are damaged, or made from results that have changed since.
    damaged: Vec<Damaged>,
}

#[derive(Debug, Serialize)]
struct Damaged {
    cell: String,
    reason: String,
}

impl Check {
    pub(super) fn run(self) -> Result<ExitCode> {
        let run = RunDirectory::open(&self.run)?;
        let found = check(&run)?;
        if self.json {
            print_line(serde_json::to_string_pretty(&found)?)?;
        } else {
            for Damaged { cell, reason } in &found.damaged {
                print_line(format_args!("{cell}: {reason}"))?;
            }
            let (intact, missing, damaged) = (found.intact, found.missing, found.damaged.len());
            print_line(format_args!(
                "{intact} cells intact, {missing} not done yet, {damaged} not intact"
            ))?;
            if damaged > 0 {
                let path = assay_engine::shell::quote(&self.run.to_string_lossy());
                print_line(format_args!(
                    "`assay resume {path}` moves these away and computes them again"
                ))?;
            }
        }
        Ok(if found.damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn check(run: &RunDirectory) -> Result<Found> {
    let mut found = Found::default();
    let bar = ProgressBar::new(run.plan().cells.len() as u64);
    for cell in bar.wrap_iter(run.plan().cells.iter()) {
        match run.verify(cell) {
            Ok(Some(_)) => found.intact += 1,
            Ok(None) => found.missing += 1,
            Err(error) if error.is_damage() || matches!(error, RunError::Outdated { .. }) => {
                found.damaged.push(Damaged { cell: cell.name(), reason: error.describe() });
            }
            Err(error) => return Err(error.into()),
        }
    }
    bar.finish_and_clear();
    Ok(found)
}

//! `assay runs show`.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use assay_engine::output::print_line;
use assay_engine::run_status::read_events;
use assay_engine::scheduler::{LogEvent, LogLine};
use assay_engine::worker::unix_time;
use assay_runs::{Cell, Evaluation, Provenance, Record, RunDirectory};
use clap::Args;
use serde_json::json;

use crate::find_cell::find_cell;

/// Tells the life of one cell: its attempts, where it was computed, its result, and what it was made from
#[derive(Debug, Args)]
pub struct Show {
    /// The directory of a run (it has a plan.json)
    run: PathBuf,
    /// The cell: its name, the beginning of its name, or its identity
    cell: String,
    /// Prints everything as JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(self) -> Result<ExitCode> {
        let run = RunDirectory::open(&self.run)?;
        let cell = find_cell(run.plan(), &self.cell)?;
        let verified = run.verify(&cell);
        let attempts = attempts(&run, &cell)?;
        if self.json {
            let result = verified.as_ref().ok().and_then(Option::as_ref);
            let value = json!({
                "cell": cell,
                "name": cell.name(),
                "record": result.map(|(record, _)| record),
                "provenance": result.map(|(_, provenance)| provenance),
                "problem": verified.as_ref().err().map(ToString::to_string),
                "failure": run.failure_reason(&cell)?,
                "attempts": attempts,
            });
            print_line(serde_json::to_string_pretty(&value)?)?;
            return Ok(ExitCode::SUCCESS);
        }
        let mut text = cell.name();
        match verified {
            Ok(Some((record, provenance))) => describe_result(&mut text, &record, &provenance),
            Ok(None) => text.push_str("\nnot done yet"),
            Err(error) => {
                let _ = write!(text, "\nnot intact: {}", error.describe());
            }
        }
        if let Some(reason) = run.failure_reason(&cell)? {
            let _ = write!(text, "\nthe last attempt failed: {reason}");
        }
        describe_dependencies(&mut text, &run, &cell);
        let now = unix_time();
        for (log, line) in &attempts {
            let _ = write!(
                text,
                "\n{:.0} min ago, {log}: {}",
                (now - line.time) / 60.0,
                describe(&line.event)
            );
        }
        print_line(text)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What schedulers logged about a cell, in order of time, with the name of the log.
fn attempts(run: &RunDirectory, cell: &Cell) -> Result<Vec<(String, LogLine)>> {
    let name = cell.name();
    let is_of_cell = |line: &LogLine| match &line.event {
        LogEvent::CellStarted { cell, .. }
        | LogEvent::CellDone { cell, .. }
        | LogEvent::CellFailed { cell, .. } => *cell == name,
        _ => false,
    };
    let mut found = Vec::new();
    for (log, lines) in read_events(run)? {
        found.extend(lines.into_iter().filter(is_of_cell).map(|line| (log.clone(), line)));
    }
    found.sort_by(|a, b| a.1.time.total_cmp(&b.1.time));
    Ok(found)
}

fn describe(event: &LogEvent) -> String {
    match event {
        LogEvent::CellStarted { device, worker, .. } => {
            format!("began on {device}, worker {worker}")
        }
        LogEvent::CellDone { result, .. } => format!("done: {result}"),
        LogEvent::CellFailed { reason, .. } => format!("failed: {reason}"),
        other => format!("{other:?}"),
    }
}

fn describe_result(text: &mut String, record: &Record, provenance: &Provenance) {
    let accuracy = |evaluation: Evaluation| {
        let Evaluation { images, loss, .. } = evaluation;
        format!(
            "{:.2} % of {images} images, cross-entropy {loss:.4}",
            100.0 * evaluation.accuracy()
        )
    };
    let _ = write!(text, "\nintact: {:?}", record.outcome);
    for (name, evaluation) in [("training", record.train), ("test", record.test)] {
        if let Some(evaluation) = evaluation {
            let _ = write!(text, "\n{name}: {}", accuracy(evaluation));
        }
    }
    let Provenance { device, precision, machine, version, seconds, resumed, .. } = provenance;
    let _ = write!(text, "\ncomputed on {device} in {precision}, {machine}, by assay {version}");
    let _ = write!(text, "\n{:.1} s of work, {resumed} times resumed", seconds.total);
    for (file, digest) in &record.files {
        let _ = write!(text, "\nfile {file}, BLAKE3 {}", &digest[..digest.len().min(16)]);
    }
}

fn describe_dependencies(text: &mut String, run: &RunDirectory, cell: &Cell) {
    for needed in cell.dependencies() {
        let state = match run.verify(&needed) {
            Ok(Some(_)) => "intact".to_owned(),
            Ok(None) => "not done yet".to_owned(),
            Err(error) => error.describe(),
        };
        let _ = write!(text, "\nneeds {}: {state}", needed.name());
    }
}

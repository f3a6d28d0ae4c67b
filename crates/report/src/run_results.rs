//! What a run has to show: every planned cell with what became of it.

use std::path::PathBuf;

use assay_runs::{Cell, Outcome, Plan, Provenance, Record, RunDirectory, RunError};

use crate::ReportError;

/// What became of a planned cell.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// It has a record, whatever its outcome.
    Done(Box<Record>, Box<Provenance>),
    /// It was tried and has no record; why.
    Failed(String),
    /// It has a folder that is not what was published; why. Counts as failed.
    Damaged(String),
    /// It was not tried, or is being tried.
    Missing,
}

/// A planned cell and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct CellResult {
    /// The cell.
    pub cell: Cell,
    /// What became of it.
    pub state: State,
    /// Where its files are, once it is done.
    pub folder: PathBuf,
}

impl CellResult {
    /// Its record, where it has one.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        let State::Done(record, _) = &self.state else { return None };
        Some(record)
    }

    /// Its provenance, where it has a record.
    #[must_use]
    pub fn provenance(&self) -> Option<&Provenance> {
        let State::Done(_, provenance) = &self.state else { return None };
        Some(provenance)
    }

    /// A file that it left behind, as it was published; none where it left no such file.
    ///
    /// # Errors
    /// When the file cannot be read, or is no longer what was published.
    pub fn file(&self, name: &str) -> Result<Option<Vec<u8>>, ReportError> {
        let record = self.record().filter(|record| record.files.contains_key(name));
        Ok(record.map(|record| record.read_file(&self.folder, name)).transpose()?)
    }

    /// Test accuracy after the last step in percent, [0, 100]; none unless it was trained: if it did not
    /// learn or diverged, the optimizer failed, which says nothing else.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        let record = self.record()?;
        let trained = record.outcome == Outcome::Trained;
        record.test.filter(|_| trained).map(|test| 100.0 * test.accuracy())
    }

    /// What became of it, and why, where it has no record.
    #[must_use]
    pub fn ending(&self) -> String {
        match &self.state {
            State::Failed(reason) | State::Damaged(reason) => format!("failed: {reason}"),
            State::Done(..) | State::Missing => self.outcome().to_owned(),
        }
    }

    /// What became of it in one word.
    #[must_use]
    pub fn outcome(&self) -> &'static str {
        match &self.state {
            State::Done(record, _) => match record.outcome {
                Outcome::Trained => "trained",
                Outcome::DidNotLearn => "did not learn",
                Outcome::Diverged { .. } => "diverged",
                Outcome::Measured => "measured",
            },
            State::Failed(_) | State::Damaged(_) => "failed",
            State::Missing => "missing",
        }
    }
}

/// All planned cells of a run, with what became of each.
#[derive(Debug, Clone)]
pub struct RunResults {
    plan: Plan,
    all: Vec<CellResult>,
}

impl RunResults {
    /// Reads a run, finished or not, and compares every file of its cells with what was published: a damaged
    /// cell is one that failed.
    ///
    /// # Errors
    /// When a note of a failure cannot be read, or the system fails while a file of a cell is read.
    pub fn read(run: &RunDirectory) -> Result<Self, ReportError> {
        let all = run.plan().cells.iter().map(|cell| observe(run, cell));
        Ok(Self { plan: run.plan().clone(), all: all.collect::<Result<_, _>>()? })
    }

    /// What the run was to do.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Every planned cell, in the plan's order.
    #[must_use]
    pub fn all(&self) -> &[CellResult] {
        &self.all
    }

    /// How many cells have this outcome.
    #[must_use]
    pub fn count(&self, outcome: &str) -> usize {
        self.all.iter().filter(|cell_result| cell_result.outcome() == outcome).count()
    }

    /// How many planned cells have a record.
    #[must_use]
    pub fn done(&self) -> usize {
        self.all.iter().filter(|cell_result| cell_result.record().is_some()).count()
    }
}

fn observe(run: &RunDirectory, cell: &Cell) -> Result<CellResult, ReportError> {
    let state = match run.verify(cell) {
        Ok(Some((record, provenance))) => State::Done(Box::new(record), Box::new(provenance)),
        Ok(None) => match run.failure_reason(cell) {
            Ok(reason) => reason.map_or(State::Missing, State::Failed),
            Err(error @ RunError::Malformed { .. }) => State::Failed(error.describe()),
            Err(error) => return Err(error.into()),
        },
        Err(error) if error.is_damage() => State::Damaged(format!("damaged: {}", error.describe())),
        Err(error @ RunError::Outdated { .. }) => State::Damaged(error.describe()),
        Err(error) => return Err(error.into()),
    };
    Ok(CellResult { cell: cell.clone(), state, folder: run.cell_folder(cell) })
}

/// Each value once, in the order of first appearance.
pub fn distinct<T: PartialEq>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen
}

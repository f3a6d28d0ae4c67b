//! What a run has to show: every planned cell with what became of it.

use std::path::PathBuf;

use assay_runs::{Cell, Outcome, Plan, Provenance, Record, RunDirectory};

use crate::ReportError;

/// What became of a planned cell.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// It has a record, whatever its outcome.
    Done(Box<Record>, Box<Provenance>),
    /// It was tried and has no record; why.
    Failed(String),
    /// It was not tried, or is being tried.
    Missing,
}

/// A planned cell and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The cell.
    pub cell: Cell,
    /// What became of it.
    pub state: State,
    /// Where its files are, once it is done.
    pub folder: PathBuf,
}

impl Observation {
    /// Its record, where it has one.
    #[must_use]
    pub fn record(&self) -> Option<&Record> {
        match &self.state {
            State::Done(record, _) => Some(record),
            State::Failed(_) | State::Missing => None,
        }
    }

    /// Its provenance, where it has a record.
    #[must_use]
    pub fn provenance(&self) -> Option<&Provenance> {
        match &self.state {
            State::Done(_, provenance) => Some(provenance),
            State::Failed(_) | State::Missing => None,
        }
    }

    /// Test accuracy after the last step in percent, [0, 100]; none unless it was trained: a stuck
    /// or diverged training is a failure of the optimiser, and says nothing else.
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
            State::Failed(reason) => format!("failed: {reason}"),
            _ => self.outcome().to_owned(),
        }
    }

    /// What became of it in one word.
    #[must_use]
    pub fn outcome(&self) -> &'static str {
        match &self.state {
            State::Done(record, _) => match record.outcome {
                Outcome::Trained => "trained",
                Outcome::Stuck => "stuck",
                Outcome::Diverged { .. } => "diverged",
                Outcome::Measured => "measured",
            },
            State::Failed(_) => "failed",
            State::Missing => "missing",
        }
    }
}

/// All planned cells of a run, with what became of each.
#[derive(Debug, Clone)]
pub struct Observations {
    plan: Plan,
    all: Vec<Observation>,
}

impl Observations {
    /// Reads a run, finished or not.
    ///
    /// # Errors
    /// When a record, a provenance or a failure note cannot be read.
    pub fn read(run: &RunDirectory) -> Result<Self, ReportError> {
        let plan = run.plan().clone();
        let all =
            plan.cells.iter().map(|cell| observe(run, cell)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { plan, all })
    }

    /// What the run was to do.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Every planned cell, in the plan's order.
    #[must_use]
    pub fn all(&self) -> &[Observation] {
        &self.all
    }

    /// How many observations have this outcome.
    #[must_use]
    pub fn count(&self, outcome: &str) -> usize {
        self.all.iter().filter(|observation| observation.outcome() == outcome).count()
    }

    /// How many planned cells have a record.
    #[must_use]
    pub fn done(&self) -> usize {
        self.all.iter().filter(|observation| observation.record().is_some()).count()
    }
}

fn observe(run: &RunDirectory, cell: &Cell) -> Result<Observation, ReportError> {
    let state = match (run.record(cell)?, run.provenance(cell)?) {
        (Some(record), Some(provenance)) => State::Done(Box::new(record), Box::new(provenance)),
        // A cell that was published between the two looks is counted the next time.
        _ => run.failure_reason(cell)?.map_or(State::Missing, State::Failed),
    };
    Ok(Observation { cell: cell.clone(), state, folder: run.cell_folder(cell) })
}

/// Each value once, in the order of first appearance.
pub(crate) fn distinct<T: PartialEq>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen
}

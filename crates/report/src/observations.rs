//! What a run has to show: every planned cell with what became of it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;

use assay_runs::{Cell, Outcome, Plan, Provenance, Record, RunDirectory, Split, Treatment};

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
    /// or diverged training says nothing about features.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        let record = self.record()?;
        let trained = record.outcome == Outcome::Trained;
        record.test.filter(|_| trained).map(|test| 100.0 * test.accuracy())
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

/// The unit of resampling: one split with one seed. Its cells share two base networks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cluster {
    /// Which classes are in which half.
    pub split: Split,
    /// Distinguishes repeats on one split.
    pub seed: u32,
}

impl std::fmt::Display for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, seed {}", self.split, self.seed)
    }
}

/// What tells the cells of one run apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    treatment: Treatment,
    cluster: Cluster,
    images_per_class: Option<u32>,
}

/// All planned cells of a run, with what became of each.
#[derive(Debug, Clone)]
pub struct Observations {
    plan: Plan,
    all: Vec<Observation>,
    index: HashMap<Key, usize>,
    unpaired: usize,
}

impl Observations {
    /// Reads a run, finished or not.
    ///
    /// # Errors
    /// When a record, a provenance or a failure note cannot be read.
    pub fn read(run: &RunDirectory) -> Result<Self, ReportError> {
        let plan = run.plan().clone();
        let observations =
            plan.cells.iter().map(|cell| observe(run, cell)).collect::<Result<Vec<_>, _>>()?;
        let mut index = HashMap::new();
        let mut unpaired = 0;
        for (place, observation) in observations.iter().enumerate() {
            let cell = &observation.cell;
            let cluster = Cluster { split: cell.split.clone(), seed: cell.seed };
            let images_per_class = cell.images_per_class;
            let key = Key { treatment: cell.treatment, cluster, images_per_class };
            if let Entry::Vacant(vacant) = index.entry(key) {
                vacant.insert(place);
            } else {
                unpaired += 1;
            }
        }
        Ok(Self { plan, all: observations, index, unpaired })
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

    /// Cells that differ from an earlier one in network, schedule or data only. The statistics
    /// leave them out: they pair cells by treatment, split, seed and images a class.
    #[must_use]
    pub fn unpaired(&self) -> usize {
        self.unpaired
    }

    /// The cell of a cluster with this treatment and so many images a class, where it is planned.
    #[must_use]
    pub fn find(
        &self,
        treatment: Treatment,
        cluster: &Cluster,
        images_per_class: Option<u32>,
    ) -> Option<&Observation> {
        let key = Key { treatment, cluster: cluster.clone(), images_per_class };
        self.index.get(&key).map(|&place| &self.all[place])
    }

    /// How many layers the network has.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.plan.layers.len()
    }

    /// Kinds of split in the plan, in its order, each once.
    #[must_use]
    pub fn kinds(&self) -> Vec<&str> {
        distinct(self.all.iter().map(|observation| observation.cell.split.kind()))
    }

    /// The kind of split that the claims are about: `random`, or the plan's first where it has none.
    #[must_use]
    pub fn main_kind(&self) -> &str {
        let kinds = self.kinds();
        if kinds.contains(&"random") {
            "random"
        } else {
            kinds.first().copied().unwrap_or("random")
        }
    }

    /// How many images a class the copied cells of a kind of split see, ascending, all of them last.
    #[must_use]
    pub fn sizes(&self, kind: &str) -> Vec<Option<u32>> {
        let of_kind = || self.all.iter().filter(|o| o.cell.split.kind() == kind);
        let copied = |o: &&Observation| matches!(o.cell.treatment, Treatment::Copied { .. });
        let mut sizes = distinct(of_kind().filter(copied).map(|o| o.cell.images_per_class));
        if sizes.is_empty() {
            sizes = distinct(of_kind().map(|o| o.cell.images_per_class));
        }
        sizes.sort_by_key(|size| size.unwrap_or(u32::MAX));
        sizes
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

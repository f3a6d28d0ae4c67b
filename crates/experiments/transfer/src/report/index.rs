//! The transfer study's cells, found by what tells them apart.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use assay_runs::{ClassSplit, Plan, TransferCell, Treatment};

use super::counted::{base_of_target, of_failure};
use assay_report::observations::{Observation, Observations, distinct};

/// A planned cell of the transfer study and what became of it.
#[derive(Debug, Clone, Copy)]
pub struct Training<'a> {
    /// The cell.
    pub cell: &'a TransferCell,
    /// What became of it.
    pub observation: &'a Observation,
    /// What it counts as, in percent; none where it does not count.
    pub accuracy: Option<f64>,
}

/// The unit of resampling: one split with one seed. Its cells share two base networks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cluster {
    /// Which classes are in which half.
    pub split: ClassSplit,
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

/// All planned cells of the transfer study, with what became of each.
#[derive(Debug, Clone)]
pub struct Index<'a> {
    plan: &'a Plan,
    all: Vec<Training<'a>>,
    places: HashMap<Key, usize>,
    unpaired: usize,
}

impl<'a> Index<'a> {
    /// The transfer study's cells among a run's.
    #[must_use]
    pub fn new(observations: &'a Observations) -> Self {
        let training = |observation: &'a Observation| {
            let accuracy = observation.accuracy();
            Some(Training { cell: observation.cell.transfer()?, observation, accuracy })
        };
        let all: Vec<Training> = observations.all().iter().filter_map(training).collect();
        let mut places = HashMap::new();
        let mut unpaired = 0;
        for (place, Training { cell, .. }) in all.iter().enumerate() {
            let cluster = Cluster { split: cell.split.clone(), seed: cell.seed };
            let images_per_class = cell.images_per_class;
            let key = Key { treatment: cell.treatment, cluster, images_per_class };
            if let Entry::Vacant(vacant) = places.entry(key) {
                vacant.insert(place);
            } else {
                unpaired += 1;
            }
        }
        Self { plan: observations.plan(), all, places, unpaired }.with_failures_that_count()
    }

    /// The same with the accuracies of those failed networks that count.
    fn with_failures_that_count(mut self) -> Self {
        let (layers, classes) = (&self.plan.layers, self.plan.classes.len());
        for at in 0..self.all.len() {
            let Training { cell, observation, accuracy } = self.all[at];
            let cluster = Cluster { split: cell.split.clone(), seed: cell.seed };
            let base = base_of_target(cell);
            let base = base.and_then(|(base, images)| self.find(base, &cluster, images));
            let base = base.map(|base| base.observation);
            self.all[at].accuracy =
                accuracy.or_else(|| of_failure(cell, observation, base, layers, classes));
        }
        self
    }

    /// What the run was to do.
    #[must_use]
    pub fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// Every planned cell, in the plan's order.
    #[must_use]
    pub fn all(&self) -> &[Training<'a>] {
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
    ) -> Option<Training<'a>> {
        let key = Key { treatment, cluster: cluster.clone(), images_per_class };
        self.places.get(&key).map(|&place| self.all[place])
    }

    /// How many layers the network has.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.plan.layers.len()
    }

    /// The network's last cut point, before its last layer.
    #[must_use]
    pub fn last_cut(&self) -> u8 {
        u8::try_from(self.depth().saturating_sub(1)).unwrap_or(u8::MAX)
    }

    /// Kinds of split in the plan, in its order, each once.
    #[must_use]
    pub fn kinds(&self) -> Vec<&'a str> {
        distinct(self.all.iter().map(|training| training.cell.split.kind()))
    }

    /// The kind of split that the claims are about: `random`, or the plan's first where it has none.
    #[must_use]
    pub fn main_kind(&self) -> &'a str {
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
        let of_kind = || self.all.iter().filter(|training| training.cell.split.kind() == kind);
        let copied =
            |training: &&Training<'_>| matches!(training.cell.treatment, Treatment::Copied { .. });
        let mut sizes =
            distinct(of_kind().filter(copied).map(|training| training.cell.images_per_class));
        if sizes.is_empty() {
            sizes = distinct(of_kind().map(|training| training.cell.images_per_class));
        }
        sizes.sort_by_key(|size| size.unwrap_or(u32::MAX));
        sizes
    }
}

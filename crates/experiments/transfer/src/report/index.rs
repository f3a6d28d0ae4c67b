//! The cells of the transfer experiment, by their distinguishing properties.

use crate::{ClassSplit, TransferCell, Treatment};
use assay_runs::Plan;

use assay_report::measurements::{Measurement, Measurements};

use super::counted::{base_of_target, of_failure};
use assay_report::run_results::{CellResult, RunResults, distinct};

/// A planned cell of the transfer experiment and its result.
#[derive(Debug, Clone, Copy)]
pub struct Training<'a> {
    /// The cell.
    pub cell: &'a TransferCell,
    /// Its result.
    pub cell_result: &'a CellResult,
    /// The accuracy it counts with, in percent; none if it does not count.
    pub accuracy: Option<f64>,
}

/// The unit of resampling: one split with one seed. Its cells share two base networks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cluster {
    /// Which classes are in which half.
    pub split: ClassSplit,
    /// Distinguishes repetitions on one split.
    pub seed: u32,
}

impl std::fmt::Display for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, seed {}", self.split, self.seed)
    }
}

/// What distinguishes the cells of one cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The treatment.
    pub treatment: Treatment,
    /// The number of images per class; none for all images.
    pub images_per_class: Option<u32>,
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.treatment.fmt(f)
    }
}

/// All planned cells of the transfer experiment, with their results.
#[derive(Debug, Clone)]
pub struct Index<'a> {
    plan: &'a Plan,
    all: Vec<Training<'a>>,
    measurements: Measurements<Key, Cluster>,
}

impl<'a> Index<'a> {
    /// Selects the cells of the transfer experiment from those of a run.
    #[must_use]
    pub fn new(run: &'a RunResults) -> Self {
        let training = |cell_result: &'a CellResult| {
            let accuracy = cell_result.accuracy();
            Some(Training {
                cell: cell_result.cell.downcast_ref::<TransferCell>()?,
                cell_result,
                accuracy,
            })
        };
        let all: Vec<Training> = run.all().iter().filter_map(training).collect();
        let measurements = Measurements::new(all.iter().map(row).collect());
        let mut index = Self { plan: run.plan(), all, measurements };
        index.count_failures();
        let rows = index
            .all
            .iter()
            .map(|training| Measurement { value: index.accuracy(training), ..row(training) });
        index.measurements = Measurements::new(rows.collect());
        index
    }

    /// Adds the accuracies of the failed networks that count.
    fn count_failures(&mut self) {
        let (layers, classes) = (&self.plan.layers, self.plan.classes.len());
        for at in 0..self.all.len() {
            let Training { cell, cell_result, accuracy } = self.all[at];
            let base = base_of_target(cell);
            let base = base.and_then(|(base, images)| self.find(base, &cluster_of(cell), images));
            let base = base.map(|base| base.cell_result);
            self.all[at].accuracy =
                accuracy.or_else(|| of_failure(cell, cell_result, base, layers, classes));
        }
    }

    /// The accuracy that a cell counts with, in percent, or why it does not count. Layers of a base
    /// that did not learn show nothing about features.
    fn accuracy(&self, training: &Training) -> Result<f64, String> {
        let Training { cell, cell_result, accuracy } = *training;
        let treatment = cell.treatment;
        for needed in cell.bases() {
            let name = needed.treatment;
            let base = self.find(name, &cluster_of(cell), needed.images_per_class);
            let base = base.ok_or_else(|| format!("{name} is not planned"))?;
            if base.accuracy.is_none() {
                let outcome = base.cell_result.outcome();
                return Err(format!("{name}, which {treatment} needs, {outcome}"));
            }
        }
        accuracy.ok_or_else(|| format!("{treatment} {}", cell_result.outcome()))
    }

    /// The tidy table: accuracies in percent by treatment and cluster.
    #[must_use]
    pub fn measurements(&self) -> &Measurements<Key, Cluster> {
        &self.measurements
    }

    /// The plan of the run.
    #[must_use]
    pub fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// Every planned cell, in the order of the plan.
    #[must_use]
    pub fn all(&self) -> &[Training<'a>] {
        &self.all
    }

    /// Cells that differ from an earlier one in network, schedule or data only. The statistics
    /// leave them out, because they pair cells by treatment, split, seed and images per class.
    #[must_use]
    pub fn unpaired(&self) -> usize {
        self.measurements.repeated()
    }

    /// The cell of a cluster with this treatment and number of images per class, if it is planned.
    #[must_use]
    pub fn find(
        &self,
        treatment: Treatment,
        cluster: &Cluster,
        images_per_class: Option<u32>,
    ) -> Option<Training<'a>> {
        let key = Key { treatment, images_per_class };
        self.measurements.position(cluster, &key).map(|place| self.all[place])
    }

    /// How many layers the network has.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.plan.layers.len()
    }

    /// The last cut point of the network, before its last layer.
    #[must_use]
    pub fn last_cut(&self) -> u8 {
        u8::try_from(self.depth().saturating_sub(1)).unwrap_or(u8::MAX)
    }

    /// The distinct kinds of split, in the order of the plan.
    #[must_use]
    pub fn kinds(&self) -> Vec<&'a str> {
        distinct(self.all.iter().map(|training| training.cell.split.kind()))
    }

    /// The kind of split that the claims are about: `random`, or the plan's first if it has no
    /// random splits.
    #[must_use]
    pub fn main_kind(&self) -> &'a str {
        let kinds = self.kinds();
        if kinds.contains(&"random") {
            "random"
        } else {
            kinds.first().copied().unwrap_or("random")
        }
    }

    /// The numbers of images per class of the copied cells of a kind of split, ascending; all
    /// images come last.
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

/// The cluster of a cell.
#[must_use]
pub fn cluster_of(cell: &TransferCell) -> Cluster {
    Cluster { split: cell.split.clone(), seed: cell.seed }
}

/// The row of a cell, with the accuracy of this cell alone.
fn row(training: &Training) -> Measurement<Key, Cluster> {
    let Training { cell, cell_result, accuracy } = *training;
    let test = cell_result.record().and_then(|record| record.test);
    let images = test.map(|test| test.images).filter(|images| *images > 0);
    Measurement {
        key: Key { treatment: cell.treatment, images_per_class: cell.images_per_class },
        cluster: cluster_of(cell),
        value: accuracy.ok_or_else(|| cell_result.outcome().to_owned()),
        step: images.map_or(0.0, |images| 100.0 / f64::from(images)),
    }
}

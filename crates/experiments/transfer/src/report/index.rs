//! The cells of the transfer experiment, by their distinguishing properties.

use crate::{ClassSplit, TransferCell, Treatment};
use assay_runs::{CellSpec, Plan};

use super::failed_networks::accuracy_of_failure;
use super::role::Role;
use assay_report::measurements::{Measurement, Measurements};
use assay_report::run_results::{CellResult, RunResults, distinct};
use assay_report::tuning::Trial;

/// A planned cell of the transfer experiment and its result.
#[derive(Debug, Clone, Copy)]
pub struct Training<'a> {
    /// The cell.
    pub cell: &'a TransferCell,
    /// Its role and its cut point, 0 for a base; none for all classes and for scores.
    pub role: Option<(Role, u8)>,
    /// Its result.
    pub cell_result: &'a CellResult,
    /// The accuracy that the statistics use, in percent; none if they leave it out.
    pub accuracy: Option<f64>,
}

impl Training<'_> {
    /// Its cluster.
    pub(crate) fn cluster(&self) -> Cluster {
        Cluster { split: self.cell.split.clone(), seed: self.cell.seed }
    }
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
    /// The plan of the run.
    pub(crate) plan: &'a Plan,
    /// Every planned cell, in the order of the plan.
    pub(crate) all: Vec<Training<'a>>,
    /// The trials of learning rates.
    pub(crate) trials: Vec<Trial<'a>>,
    /// The tidy table: accuracies in percent by treatment and cluster.
    pub(crate) measurements: Measurements<Key, Cluster>,
}

impl<'a> Index<'a> {
    /// Selects the cells of the transfer experiment from those of a run.
    #[must_use]
    pub fn new(run: &'a RunResults) -> Self {
        let training = |cell_result: &'a CellResult| {
            let (cell, accuracy) =
                (cell_result.cell.downcast_ref::<TransferCell>()?, cell_result.accuracy());
            if !cell.is_compared() {
                return None;
            }
            let role = Role::from_treatment(cell.treatment);
            Some(Training { cell, role, cell_result, accuracy })
        };
        let all: Vec<Training> = run.all().iter().filter_map(training).collect();
        let measurements = Measurements::new(all.iter().map(row).collect());
        let trials = run.all().iter().filter_map(trial).collect();
        let mut index = Self { plan: run.plan(), all, trials, measurements };
        for at in 0..index.all.len() {
            let training = index.all[at];
            index.all[at].accuracy =
                training.accuracy.or_else(|| index.accuracy_of_failure(&training));
        }
        let rows = index
            .all
            .iter()
            .map(|training| Measurement { value: index.accuracy(training), ..row(training) });
        index.measurements = Measurements::new(rows.collect());
        index
    }

    fn accuracy_of_failure(&self, training: &Training) -> Option<f64> {
        let Training { cell, cell_result, .. } = training;
        let base = Treatment::Base { target: cell.treatment.target()? };
        let base = self.find(base, &training.cluster(), cell.images_per_class)?.cell_result;
        accuracy_of_failure(cell, cell_result, base, self.plan)
    }

    /// The accuracy that is used of a cell, in percent, or why it is left out. Layers of a base
    /// that did not learn show nothing about features.
    fn accuracy(&self, training: &Training) -> Result<f64, String> {
        let Training { cell, cell_result, accuracy, .. } = *training;
        let treatment = cell.treatment;
        for needed in cell.bases() {
            let name = needed.treatment;
            let base = self.find(name, &training.cluster(), needed.images_per_class);
            let base = base.ok_or_else(|| format!("{name} is not planned"))?;
            if base.accuracy.is_none() {
                let outcome = base.cell_result.outcome();
                return Err(format!("{name}, which {treatment} needs, {outcome}"));
            }
        }
        accuracy.ok_or_else(|| format!("{treatment} {}", cell_result.outcome()))
    }

    /// The cell of a cluster with this treatment and number of images per class, if it is planned.
    pub(crate) fn find(
        &self,
        treatment: Treatment,
        cluster: &Cluster,
        images_per_class: Option<u32>,
    ) -> Option<Training<'a>> {
        let key = Key { treatment, images_per_class };
        self.measurements.position(cluster, &key).map(|place| self.all[place])
    }

    /// The last cut point of the network, before its last layer.
    pub(crate) fn last_cut(&self) -> u8 {
        u8::try_from(self.plan.layers.len().saturating_sub(1)).unwrap_or(u8::MAX)
    }

    /// The distinct kinds of split, in the order of the plan.
    pub(crate) fn kinds(&self) -> Vec<&'a str> {
        distinct(self.all.iter().map(|training| training.cell.split.kind()))
    }

    /// The kind of split that the claims are about: `random`, or the plan's first if it has no
    /// random splits.
    pub(crate) fn main_kind(&self) -> &'a str {
        let kinds = self.kinds();
        let first = kinds.first().filter(|_| !kinds.contains(&"random"));
        first.copied().unwrap_or("random")
    }

    /// The numbers of images per class of the copied cells of a kind of split, ascending; all
    /// images come last.
    pub(crate) fn sizes(&self, kind: &str) -> Vec<Option<u32>> {
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

/// The trial of a learning rate; none for any other cell.
fn trial(cell_result: &CellResult) -> Option<Trial<'_>> {
    let cell = cell_result.cell.downcast_ref::<TransferCell>()?;
    let (lr_factor, tuning) = (cell.trial?, cell.tuning.as_ref()?);
    let role = Role::from_treatment(cell.treatment);
    let name = role.map_or_else(|| cell.treatment.to_string(), |role| role.0.name().to_owned());
    // Random splits choose together, every other one by itself.
    let split = match &cell.split {
        ClassSplit::Random(_) => String::new(),
        split => format!(", {split} split"),
    };
    let images = cell.images_per_class.map(|images| format!(", {images} images per class"));
    Some(Trial {
        networks: format!("{name}{split}{}", images.unwrap_or_default()),
        tuning: &tuning.candidates,
        lr_factor,
        learning_rate: cell.schedule.learning_rate * lr_factor,
        cell_result,
    })
}

/// The row of a cell, with the accuracy of this cell alone.
fn row(training: &Training) -> Measurement<Key, Cluster> {
    let Training { cell, cell_result, accuracy, .. } = *training;
    let test = cell_result.record().and_then(|record| record.test);
    let images = test.map(|test| test.images).filter(|images| *images > 0);
    Measurement {
        key: Key { treatment: cell.treatment, images_per_class: cell.images_per_class },
        cluster: training.cluster(),
        value: accuracy.ok_or_else(|| cell_result.outcome().to_owned()),
        step: images.map_or(0.0, |images| 100.0 / f64::from(images)),
    }
}

//! Classifiers of one condition, each with what was measured on its logits.

use std::rc::Rc;

use assay_classifier_cells::ClassifierCell;
use assay_report::run_results::CellResult;
use assay_runs::{CellId, CellSpec};
use assay_stats::ClusterValues;

use super::agreement::Agreement;
use super::classification::ClassificationMetrics;
use super::condition::Condition;
use super::correction::Correction;
use super::measure::{Measure, step_of_counts};

/// A planned classifier and its result.
#[derive(Debug, Clone)]
pub struct Training<'a> {
    /// The cell.
    pub cell: &'a ClassifierCell,
    /// Its result.
    pub cell_result: &'a CellResult,
    /// The measurements on its logits; or its name and outcome if it was not trained.
    pub metrics: Result<Metrics, String>,
    /// The seed it counts for. This is its own seed; for a teacher it is the seed of its students,
    /// so that the members of an ensemble count once.
    pub counts_for: u32,
    /// The teachers of a distilled student.
    pub teachers: Option<Rc<Teachers>>,
}

/// The measurements on a trained classifier's logits.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// On the test images.
    pub classification: ClassificationMetrics,
    /// Its agreement with its teachers; none if it has no teachers or they were not trained.
    pub agreement: Option<Agreement>,
    /// The corrections of a student that never saw some classes, the uncorrected one first.
    pub corrections: Vec<Correction>,
}

/// The teachers of a distilled student: an ensemble, or one teacher.
#[derive(Debug, Clone)]
pub struct Teachers {
    /// Their cells.
    pub members: Vec<CellId>,
    /// The seed of their students.
    pub seed: u32,
    /// The metrics of the members alone and of their mean probabilities; or which of them was not
    /// trained, and why.
    pub metrics: Result<(Vec<ClassificationMetrics>, ClassificationMetrics), String>,
}

/// The cells of one condition, at most one per seed.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    /// Their common properties.
    pub condition: Condition,
    /// In the order of the plan.
    pub trainings: Vec<Training<'a>>,
}

impl Training<'_> {
    /// The measurements on its logits.
    ///
    /// # Errors
    /// When it was not trained, as text.
    pub fn metrics(&self) -> Result<&Metrics, String> {
        self.metrics.as_ref().map_err(Clone::clone)
    }

    /// Accuracy on the training images it has seen minus that on the test images, in percentage
    /// points.
    ///
    /// # Errors
    /// When it was not trained, or its record has no training accuracy; as text.
    pub fn overfitting(&self) -> Result<f64, String> {
        let test = self.metrics()?.classification.error_percent();
        let train = self.cell_result.record().and_then(|record| record.train);
        let train = train.ok_or("a record has no training accuracy")?;
        Ok(100.0 * train.accuracy() - (100.0 - test))
    }
}

impl<'a> Group<'a> {
    /// The cell with a seed.
    pub fn with_seed(&self, seed: u32) -> Option<&Training<'a>> {
        self.trainings.iter().find(|training| training.cell.seed == seed)
    }

    /// The measurements of those that were trained.
    pub fn metrics(&self) -> impl Iterator<Item = &Metrics> {
        self.trainings.iter().filter_map(|training| training.metrics.as_ref().ok())
    }

    /// The classification metrics of those that were trained.
    pub fn classification(&self) -> Vec<&ClassificationMetrics> {
        self.metrics().map(|metrics| &metrics.classification).collect()
    }

    /// A value for each of these, by the seed they count for.
    pub fn by_seed<'t, T>(&'t self, value: impl Fn(&'t Metrics) -> Option<T>) -> Vec<Vec<T>> {
        let mut seeds: Vec<(u32, Vec<T>)> = Vec::new();
        for training in &self.trainings {
            let Some(value) = training.metrics().ok().and_then(&value) else { continue };
            match seeds.iter_mut().find(|(seed, _)| *seed == training.counts_for) {
                Some((_, values)) => values.push(value),
                None => seeds.push((training.counts_for, vec![value])),
            }
        }
        seeds.into_iter().map(|(_, values)| values).collect()
    }

    /// Their errors in percent, by the seed they count for.
    pub fn errors(&self) -> Vec<Vec<f64>> {
        self.by_seed(|metrics| Some(metrics.classification.error_percent()))
    }

    /// One test image in percent of all, for the network with the fewest; 0 without networks.
    pub fn step(&self) -> f64 {
        Measure::Errors.step(&self.classification())
    }

    /// The rounding step of [`Training::overfitting`]: the root of the sum of squares of the test
    /// images' step and the training images' step.
    pub fn step_of_overfitting(&self) -> f64 {
        let records = self.trainings.iter().filter_map(|training| training.cell_result.record());
        let images = records.filter_map(|record| record.train).map(|train| train.images as usize);
        self.step().hypot(step_of_counts(images))
    }

    /// The values of the test items, one list for every seed that has them. Empty if the seeds are tested on
    /// different items or labels: then the spread over seeds shows what other items would.
    pub fn shared_items(
        &self,
        items: impl Fn(&Training<'a>) -> Result<Vec<f64>, String>,
    ) -> Vec<Vec<f64>> {
        let tested_on = |one: &Training<'a>| {
            let aligner = one.cell.alignment_network.as_ref().map(|aligner| aligner.id());
            (one.cell.data.fingerprint.clone(), aligner)
        };
        let mut sets = self.trainings.iter().map(tested_on);
        let first = sets.next();
        if sets.any(|set| Some(set) != first) {
            return Vec::new();
        }
        self.trainings.iter().filter_map(|one| items(one).ok()).collect()
    }

    /// A value for every seed that the condition is planned for; `step` is what it is rounded to.
    pub fn cluster_values<T>(
        &self,
        step: f64,
        value: impl Fn(&Training<'a>) -> Result<T, String>,
    ) -> ClusterValues<T> {
        let seeds = self.trainings.iter();
        let seeds = seeds.map(|one| (format!("seed {}", one.cell.seed), value(one)));
        ClusterValues::collect(seeds, step)
    }
}

//! Comparisons by seed. The teacher of seed s teaches the student of seed s, so a seed is a
//! cluster.

use super::classification::ClassificationMetrics;
use super::condition::Condition;
use super::group::{Group, Training};
use super::index::Index;
use super::specialist_ensembles::{EnsembleMetrics, Reference};
use crate::report::measure::Measure;
use crate::report::measure::step_of_counts;
use assay_stats::{ClusterValues, Estimate, item_variance, mean};
use serde::Deserialize;

/// The networks that a distilled student is compared with, of its own seed, and the student itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// The distilled student.
    Distilled,
    /// The baseline student: the same network on hard labels of the same images.
    Baseline,
    /// The same network, distilled from one teacher instead of a specialist ensemble.
    FromOneTeacher,
    /// The student's teachers together.
    Teachers,
    /// The mean over the student's individual teachers.
    Members,
}

/// The text if there are no words to count errors of.
const NO_WORDS: &str = "the images belong to no utterances";

/// The mean of several networks, item by item.
pub fn mean_of_items(networks: &[Vec<f64>]) -> Vec<f64> {
    let items = networks.iter().map(Vec::len).min().unwrap_or_default();
    let of_item = |item: usize| mean(&networks.iter().map(|own| own[item]).collect::<Vec<_>>());
    (0..items).map(of_item).collect()
}

/// One network minus another, item by item.
pub fn difference_of_items(left: &[f64], right: &[f64]) -> Vec<f64> {
    left.iter().zip(right).map(|(left, right)| left - right).collect()
}

/// The percentage of each network of one seed, or why it has none.
pub type Percents<'a> = dyn Fn(Network) -> Result<f64, String> + 'a;

impl Index<'_> {
    /// The cell of a condition with a seed.
    ///
    /// # Errors
    /// When it is not planned, as text.
    pub fn with_seed(&self, condition: &Condition, seed: u32) -> Result<&Training<'_>, String> {
        let training = self.group(condition).and_then(|group| group.with_seed(seed));
        training.ok_or_else(|| format!("{} is not planned", self.name(condition)))
    }

    /// The metrics of a network of the same seed as a distilled student: of each where it stands for several.
    fn metrics_of<'t>(
        &'t self,
        student: &'t Training,
        network: Network,
    ) -> Result<Vec<&'t ClassificationMetrics>, String> {
        let condition = || Condition::from(student.cell);
        let planned = |condition: &Condition| {
            let training = self.with_seed(condition, student.cell.seed)?;
            Ok(vec![&training.metrics()?.classification])
        };
        let teachers = || {
            let teachers = student.teachers.as_ref().ok_or("it has no teacher")?;
            teachers.metrics.as_ref().map_err(Clone::clone)
        };
        match network {
            Network::Distilled => Ok(vec![&student.metrics()?.classification]),
            Network::Baseline => planned(&condition().baseline()),
            Network::FromOneTeacher => planned(&condition().distilled_from_one_teacher()),
            Network::Teachers => Ok(vec![&teachers()?.1]),
            Network::Members => Ok(teachers()?.0.iter().collect()),
        }
    }

    /// A percentage of a network of the same seed as a distilled student.
    ///
    /// # Errors
    /// When a network is not planned, was not trained, or has no such measure, as text.
    pub fn percent(
        &self,
        student: &Training,
        network: Network,
        measure: Measure,
    ) -> Result<f64, String> {
        let percent = |metrics| measure.percent(metrics).ok_or_else(|| NO_WORDS.to_owned());
        let each = self.metrics_of(student, network)?.into_iter().map(percent);
        Ok(mean(&each.collect::<Result<Vec<_>, _>>()?))
    }

    /// The same of each independent test item: see [`Measure::items`].
    ///
    /// # Errors
    /// As for [`Self::percent`].
    pub fn items(
        &self,
        student: &Training,
        network: Network,
        measure: Measure,
    ) -> Result<Vec<f64>, String> {
        let items = |metrics| measure.items(metrics).ok_or_else(|| NO_WORDS.to_owned());
        let each = self.metrics_of(student, network)?.into_iter().map(items);
        Ok(mean_of_items(&each.collect::<Result<Vec<_>, _>>()?))
    }

    /// The mean difference of two networks' errors, over the seeds of a condition, with a two-way interval: over
    /// seeds and test items.
    pub fn difference(
        &self,
        group: &Group,
        measure: Measure,
        of: [Network; 2],
    ) -> (Option<Estimate>, Vec<String>) {
        let found = self.compare(group, measure, |percent| Ok(percent(of[0])? - percent(of[1])?));
        let items = group.shared_items(|student| {
            let [left, right] = of.map(|network| self.items(student, network, measure));
            Ok(difference_of_items(&left?, &right?))
        });
        let estimate = found.estimate_of(2.0);
        let estimate = estimate.map(|estimate| estimate.with_item_variance(item_variance(&items)));
        (estimate, found.left_out)
    }

    /// A value for every seed of a condition, from the percentages of the networks of that seed.
    pub fn compare<T>(
        &self,
        group: &Group,
        measure: Measure,
        value: impl Fn(&Percents) -> Result<T, String>,
    ) -> ClusterValues<T> {
        group.cluster_values(measure.step(&group.classification()), |student| {
            value(&|network| self.percent(student, network, measure))
        })
    }

    /// The same for each test image, one list for every specialist ensemble that has both.
    pub fn items_of_gains_from_specialists(&self, over: Reference) -> Vec<Vec<f64>> {
        let known = self.specialist_ensembles.iter().filter_map(|one| one.metrics.as_ref().ok());
        let items = |metrics: &EnsembleMetrics| {
            let reference = Measure::Errors.items(metrics.reference(over).ok()?)?;
            Some(difference_of_items(&reference, &Measure::Errors.items(&metrics.ensemble)?))
        };
        known.filter_map(items).collect()
    }

    /// The gain from specialists, by specialist ensemble: errors of the reference minus those of
    /// the ensemble.
    pub fn gains_from_specialists(&self, over: Reference) -> ClusterValues {
        let ensembles = &self.specialist_ensembles;
        let known = ensembles.iter().filter_map(|one| one.metrics.as_ref().ok());
        let step = step_of_counts(known.map(|known| known.ensemble.images()));
        let seeds = ensembles.iter().map(|one| {
            let metrics = one.metrics.as_ref().map_err(Clone::clone);
            (format!("seed {}", one.seed()), metrics.and_then(|metrics| metrics.gain(over)))
        });
        ClusterValues::collect(seeds, step)
    }
}

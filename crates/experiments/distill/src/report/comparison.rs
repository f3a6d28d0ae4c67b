//! Comparisons by seed. The teacher of seed s teaches the student of seed s, so a seed is a
//! cluster.

use super::condition::Condition;
use super::group::{Group, Training};
use super::index::Index;
use super::specialist_ensembles::EnsembleMetrics;
use crate::report::measure::Measure;
use crate::report::measure::step_of_counts;
use assay_stats::{ClusterValues, mean};
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
        let percent = |metrics| {
            measure.percent(metrics).ok_or_else(|| "the images belong to no utterances".to_owned())
        };
        let condition = || Condition::from(student.cell);
        let planned = |condition: &Condition| {
            percent(&self.with_seed(condition, student.cell.seed)?.metrics()?.classification)
        };
        let teachers = || {
            let teachers = student.teachers.as_ref().ok_or("it has no teacher")?;
            teachers.metrics.as_ref().map_err(Clone::clone)
        };
        match network {
            Network::Distilled => percent(&student.metrics()?.classification),
            Network::Baseline => planned(&condition().baseline()),
            Network::FromOneTeacher => planned(&condition().distilled_from_one_teacher()),
            Network::Teachers => percent(&teachers()?.1),
            Network::Members => {
                let each = teachers()?.0.iter().map(percent);
                Ok(mean(&each.collect::<Result<Vec<_>, _>>()?))
            }
        }
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

    /// The gain from specialists, by specialist ensemble: errors of the generalist minus those of
    /// the ensemble.
    pub fn gains_from_specialists(&self) -> ClusterValues {
        let ensembles = &self.specialist_ensembles;
        let known = ensembles.iter().filter_map(|one| one.metrics.as_ref().ok());
        let step = step_of_counts(known.map(|known| known.ensemble.images()));
        let seeds = ensembles.iter().map(|one| {
            let gain = one.metrics.as_ref().map(EnsembleMetrics::gain);
            (format!("seed {}", one.seed()), gain.map_err(Clone::clone))
        });
        ClusterValues::collect(seeds, step)
    }
}

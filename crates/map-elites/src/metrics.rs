//! Metrics of an archive: coverage, QD score, and confidences of the elites.

use serde::{Deserialize, Serialize};

use crate::archive::Archive;
use crate::threshold::Threshold;

/// Metrics of an archive. Confidences are those of the elites for their cells' classes, in 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Number of genomes evaluated.
    pub evaluations: u64,
    /// Share of the cells that have an elite, in 0..=1.
    pub coverage: f64,
    /// QD score: the sum of all confidences.
    pub qd_score: f64,
    /// Lowest confidence.
    pub min: f32,
    /// Median confidence.
    pub median: f32,
    /// Mean confidence.
    pub mean: f64,
    /// Highest confidence.
    pub max: f32,
    /// Share of all cells whose confidence is at least 0.99.
    pub at_least_99: f64,
    /// Share of all cells whose confidence is at least 0.9999.
    pub at_least_9999: f64,
    /// Share of all cells whose elite is predicted as the cell's class (argmax coverage).
    pub predicted: f64,
    /// Share of all cells whose elite is a goal switch: none of its parents held the cell.
    pub goal_switches: f64,
    /// Number of distinct individuals among the elites. For distinct images see
    /// [`crate::Images::distinct`].
    pub individuals: usize,
}

impl<G> Archive<G> {
    /// The metrics of the archive; none while it is empty.
    #[must_use]
    pub fn metrics(&self) -> Option<Metrics> {
        let mut sorted: Vec<f32> = self.elites().map(|(_, elite)| elite.confidence).collect();
        sorted.sort_by(f32::total_cmp);
        let (&min, &max) = (sorted.first()?, sorted.last()?);
        let (filled, half) = (sorted.len(), sorted.len() / 2);
        let median = if filled % 2 == 1 {
            sorted[half]
        } else {
            f32::midpoint(sorted[half - 1], sorted[half])
        };
        let qd_score: f64 = sorted.iter().map(|&confidence| f64::from(confidence)).sum();
        let share = |count: usize| count as f64 / self.classes() as f64;
        let at_least = |threshold: Threshold| {
            share(sorted.iter().filter(|&&c| c >= threshold.confidence()).count())
        };
        let predicted = self.elites().filter(|&(cell, elite)| {
            self.individual(elite.individual).is_some_and(|i| i.predicted as usize == cell)
        });
        Some(Metrics {
            evaluations: self.evaluations(),
            coverage: share(filled),
            qd_score,
            min,
            median,
            mean: qd_score / filled as f64,
            max,
            at_least_99: at_least(Threshold::TwoNines),
            at_least_9999: at_least(Threshold::FourNines),
            predicted: share(predicted.count()),
            goal_switches: share(self.elites().filter(|(_, elite)| elite.goal_switch).count()),
            individuals: self.individuals.elite_count(),
        })
    }

    /// The number of evaluations until `cell` reached `threshold`; none if it has not.
    ///
    /// # Panics
    /// If there is no such cell.
    #[must_use]
    pub fn evaluations_to_reach(&self, cell: usize, threshold: Threshold) -> Option<u64> {
        self.reached[cell][threshold as usize]
    }

    /// The number of evaluations until a share of the cells (in 0..=1) had reached `threshold`;
    /// none if they have not. With a share of 0.5 and an odd number of classes, this is when the
    /// median reached it.
    #[must_use]
    pub fn evaluations_until_share(&self, threshold: Threshold, share: f64) -> Option<u64> {
        let mut reached: Vec<u64> =
            self.reached.iter().filter_map(|cell| cell[threshold as usize]).collect();
        reached.sort_unstable();
        let needed = (share * self.classes() as f64).ceil().max(1.0) as usize;
        reached.get(needed - 1).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ancestry::LineageRetention;
    use crate::archive::ReplacementRule;
    use crate::batch::Batch;

    fn archive(rows: &[[f32; 4]]) -> Archive<u8> {
        let mut archive = Archive::new(4, ReplacementRule::EveryCell, LineageRetention::Genomes);
        let batch = Batch::without_parents(0, vec![0; rows.len()]);
        archive.insert(batch, &rows.concat()).unwrap();
        archive
    }

    #[test]
    fn the_metrics_of_a_small_archive_match_those_computed_by_hand() {
        let archive = archive(&[[0.5, 0.25, 0.125, 0.125], [0.0, 0.0, 0.0, 1.0]]);
        let metrics = archive.metrics().unwrap();
        // Elites: 0.5, 0.25 and 0.125 of the first genome, which is predicted as class 0, and 1 of
        // the second.
        let expected = Metrics {
            evaluations: 2,
            coverage: 1.0,
            qd_score: 1.875,
            min: 0.125,
            median: 0.375,
            mean: 1.875 / 4.0,
            max: 1.0,
            at_least_99: 0.25,
            at_least_9999: 0.25,
            predicted: 0.5,
            goal_switches: 0.0,
            individuals: 2,
        };
        assert_eq!(metrics, expected);
    }

    #[test]
    fn an_empty_archive_has_no_metrics() {
        assert_eq!(
            Archive::<u8>::new(3, ReplacementRule::EveryCell, LineageRetention::Genomes).metrics(),
            None
        );
    }

    #[test]
    fn the_evaluation_that_first_reaches_a_threshold_is_recorded() {
        let archive = archive(&[
            [0.4, 0.2, 0.2, 0.2],
            [0.6, 0.2, 0.1, 0.1],
            [0.7, 0.2, 0.05, 0.05],
            [0.0, 0.995, 0.0, 0.005],
        ]);
        let reached = |cell, threshold| archive.evaluations_to_reach(cell, threshold);
        assert_eq!(reached(0, Threshold::Majority), Some(2));
        assert_eq!(reached(0, Threshold::TwoNines), None);
        assert_eq!(reached(1, Threshold::Majority), Some(4));
        assert_eq!(reached(1, Threshold::TwoNines), Some(4));
        assert_eq!(reached(1, Threshold::ThreeNines), None);
        assert_eq!(archive.evaluations_until_share(Threshold::Majority, 0.25), Some(2));
        assert_eq!(archive.evaluations_until_share(Threshold::Majority, 0.5), Some(4));
        assert_eq!(archive.evaluations_until_share(Threshold::Majority, 1.0), None);
    }
}

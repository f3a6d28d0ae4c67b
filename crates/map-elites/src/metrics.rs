//! How far an archive has come.

use serde::{Deserialize, Serialize};

use crate::archive::Archive;

/// Confidences whose first crossing is recorded for every cell, as in the paper's gradient ascent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Threshold {
    /// 0.5: more than all other classes together.
    Majority,
    /// 0.99.
    TwoNines,
    /// 0.999.
    ThreeNines,
    /// 0.9999.
    FourNines,
}

impl Threshold {
    /// All of them, rising.
    pub const ALL: [Self; 4] = [Self::Majority, Self::TwoNines, Self::ThreeNines, Self::FourNines];

    /// The confidence that reaches it.
    #[must_use]
    pub fn confidence(self) -> f32 {
        match self {
            Self::Majority => 0.5,
            Self::TwoNines => 0.99,
            Self::ThreeNines => 0.999,
            Self::FourNines => 0.9999,
        }
    }
}

/// The state of an archive in numbers. Confidences are those of the filled cells' elites for their
/// classes, in 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Genomes evaluated.
    pub evaluations: u64,
    /// The share of cells that have an elite.
    pub coverage: f64,
    /// The sum of all confidences.
    pub qd_score: f64,
    /// The least confidence.
    pub min: f32,
    /// The middle confidence, or the mean of the two in the middle.
    pub median: f32,
    /// The mean confidence.
    pub mean: f64,
    /// The greatest confidence.
    pub max: f32,
    /// The share of all cells whose confidence is at least 0.99.
    pub at_least_99: f64,
    /// The share of all cells whose confidence is at least 0.9999.
    pub at_least_9999: f64,
    /// The share of all cells whose class is the one that the network is most confident of: argmax
    /// coverage.
    pub predicted: f64,
    /// The share of all cells whose elite came by a goal switch: none of its parents held the cell.
    pub goal_switches: f64,
    /// How many individuals hold the cells. Distinct images: [`crate::Images::distinct`].
    pub individuals: usize,
}

impl<G> Archive<G> {
    /// The archive in numbers; none while it is empty.
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
            individuals: self.individuals.elites(),
        })
    }

    /// How many evaluations it took until `cell` reached `threshold`; none if it has not.
    ///
    /// # Panics
    /// If there is no such cell.
    #[must_use]
    pub fn evaluations_of_cell(&self, cell: usize, threshold: Threshold) -> Option<u64> {
        self.reached[cell][threshold as usize]
    }

    /// How many evaluations it took until the share `of_cells` (in 0..=1) of all cells had reached
    /// `threshold`; none if they have not. With 0.5 and an odd number of classes this is when the
    /// median reached it.
    #[must_use]
    pub fn evaluations_until(&self, threshold: Threshold, of_cells: f64) -> Option<u64> {
        let mut reached: Vec<u64> =
            self.reached.iter().filter_map(|cell| cell[threshold as usize]).collect();
        reached.sort_unstable();
        let needed = (of_cells * self.classes() as f64).ceil().max(1.0) as usize;
        reached.get(needed - 1).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ancestry::Keep;
    use crate::archive::ReplacementRule;
    use crate::emitter::Batch;

    fn archive(rows: &[[f32; 4]]) -> Archive<u8> {
        let mut archive = Archive::new(4, ReplacementRule::EveryCell, Keep::Genomes);
        let batch = Batch::without_parents(0, vec![0; rows.len()]);
        archive.insert(batch, &rows.concat()).unwrap();
        archive
    }

    #[test]
    fn the_numbers_of_a_small_archive_are_those_computed_by_hand() {
        let archive = archive(&[[0.5, 0.25, 0.125, 0.125], [0.0, 0.0, 0.0, 1.0]]);
        let metrics = archive.metrics().unwrap();
        // Elites: 0.5, 0.25 and 0.125 of the first, which the network takes for class 0, and 1 of
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
    fn an_empty_archive_has_no_numbers() {
        assert_eq!(
            Archive::<u8>::new(3, ReplacementRule::EveryCell, Keep::Genomes).metrics(),
            None
        );
    }

    #[test]
    fn the_first_crossing_of_a_threshold_is_kept() {
        let archive = archive(&[
            [0.4, 0.2, 0.2, 0.2],
            [0.6, 0.2, 0.1, 0.1],
            [0.7, 0.2, 0.05, 0.05],
            [0.0, 0.995, 0.0, 0.005],
        ]);
        let of = |cell, threshold| archive.evaluations_of_cell(cell, threshold);
        assert_eq!(of(0, Threshold::Majority), Some(2));
        assert_eq!(of(0, Threshold::TwoNines), None);
        assert_eq!(of(1, Threshold::Majority), Some(4));
        assert_eq!(of(1, Threshold::TwoNines), Some(4));
        assert_eq!(of(1, Threshold::ThreeNines), None);
        assert_eq!(archive.evaluations_until(Threshold::Majority, 0.25), Some(2));
        assert_eq!(archive.evaluations_until(Threshold::Majority, 0.5), Some(4));
        assert_eq!(archive.evaluations_until(Threshold::Majority, 1.0), None);
    }
}

//! How a learning rate is chosen on validation images.

use serde::{Deserialize, Serialize};

/// The learning rates that a group of networks chooses from.
///
/// Each candidate is tried on networks of seeds that no compared network has. The one with the highest
/// mean validation accuracy is used for the whole group. No test image is read before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tuning {
    /// Factors on the learning rate of the schedule, ascending.
    pub lr_factors: Vec<f64>,
    /// Seeds of the trials.
    pub seeds: Vec<u32>,
}

impl Tuning {
    /// Every trial: a factor and a seed.
    pub fn trials(&self) -> impl Iterator<Item = (f64, u32)> + '_ {
        self.lr_factors
            .iter()
            .flat_map(|&factor| self.seeds.iter().map(move |&seed| (factor, seed)))
    }

    /// The mean score of each factor that has one.
    ///
    /// - scores: a factor and the score of one of its trials
    #[must_use]
    pub fn means(&self, scores: &[(f64, f64)]) -> Vec<(f64, f64)> {
        let means = self.lr_factors.iter().filter_map(|&factor| {
            let own = scores.iter().filter(|score| score.0.total_cmp(&factor).is_eq());
            let (count, sum) =
                own.fold((0_u32, 0.0), |(count, sum), score| (count + 1, sum + score.1));
            (count > 0).then(|| (factor, sum / f64::from(count)))
        });
        means.collect()
    }

    /// The factor with the highest mean score, and of equal ones the smallest; none without scores.
    #[must_use]
    pub fn best(&self, scores: &[(f64, f64)]) -> Option<f64> {
        let means = self.means(scores).into_iter();
        means.reduce(|best, next| if next.1 > best.1 { next } else { best }).map(|best| best.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_factor_has_the_highest_mean_and_of_equal_ones_the_smallest_wins() {
        let tuning = Tuning { lr_factors: vec![0.5, 1.0, 2.0], seeds: vec![8, 9] };
        assert_eq!(tuning.trials().count(), 6);
        let scores = [(0.5, 0.2), (0.5, 0.9), (1.0, 0.6), (1.0, 0.6), (2.0, 0.7), (2.0, 0.5)];
        assert_eq!(tuning.best(&scores), Some(1.0));
        assert_eq!(tuning.best(&[(2.0, 0.3), (1.0, 0.3)]), Some(1.0));
        assert_eq!(tuning.best(&[]), None);
    }
}

//! The learning rates that are tried.

use anyhow::{Result, ensure};
use assay_runs::Tuning;
use serde::{Deserialize, Serialize};

/// The first seed of the trials.
const FIRST_SEED: u32 = 1_000_000;

/// The most seeds of the trials.
const MOST_SEEDS: u32 = 100;

/// The table `tuning` of a profile: learning rates to choose from on validation images.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TuningSettings {
    /// Factors on the learning rate of the schedule, ascending; empty to use that rate.
    pub lr_factors: Vec<f64>,
    /// Number of seeds of the trials: from 1,000,000, so that more seeds of the compared networks change
    /// no trial.
    pub seeds: u32,
}

impl TuningSettings {
    /// Checks that each factor is a positive number and that they ascend, and that no compared network has a
    /// seed of the trials.
    ///
    /// - `compared_seeds`: the number of seeds of the compared networks, from 0
    ///
    /// # Errors
    /// Names the first value that is wrong, and what would be right.
    pub fn check(&self, compared_seeds: u32) -> Result<()> {
        ensure!(
            self.seeds <= MOST_SEEDS,
            "tuning.seeds is {}; it must be at most {MOST_SEEDS}",
            self.seeds
        );
        ensure!(
            compared_seeds <= FIRST_SEED,
            "seeds is {compared_seeds}; it must be at most {FIRST_SEED}"
        );
        if let Some(wrong) = self.lr_factors.iter().find(|f| !(f.is_finite() && **f > 0.0)) {
            anyhow::bail!("tuning.lr_factors has {wrong}; each must be above 0");
        }
        ensure!(
            self.lr_factors.windows(2).all(|pair| pair[0] < pair[1]),
            "tuning.lr_factors is {:?}; the factors must ascend, each once",
            self.lr_factors
        );
        ensure!(
            self.lr_factors.is_empty() || self.seeds > 0,
            "tuning.seeds is 0; the trials of tuning.lr_factors need at least 1"
        );
        Ok(())
    }

    /// The candidates; none if the schedules' own rates are used.
    #[must_use]
    pub fn tuning(&self) -> Option<Tuning> {
        let seeds = (FIRST_SEED..FIRST_SEED + self.seeds).collect();
        let lr_factors = self.lr_factors.clone();
        (!lr_factors.is_empty()).then_some(Tuning { lr_factors, seeds })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_factors_are_named() {
        let error = |lr_factors: &[f64], seeds| {
            let settings = TuningSettings { lr_factors: lr_factors.to_vec(), seeds };
            settings.check(4).map_err(|error| error.to_string())
        };
        assert!(error(&[0.5, 0.0], 1).unwrap_err().contains("has 0; each must be above 0"));
        assert!(error(&[1.0, 0.5], 1).unwrap_err().contains("must ascend"));
        assert!(error(&[1.0], u32::MAX).unwrap_err().contains("must be at most 100"));
        assert!(error(&[1.0], 0).unwrap_err().contains("tuning.seeds is 0"));
        assert_eq!(error(&[], 0), Ok(()));
    }

    #[test]
    fn trials_have_seeds_of_their_own() {
        let settings = TuningSettings { lr_factors: vec![1.0], seeds: 2 };
        assert_eq!(settings.tuning().unwrap().seeds, [FIRST_SEED, FIRST_SEED + 1]);
        assert_eq!(TuningSettings::default().tuning(), None);
        let error = settings.check(FIRST_SEED + 1).unwrap_err().to_string();
        assert!(error.contains("at most 1000000"), "{error}");
    }
}

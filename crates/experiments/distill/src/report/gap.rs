//! The gap between the baseline student and its teacher, and how much of it a student recovers.

use super::comparison::{Network, Percents};
use assay_stats::{Estimate, Interval, estimate_mean, jackknife, mean};

/// The text if no seed has everything it needs.
pub const NO_SEED: &str = "no complete seed";
/// The text if a single seed cannot show whether there is a gap.
const ONE_SEED: &str = "one seed does not tell whether there is a gap to divide";
/// The text if it is unknown whether the teacher is better.
const NO_GAP: &str = "no gap to divide: the interval of baseline minus teacher contains 0";
/// The text if the baseline is better.
pub const WORSE_TEACHER: &str = "no gap to divide: the teacher makes more errors than the baseline";

/// Errors of one seed in percent, or means of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeedErrors {
    /// The baseline student, or another network that the gap begins at.
    pub baseline: f64,
    /// The distilled student.
    pub distilled: f64,
    /// Its teachers together.
    pub teacher: f64,
}

impl SeedErrors {
    /// The errors of one seed; the gap begins at `baseline`.
    ///
    /// # Errors
    /// When one of them is missing, as text.
    pub fn new(percent: &Percents, baseline: Network) -> Result<Self, String> {
        Ok(Self {
            baseline: percent(baseline)?,
            distilled: percent(Network::Distilled)?,
            teacher: percent(Network::Teachers)?,
        })
    }
}

/// The mean of the values that exist.
pub fn mean_of_known(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.into_iter().collect();
    (!values.is_empty()).then(|| mean(&values))
}

/// The mean over seeds with its interval, from errors in percent by seed and network. Networks of
/// one seed are averaged first. `step` is the rounding step of errors. None without networks.
pub fn over_seeds(values: &[Vec<f64>], step: f64) -> Option<Estimate> {
    let means: Vec<f64> = values.iter().map(|of_seed| mean(of_seed)).collect();
    estimate_mean(&means).map(|estimate| estimate.of_counts(step, 1.0).in_percent())
}

/// The gap recovered by the distilled student in percent: the mean of (B − D) divided by the mean
/// of (B − T), with its jackknife interval over seeds. Above 100, the student is better than its
/// teacher; below 0, it is worse than the baseline.
///
/// `step` is one error in percent. The standard errors of B − T and of the share r are at least
/// those of rounding. For r this is sqrt((1 − r)² + 1 + r²) step / sqrt(12 seeds), divided by B −
/// T, because B, D and T are rounded separately.
///
/// # Errors
/// Unless the interval of B − T is above 0: why there is no gap to divide by, as text.
pub fn recovered(seeds: &[SeedErrors], step: f64) -> Result<Estimate, &'static str> {
    let gaps: Vec<f64> = seeds.iter().map(|seed| seed.baseline - seed.teacher).collect();
    let gap = estimate_mean(&gaps).ok_or(NO_SEED)?.of_counts(step, 2.0);
    match gap.interval.ok_or(ONE_SEED)? {
        Interval { high, .. } if high < 0.0 => return Err(WORSE_TEACHER),
        Interval { low, .. } if low <= 0.0 => return Err(NO_GAP),
        _ => {}
    }
    let share = jackknife(seeds, |seeds| {
        let sum = |value: fn(&SeedErrors) -> f64| seeds.iter().map(value).sum::<f64>();
        100.0 * sum(|seed| seed.baseline - seed.distilled)
            / sum(|seed| seed.baseline - seed.teacher)
    });
    let share = share.ok_or(NO_GAP)?;
    let r = share.value / 100.0;
    let all_three = (1.0 - r).powi(2) + 1.0 + r * r;
    Ok(share.of_counts(100.0 * step / gap.value, all_three))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recovered_is_a_ratio_of_sums() {
        let seed = |baseline, distilled, teacher| SeedErrors { baseline, distilled, teacher };
        // Gaps 2 and 2.2; gains 1.5 and 1.8: 3.3 of 4.2. Leaving out each: 1.8 / 2.2 and 1.5 / 2.
        let seeds = [seed(3.0, 1.5, 1.0), seed(3.2, 1.4, 1.0)];
        let estimate = recovered(&seeds, 0.0).unwrap();
        assert!((estimate.value - 100.0 * 3.3 / 4.2).abs() < 1e-9);
        // Half the distance of the two, times t(0.975, 1) = 12.7062.
        let half = 12.7062 * (100.0 * 1.8 / 2.2 - 75.0) / 2.0;
        assert!((estimate.interval.unwrap().high - estimate.value - half).abs() < 1e-3);
    }

    #[test]
    fn nothing_is_recovered_of_a_gap_that_may_be_none() {
        let seed = |baseline, teacher| SeedErrors { baseline, distilled: 1.0, teacher };
        // Gaps 1 and 2: 1.5, with an interval of 12.7 times 0.5 on each side.
        assert_eq!(recovered(&[seed(2.0, 1.0), seed(3.0, 1.0)], 0.0), Err(NO_GAP));
        assert_eq!(recovered(&[seed(2.0, 1.0)], 0.0), Err(ONE_SEED));
        assert_eq!(recovered(&[], 0.0), Err(NO_SEED));
    }

    #[test]
    fn networks_of_one_seed_count_once() {
        // Means 2 and 4: 3, with an error of 1 and t(0.975, 1) = 12.7062.
        let estimate = over_seeds(&[vec![1.0, 3.0], vec![3.0, 4.0, 5.0]], 0.0).unwrap();
        assert!((estimate.value - 3.0).abs() < 1e-9 && estimate.clusters == 2);
        assert!((estimate.interval.unwrap().high - 15.7062).abs() < 1e-3);
        // With steps of 6: sqrt(6² / 12 / 2) is more than 1.
        let rounded = over_seeds(&[vec![2.0], vec![4.0]], 6.0).unwrap().interval.unwrap();
        assert!((rounded.high - 3.0 - 12.7062 * 1.5_f64.sqrt()).abs() < 1e-3);
    }

    #[test]
    fn nothing_is_recovered_of_a_teacher_that_is_worse() {
        // Gaps −2 and −2.1 and equal gains. Their ratio, 1, would not be a share of a gap.
        let seed = |baseline, teacher| SeedErrors { baseline, distilled: teacher, teacher };
        assert_eq!(recovered(&[seed(1.0, 3.0), seed(1.0, 3.1)], 0.0), Err(WORSE_TEACHER));
    }

    #[test]
    fn what_is_recovered_is_no_surer_than_whole_errors_allow() {
        // Three seeds with 100 words each: 6 errors of the baseline, 2 distilled, 3 of the teacher in every
        // seed.
        let seeds = [SeedErrors { baseline: 6.0, distilled: 2.0, teacher: 3.0 }; 3];
        let estimate = recovered(&seeds, 1.0).unwrap();
        // r = 4 / 3: sqrt(1/9 + 1 + 16/9) / sqrt(36) / 3 = sqrt(26) / 54, times t(0.975, 2) =
        // 4.30265.
        let half = 100.0 * 26_f64.sqrt() / 54.0 * 4.302_65;
        assert!((estimate.value - 400.0 / 3.0).abs() < 1e-9);
        assert!((estimate.interval.unwrap().high - estimate.value - half).abs() < 1e-2);
        // A gap of one word. Its error is 1 / sqrt(18); times t, this is more than the word.
        assert_eq!(recovered(&[SeedErrors { baseline: 4.0, ..seeds[0] }; 3], 1.0), Err(NO_GAP));
        assert!(recovered(&[SeedErrors { baseline: 4.0, ..seeds[0] }; 3], 0.0).is_ok());
    }
}

//! How an interval decides a claim.

use std::fmt::Display;

use assay_core::Verdict;
use serde::Deserialize;

use crate::{Estimate, Interval};

/// The largest number of clusters that is proposed.
pub const MOST_CLUSTERS: usize = 500;

/// How an interval decides a claim, with margin m.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Holds: low > m. Does not hold: high < m.
    MoreThan,
    /// Holds: high < -m. Does not hold: low > -m.
    LessThan,
    /// Holds: low > -m. Does not hold: high < -m.
    NotWorse,
    /// Holds: the interval within [-m, m]. Does not hold: wholly outside.
    Equal,
}

impl Rule {
    /// The verdict. Without an interval, or with one that is narrower than a thousandth of the margin, not enough
    /// data: clusters that all agree, but for rounding, tell nothing of the next.
    #[must_use]
    pub fn decide(self, interval: Option<Interval>, margin: f64) -> Verdict {
        let wide = interval.filter(|interval| is_wide(*interval, margin));
        let Some(Interval { low, high }) = wide else { return Verdict::NotEnoughData };
        let (holds, fails) = match self {
            Self::MoreThan => (low > margin, high < margin),
            Self::LessThan => (high < -margin, low > -margin),
            Self::NotWorse => (low > -margin, high < -margin),
            Self::Equal => (low >= -margin && high <= margin, low > margin || high < -margin),
        };
        match (holds, fails) {
            (true, _) => Verdict::Holds,
            (_, true) => Verdict::DoesNotHold,
            _ => Verdict::NotEnoughData,
        }
    }

    /// The two-sided p value of the estimate being only just on the margin, where it lies on the side
    /// that speaks against the claim; 1 where it does not, or the interval has no width. None without an
    /// interval.
    #[must_use]
    pub fn p_value_against(self, estimate: &Estimate, margin: f64) -> Option<f64> {
        let value = estimate.value;
        let (fails, border) = match self {
            Self::MoreThan => (value < margin, margin),
            Self::LessThan => (value > -margin, -margin),
            Self::Equal if value > 0.0 => (value > margin, margin),
            Self::NotWorse | Self::Equal => (value < -margin, -margin),
        };
        let p_value = estimate.p_value_of(border)?;
        let decides = estimate.interval.is_some_and(|interval| is_wide(interval, margin));
        Some(if fails && decides { p_value } else { 1.0 })
    }

    /// How many clusters would decide the claim, if the estimate's mean and spread stayed what they are. None
    /// without an interval, or if more than [`MOST_CLUSTERS`] would be needed.
    #[must_use]
    pub fn clusters_to_decide(self, estimate: &Estimate, margin: f64) -> Option<usize> {
        let decides = |clusters: &usize| {
            let interval = estimate.with_clusters(*clusters).and_then(|estimate| estimate.interval);
            self.decide(interval, margin) != Verdict::NotEnoughData
        };
        (estimate.clusters + 1..=MOST_CLUSTERS).find(decides)
    }

    /// How far a number speaks for the claim: the more, the better.
    #[must_use]
    pub fn support(self, value: f64) -> f64 {
        match self {
            Self::MoreThan | Self::NotWorse => value,
            Self::LessThan => -value,
            Self::Equal => -value.abs(),
        }
    }

    /// The rule in words, with its margin or a name for it.
    #[must_use]
    pub fn words(self, margin: impl Display) -> String {
        let margin = margin.to_string();
        match self {
            Self::MoreThan if margin == "0" => "more than 0".to_owned(),
            Self::LessThan if margin == "0" => "less than 0".to_owned(),
            Self::MoreThan => format!("more than +{margin}"),
            Self::LessThan => format!("less than −{margin}"),
            Self::NotWorse => format!("not below −{margin}"),
            Self::Equal => format!("within ±{margin}"),
        }
    }
}

/// The least width of an interval that decides, as a share of the margin.
const LEAST_WIDTH: f64 = 1e-3;

fn is_wide(interval: Interval, margin: f64) -> bool {
    interval.has_width() && interval.high - interval.low >= LEAST_WIDTH * margin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_clusters_that_would_decide_follows_from_the_spread() {
        // Mean 1, standard deviation 1. An interval of k clusters reaches t / sqrt(k) from the mean: .514 with 17
        // clusters, .497 with 18.
        let apart = 0.75_f64.sqrt();
        let values = [1.0 - apart, 1.0 - apart, 1.0 + apart, 1.0 + apart];
        let estimate = crate::estimate_mean(&values).unwrap();
        assert_eq!(Rule::MoreThan.clusters_to_decide(&estimate, 0.5), Some(18));
        // A mean on the margin is never decided.
        assert_eq!(Rule::MoreThan.clusters_to_decide(&estimate, 1.0), None);
        // Items that all clusters share stay: with a variance of .04 (a reach of about .39) some 45 clusters leave
        // .5; with .0651 (a reach of .5) no number does.
        let items = |variance| Some(crate::ItemVariance { variance, degrees: 1e4 });
        let with_items = estimate.with_item_variance(items(0.04));
        let found = Rule::MoreThan.clusters_to_decide(&with_items, 0.5).unwrap();
        assert!((35..60).contains(&found), "{found}");
        let with_items = estimate.with_item_variance(items(0.0651));
        assert_eq!(Rule::MoreThan.clusters_to_decide(&with_items, 0.5), None);
        // The number of items of a share does not grow with the clusters.
        let share = crate::estimate_mean(&[40.0, 60.0]).unwrap().of_share(100.0);
        assert_eq!(Rule::MoreThan.clusters_to_decide(&share, 10.0), None);
        let single = crate::estimate_mean(&[1.0]).unwrap();
        assert_eq!(Rule::MoreThan.clusters_to_decide(&single, 0.5), None);
    }

    #[allow(clippy::unnecessary_wraps)] // as the rules take it
    fn interval(low: f64, high: f64) -> Option<Interval> {
        Some(Interval { low, high })
    }

    #[test]
    fn a_verdict_needs_the_whole_interval_on_one_side_of_the_margin() {
        use Verdict::{DoesNotHold, Holds, NotEnoughData};
        let cases = [
            (Rule::MoreThan, interval(0.6, 2.0), Holds),
            (Rule::MoreThan, interval(0.4, 2.0), NotEnoughData),
            (Rule::MoreThan, interval(-1.0, 0.4), DoesNotHold),
            (Rule::LessThan, interval(-2.0, -0.6), Holds),
            (Rule::LessThan, interval(-2.0, -0.4), NotEnoughData),
            (Rule::LessThan, interval(-0.4, 1.0), DoesNotHold),
            (Rule::NotWorse, interval(-0.4, 1.0), Holds),
            (Rule::NotWorse, interval(-0.6, 1.0), NotEnoughData),
            (Rule::NotWorse, interval(-2.0, -0.6), DoesNotHold),
            (Rule::Equal, interval(-0.4, 0.4), Holds),
            (Rule::Equal, interval(-0.4, 0.6), NotEnoughData),
            (Rule::Equal, interval(-2.0, 2.0), NotEnoughData),
            (Rule::Equal, interval(0.6, 0.8), DoesNotHold),
            // Seeds that agree but for the last bit of a number.
            (Rule::MoreThan, interval(-1e-5, 1e-5), NotEnoughData),
            (Rule::MoreThan, interval(-1e-3, 1e-3), DoesNotHold),
            (Rule::Equal, interval(-0.8, -0.6), DoesNotHold),
            (Rule::Equal, None, NotEnoughData),
            // All clusters agree, but for the last bits.
            (Rule::MoreThan, interval(50.0, 50.0), NotEnoughData),
            (Rule::MoreThan, interval(50.0, 50.0 + 1e-13), NotEnoughData),
            (Rule::NotWorse, interval(0.0, 0.0), NotEnoughData),
            (Rule::LessThan, interval(-9.0, -9.0), NotEnoughData),
        ];
        for (rule, interval, verdict) in cases {
            assert_eq!(rule.decide(interval, 0.5), verdict, "{rule:?} of {interval:?}");
        }
    }
}

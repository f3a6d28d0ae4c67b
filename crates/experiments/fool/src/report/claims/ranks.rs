//! Claims that a comparison by ranks decides.

use assay_report::claims::{ClaimResult, ClaimSpec};
use assay_runs::{Claim, Encoding, Method, Regularization, Verdict};
use assay_stats::{CONFIDENCE, Rule};
use serde::Deserialize;

use super::metric::Metric;
use crate::report::compare::{Comparison, Quantity};

/// A way of looking for images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Search {
    /// Evolution.
    Evolution,
    /// Random search.
    RandomSearch,
    /// Gradient ascent without regularisation.
    GradientAscent,
    /// Gradient ascent with decay.
    GradientAscentDecay,
    /// Gradient ascent with blur.
    GradientAscentBlur,
    /// Gradient ascent that clears small pixels.
    GradientAscentSmallPixels,
}

impl Search {
    fn method(self) -> (Method, Regularization) {
        use Regularization::{Blur, Decay, SmallPixels, Unregularized};
        match self {
            Self::Evolution => (Method::Evolution, Unregularized),
            Self::RandomSearch => (Method::RandomSearch, Unregularized),
            Self::GradientAscent => (Method::GradientAscent, Unregularized),
            Self::GradientAscentDecay => (Method::GradientAscent, Decay),
            Self::GradientAscentBlur => (Method::GradientAscent, Blur),
            Self::GradientAscentSmallPixels => (Method::GradientAscent, SmallPixels),
        }
    }
}

/// Two ways of looking for images, at the same number of evaluations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranks {
    /// The images.
    pub encoding: Encoding,
    /// What is compared.
    pub quantity: Quantity,
    /// The one of which something is claimed.
    pub left: Search,
    /// What it is held against.
    pub right: Search,
}

impl Ranks {
    /// The comparison that decides it, where the plan has cells for it.
    pub(super) fn find(self, comparisons: &[Comparison]) -> Option<&Comparison> {
        comparisons.iter().find(|one| {
            one.quantity == self.quantity
                && one.left.encoding == self.encoding
                && (one.left.method, one.left.regularization) == self.left.method()
                && (one.right.method, one.right.regularization) == self.right.method()
        })
    }
}

/// Each claim that a comparison by ranks decides, with the comparison.
pub fn rank_claims(
    comparisons: &[Comparison],
) -> impl Iterator<Item = (&'static ClaimSpec<Metric>, &Comparison)> {
    super::CLAIMS.iter().filter_map(|claim| match claim.metric {
        Metric::Ranks(ranks) => Some((claim, ranks.find(comparisons)?)),
        _ => None,
    })
}

/// Whether a claim says that its left numbers are larger; else smaller.
pub fn says_larger(claim: &ClaimSpec<Metric>) -> bool {
    claim.rule == Rule::MoreThan
}

/// Holds, or does not hold, where the test is significant after Holm's adjustment, by the side on
/// which the numbers lie; anything else is not enough data.
#[must_use]
pub fn verdict(claim: &ClaimSpec<Metric>, comparison: &Comparison) -> Verdict {
    let significant = comparison.adjusted.is_some_and(|p_value| p_value < 1.0 - CONFIDENCE);
    match comparison.test.filter(|_| significant) {
        Some(test) if (test.delta() > 0.0) == says_larger(claim) => Verdict::Holds,
        Some(_) => Verdict::DoesNotHold,
        None => Verdict::NotEnoughData,
    }
}

pub(super) fn decide(claim: &ClaimSpec<Metric>, comparison: &Comparison) -> ClaimResult {
    let (sign, side) = if says_larger(claim) { ("+", "more") } else { ("−", "less") };
    let rule = format!(
        "{side} than 0 {} by a Mann-Whitney U test, p below 5 % \
         after Holm's adjustment ({sign}100: so in every pair of runs)",
        claim.unit
    );
    ClaimResult {
        claim: Claim {
            id: claim.id.clone(),
            text: format!("{}: {rule}", claim.statement),
            paper: None,
            measured: comparison.test.map(|test| 100.0 * test.delta()),
            low: None,
            high: None,
            verdict: verdict(claim, comparison),
            note: None,
        },
        rule,
        absent: "no complete seed",
        clusters: comparison.left_values.len(),
        left_out: comparison.left_out.clone(),
        // The answer in words tells the pairs of runs.
        topic: String::new(),
        finding: claim.finding.clone(),
    }
}

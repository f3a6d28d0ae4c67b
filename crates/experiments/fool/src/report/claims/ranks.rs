//! Claims that are decided by ranks.

use assay_classifier_cells::Encoding;
use assay_report::claims::{ClaimResult, ClaimSpec};
use assay_runs::{Claim, Verdict};
use assay_stats::{CONFIDENCE, Rule};
use serde::Deserialize;

use crate::report::comparisons::{Comparison, Quantity, Search, search};

/// Two methods with the same number of evaluations.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranks {
    encoding: Encoding,
    quantity: Quantity,
    /// The method that the claim is about, and its regularization.
    left: Search,
    /// The method that it is compared with.
    right: Search,
}

impl Ranks {
    /// The comparison that decides it, if the plan has cells for it.
    pub fn find(self, comparisons: &[Comparison]) -> Option<&Comparison> {
        comparisons.iter().find(|one| {
            (one.quantity, one.left.encoding) == (self.quantity, self.encoding)
                && (search(one.left), search(one.right)) == (self.left, self.right)
        })
    }
}

/// Whether a claim states that its left numbers are larger. Otherwise it states that they are
/// smaller.
pub fn says_larger<M>(claim: &ClaimSpec<M>) -> bool {
    claim.rule == Rule::MoreThan
}

/// What decides a claim, in words.
pub fn rule<M>(claim: &ClaimSpec<M>) -> String {
    let side = if says_larger(claim) { ">" } else { "<" };
    format!("Cliff's delta {side} 0 (Holm-adjusted p < 5 %)")
}

/// The claim holds or does not hold if the test is significant after Holm's adjustment, depending
/// on the side of the numbers. Otherwise there is not enough data.
pub fn verdict<M>(claim: &ClaimSpec<M>, comparison: &Comparison) -> Verdict {
    let significant = comparison.adjusted.is_some_and(|p_value| p_value < 1.0 - CONFIDENCE);
    match comparison.test.filter(|_| significant) {
        Some(test) if (test.delta() > 0.0) == says_larger(claim) => Verdict::Holds,
        Some(_) => Verdict::DoesNotHold,
        None => Verdict::NotEnoughData,
    }
}

pub fn decide<M>(claim: &ClaimSpec<M>, comparison: &Comparison) -> ClaimResult {
    let rule = rule(claim);
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
        // The answer in words has the number of pairs of runs.
        topic: String::new(),
        finding: claim.finding.clone(),
        source: claim.source.clone(),
    }
}

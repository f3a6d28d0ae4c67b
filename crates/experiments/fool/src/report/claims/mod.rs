//! The claims of the fooling experiment. `claims.toml` has the number and the rule that decide
//! each. `docs/studies/fooling.md` has the time when each was fixed. For most, this was before any
//! run other than smoke tests, whose networks learn nothing. Later ones were fixed after a run on
//! MNIST had been seen.

mod metric;
mod ranks;

use std::sync::LazyLock;

use assay_report::claims::{ClaimResult, ClaimSpec, parse_claims};

pub use self::metric::{Metric, reached};
pub use self::ranks::{says_larger, verdict};
use super::comparisons::Comparison;
use super::detection::Detection;
use super::index::Index;
use super::rounds::last_round;

/// The claims, in the order of the report.
///
/// # Panics
/// Never: a test parses the file.
pub static CLAIMS: LazyLock<Vec<ClaimSpec<Metric>>> = LazyLock::new(|| {
    parse_claims(include_str!("../../../claims.toml")).expect("claims.toml has this form")
});

/// Every claim that the plan has cells for, in the order of the table.
pub fn read_claims(
    index: &Index,
    detection: &Detection,
    comparisons: &[Comparison],
) -> Vec<ClaimResult> {
    let read = |claim: &ClaimSpec<Metric>| match claim.metric {
        Metric::Ranks(ranks) => Some(ranks::decide(claim, ranks.find(comparisons)?)),
        _ => read_claim(index, detection, claim),
    };
    CLAIMS.iter().filter_map(read).collect()
}

fn read_claim(
    index: &Index,
    detection: &Detection,
    claim: &ClaimSpec<Metric>,
) -> Option<ClaimResult> {
    let measured = claim.metric.measure(index, detection)?;
    let absent = match claim.metric {
        Metric::Detection { .. } => "no logits yet",
        _ => "no complete seed",
    };
    let recalled = claim.metric.recalled(index);
    let mut hypothesis = claim.hypothesis(index.plan, "", recalled, absent);
    hypothesis.text = hypothesis.text.replace("{rounds}", &last_round(index).to_string());
    Some(hypothesis.answer(measured.estimate, measured.left_out))
}

/// Each claim that is decided by ranks, with its comparison.
pub fn rank_claims(
    comparisons: &[Comparison],
) -> impl Iterator<Item = (&'static ClaimSpec<Metric>, &Comparison)> {
    CLAIMS.iter().filter_map(|claim| match claim.metric {
        Metric::Ranks(ranks) => Some((claim, ranks.find(comparisons)?)),
        _ => None,
    })
}

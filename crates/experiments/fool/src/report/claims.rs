//! The claims of the fooling experiment. `claims.toml` has the number and the rule that decide
//! each. `docs/studies/fooling.md` has the time when each was fixed. For most, this was before any
//! run other than smoke tests, whose networks learn nothing. Later ones were fixed after a run on
//! MNIST had been seen.

mod metric;
mod ranks;

use std::sync::LazyLock;

use assay_report::claims::{ClaimResult, ClaimSpec, parse_claims};
use assay_runs::Verdict;

pub use self::metric::{Metric, success_rate};
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
    parse_claims(include_str!("../../claims.toml")).expect("claims.toml has this form")
});

/// The claims as a table in Markdown, for `docs/studies`.
pub fn claims_in_markdown() -> String {
    let table = assay_report::claims::claims_in_markdown(&CLAIMS);
    // Ranks need no margin, so the rule of their claims is not that of a margin of 0.
    CLAIMS.iter().filter(|claim| matches!(claim.metric, Metric::Ranks(_))).fold(
        table,
        |table, claim| {
            let by_margin = format!("{} {}", claim.rule.words(0.0), claim.unit);
            table.replace(&by_margin, &ranks::rule(claim))
        },
    )
}

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
    let paper = claim.metric.paper(index);
    let mut undecided = claim.undecided(index.plan, "", paper, absent);
    undecided.text = undecided.text.replace("{rounds}", &last_round(index).to_string());
    let margin = undecided.margin;
    let mut result = undecided.decide(measured.estimate, measured.left_out);
    if let Some(reference) = claim.metric.compared_with(index).filter(|at| at + margin >= 100.0) {
        // No confidence is above 100 %, so the claim could not hold, whatever the attack finds.
        result.claim.verdict = Verdict::NotTestable;
        result.claim.note = Some(format!(
            "not testable: the attack that it is compared with has a median confidence of {reference:.2} %, so there \
             is no room for a difference of more than {margin}"
        ));
    }
    Some(result)
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

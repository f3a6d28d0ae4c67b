//! The claims of Yosinski et al. 2014. `claims.toml` has the number and the rule that decide each.
//! `docs/studies/transfer.md` lists the changes that were made after runs had been seen.

mod metric;

use std::sync::LazyLock;

use assay_report::claims::{ClaimResult, ClaimSpec, parse_claims};
use assay_report::data;
use assay_runs::Verdict;

pub(crate) use self::metric::Cuts;
pub use self::metric::Metric;
use super::contrast::{Contrast, Scope};
use super::convergence::{Convergence, State};
use super::index::Index;
use super::paper::paper;

/// The claims, in the order of the report.
///
/// # Panics
/// Never: a test parses the file.
pub static CLAIMS: LazyLock<Vec<ClaimSpec<Metric>>> = LazyLock::new(|| {
    parse_claims(include_str!("../../claims.toml")).expect("claims.toml has this form")
});

/// Every claim that the plan has cells for, in the order of the table.
pub(crate) fn decide_claims(index: &Index) -> Vec<ClaimResult> {
    CLAIMS.iter().filter_map(|claim| decide_claim(index, claim)).collect()
}

fn decide_claim(index: &Index, claim: &ClaimSpec<Metric>) -> Option<ClaimResult> {
    let measured = metric::measure(index, &claim.metric)?;
    let paper = data::is_imagenet(index.plan).then(|| metric::from_paper(paper(), &claim.metric));
    let cuts = cuts_in_words(&measured.cuts);
    let absent = "no complete cluster";
    let undecided = claim.undecided(index.plan, &cuts, paper.flatten(), absent);
    let margin = undecided.margin;
    let mut result = undecided.decide(measured.estimate, measured.left_out);
    if claim.metric.needs_convergence() {
        qualify(index, claim, margin, &measured.contrasts, &mut result);
    }
    Some(result)
}

/// The note of a claim whose verdict is another one relative to the base trained twice as long.
const DEPENDS_ON_BASE: &str =
    "not enough data: relative to the base trained twice as long, the verdict would be another one";

/// Adds a note on convergence, and withdraws a verdict that the bases do not support. `margin` is the claim's.
fn qualify(
    index: &Index,
    claim_spec: &ClaimSpec<Metric>,
    margin: f64,
    contrasts: &[(Scope, Contrast)],
    claim_result: &mut ClaimResult,
) {
    let Some(convergence) = Convergence::least_converged(contrasts, margin) else { return };
    let claim = &mut claim_result.claim;
    let notes = [convergence.note(), claim.note.take()];
    let verdict = match convergence.state {
        State::Unchecked => claim.verdict,
        State::NotConverged if claim.measured.is_some() => Verdict::NotTestable,
        State::NotConverged => Verdict::NotEnoughData,
        // A gain below the margin may still be larger than what the claim is about.
        State::Converged | State::Unknown => {
            let metric = claim_spec.metric.relative_to_long_base();
            let is_relative = metric.is_some();
            let measured = metric.and_then(|metric| metric::measure(index, &metric));
            let interval = measured.and_then(|measured| measured.estimate?.interval);
            let same = claim_spec.rule.decide(interval, margin) == claim.verdict;
            let stands = same || (convergence.state == State::Converged && !is_relative);
            if stands { claim.verdict } else { Verdict::NotEnoughData }
        }
    };
    let is_withdrawn = convergence.state == State::Converged && verdict != claim.verdict;
    let notes = notes.into_iter().chain([is_withdrawn.then(|| DEPENDS_ON_BASE.to_owned())]);
    claim.verdict = verdict;
    // More seeds do not make a claim testable.
    let notes = notes.flatten();
    let notes: Vec<String> =
        notes.take(if verdict == Verdict::NotTestable { 1 } else { 2 }).collect();
    claim.note = (!notes.is_empty()).then(|| notes.join("; "));
}

/// ` (n = 1, 2)`, or ` (n = 1 to 7)` for more than two consecutive cut points.
fn cuts_in_words(cuts: &[u8]) -> String {
    let in_a_row = cuts.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    match cuts {
        [] => String::new(),
        [first, .., last] if in_a_row && cuts.len() > 2 => format!(" (n = {first} to {last})"),
        _ => {
            let cuts: Vec<String> = cuts.iter().map(u8::to_string).collect();
            format!(" (n = {})", cuts.join(", "))
        }
    }
}

#[cfg(test)]
mod tests;

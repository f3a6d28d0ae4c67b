//! The claims of Yosinski et al. 2014, each with the contrast it is read from and the rule that
//! decides it. `docs/studies/transfer.md` has the same table in words; both were fixed before any
//! run.

mod measure;
mod rule;
mod table;

use assay_runs::Claim;

pub use self::measure::Measure;
pub(crate) use self::measure::{DISSIMILAR, mean_contrast};
pub use self::rule::{Cuts, Rule};
pub use self::table::{CLAIMS, Statement};
use crate::observations::Observations;
use crate::paper::paper;

/// The margin where the plan's settings name none, in percentage points.
pub const DEFAULT_MARGIN: f64 = 0.5;

/// A claim with its verdict, and what it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// As the summary has it.
    pub claim: Claim,
    /// The rule with its margin, in words.
    pub rule: String,
    /// The cut points it was read at, where it is read at any.
    pub cuts: Vec<u8>,
    /// Clusters in the estimate.
    pub clusters: usize,
    /// Clusters left out, each with the first cell it lacks and why.
    pub left_out: Vec<String>,
}

/// The plan's margin in percentage points: its setting `margin`, or [`DEFAULT_MARGIN`].
#[must_use]
pub fn margin(observations: &Observations) -> f64 {
    let margin = observations.plan().settings.get("margin").and_then(serde_json::Value::as_f64);
    margin.filter(|margin| margin.is_finite() && *margin >= 0.0).unwrap_or(DEFAULT_MARGIN)
}

/// Every claim that the plan has cells for, in the table's order.
#[must_use]
pub fn read_claims(observations: &Observations) -> Vec<Reading> {
    let margin = margin(observations);
    CLAIMS.iter().filter_map(|statement| read_claim(observations, statement, margin)).collect()
}

fn read_claim(observations: &Observations, statement: &Statement, margin: f64) -> Option<Reading> {
    let measured = measure::measure(observations, statement.measure)?;
    let estimate = measured.estimate;
    let interval = estimate.and_then(|estimate| estimate.interval);
    let rule = statement.rule.words(margin);
    let claim = Claim {
        id: statement.id.to_owned(),
        text: format!(
            "{}{}: {rule} percentage points",
            statement.text,
            cuts_in_words(&measured.cuts)
        ),
        paper: measure::from_paper(paper(), statement.measure),
        measured: estimate.map(|estimate| estimate.value),
        low: interval.map(|interval| interval.low),
        high: interval.map(|interval| interval.high),
        verdict: statement.rule.decide(interval, margin),
    };
    Some(Reading {
        claim,
        rule,
        cuts: measured.cuts,
        clusters: estimate.map_or(0, |estimate| estimate.clusters),
        left_out: measured.left_out,
    })
}

/// ` (n = 1, 2)`, or ` (n = 1 to 7)` for more than two in a row.
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

/// The network's last cut point, before its last layer.
#[must_use]
pub fn last_cut(observations: &Observations) -> u8 {
    u8::try_from(observations.depth().saturating_sub(1)).unwrap_or(u8::MAX)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

//! Claims: a statement, the number it is read from, and the rule that decides it.
//!
//! 1. [`ClaimSpec`] is an entry of `claims.toml`, the same for every run.
//! 2. [`ClaimSpec::undecided`] makes it a [`UndecidedClaim`]: what this run is to decide, with its margin.
//! 3. [`UndecidedClaim::decide`] decides it by an estimate, [`UndecidedClaim::decide_all`] by several.
//! 4. The [`ClaimResult`] is the [`Claim`] of `summary.json` with its verdict, and what only the page shows.

mod family;
mod spec;
mod table;

use assay_runs::{Claim, Plan, Verdict};

pub use self::family::Comparison;
use self::spec::POINTS;
pub use self::spec::{ClaimSpec, claims_in_markdown, parse_claims};
pub use self::table::claims_table;
use crate::words::{plural, signed};
use assay_stats::{Estimate, Interval, MOST_CLUSTERS, Rule};

/// The margin where the plan's settings name none, in percentage points.
const DEFAULT_MARGIN: f64 = 0.5;

/// A claim before it is decided.
#[derive(Debug, Clone, PartialEq)]
pub struct UndecidedClaim {
    /// A short name that stays the same from version to version.
    pub id: String,
    /// Where it is made.
    pub source: String,
    /// What is claimed.
    pub text: String,
    /// What decides it.
    pub rule: Rule,
    /// The rule's margin, in `unit`.
    pub margin: f64,
    /// The unit of the number it is read from.
    pub unit: String,
    /// The paper's number, where it has one.
    pub paper: Option<f64>,
    /// What to say where there is no number.
    pub absent: &'static str,
    /// Heading of the summary sentence that contains this claim; empty if there is none.
    pub topic: String,
    /// The statement as it stands in that sentence: "that ...".
    pub finding: String,
    /// The number of seeds of the run; 0 if its settings name none.
    pub seeds: usize,
}

/// A claim with its verdict, and what it was read from.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimResult {
    /// As the summary has it.
    pub claim: Claim,
    /// Where the claim is made.
    pub source: String,
    /// The rule with its margin, in words.
    pub rule: String,
    /// What to say where there is no number.
    pub absent: &'static str,
    /// Clusters in the estimate.
    pub clusters: usize,
    /// Clusters left out, each with the first cell it lacks and why.
    pub left_out: Vec<String>,
    /// Heading of the summary sentence that contains this claim; empty if there is none.
    pub topic: String,
    /// The statement as it stands in that sentence: "that ...".
    pub finding: String,
}

impl UndecidedClaim {
    /// Decides the claim by what was measured; no estimate where no cluster has all its cells.
    #[must_use]
    pub fn decide(self, estimate: Option<Estimate>, left_out: Vec<String>) -> ClaimResult {
        let interval = estimate.and_then(|estimate| estimate.interval);
        let rule = self.rule.words(self.margin);
        let note = self.seeds_to_decide(estimate).or_else(|| self.smaller_than_margin(interval));
        let claim = Claim {
            id: self.id,
            text: format!("{}: {rule} {}", self.text, self.unit),
            paper: self.paper,
            measured: estimate.map(|estimate| estimate.value),
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
            verdict: self.rule.decide(interval, self.margin),
            note,
        };
        let clusters = estimate.map_or(0, |estimate| estimate.clusters);
        let Self { source, absent, topic, finding, .. } = self;
        ClaimResult { claim, source, rule, absent, clusters, left_out, topic, finding }
    }

    /// That a difference has the claimed sign, if it is only too small for the claim to hold.
    fn smaller_than_margin(&self, interval: Option<Interval>) -> Option<String> {
        let Interval { low, high } = interval.filter(|_| self.unit == POINTS)?;
        let has_claimed_sign = match self.rule {
            Rule::MoreThan => low > 0.0,
            Rule::LessThan => high < 0.0,
            Rule::NotWorse | Rule::Equal => false,
        };
        let fails = self.rule.decide(interval, self.margin) == Verdict::DoesNotHold;
        (has_claimed_sign && fails).then(|| {
            "the difference has the claimed sign, but is smaller than the margin".to_owned()
        })
    }

    /// How many seeds would decide the claim, and how to add them; none if it is decided, or the estimate does not
    /// tell.
    pub(crate) fn seeds_to_decide(&self, estimate: Option<Estimate>) -> Option<String> {
        let (estimate, Self { rule, margin, seeds, .. }) = (estimate?, self);
        if rule.decide(estimate.interval, *margin) != Verdict::NotEnoughData || *seeds == 0 {
            return None;
        }
        let now = plural(*seeds, "seed");
        let Some(interval) = estimate.interval else {
            return Some(format!("no interval from {}", plural(estimate.clusters, "cluster")));
        };
        // Clusters that all agree tell nothing of others.
        let two = estimate.with_clusters(2).filter(|_| interval.has_width());
        two?;
        Some(match rule.clusters_to_decide(&estimate, *margin) {
            // A seed adds as many clusters as each has now.
            Some(clusters) => {
                let needed = (clusters * seeds).div_ceil(estimate.clusters);
                format!(
                    "about {needed} seeds would decide it, if the estimate and its spread stay the same ({now} \
                     now): --seeds {needed}"
                )
            }
            None => format!(
                "not even {} seeds would decide it, if the estimate and its spread stay the same ({now} now)",
                MOST_CLUSTERS * seeds / estimate.clusters
            ),
        })
    }
}

impl ClaimResult {
    /// `+1.20 [+0.80, +1.60]`, or that there is no number.
    #[must_use]
    pub fn measured_in_words(&self) -> String {
        let claim = &self.claim;
        match (claim.measured, claim.low, claim.high) {
            (Some(value), Some(low), Some(high)) => {
                format!("{} [{}, {}]", signed(value), signed(low), signed(high))
            }
            (Some(value), ..) => format!("{}, no interval", signed(value)),
            _ => self.absent.to_owned(),
        }
    }
}

/// The plan's margin in percentage points: its setting `margin`, or 0.5.
#[must_use]
pub fn margin(plan: &Plan) -> f64 {
    let margin = plan.settings.get("margin").and_then(serde_json::Value::as_f64);
    margin.filter(|margin| margin.is_finite() && *margin >= 0.0).unwrap_or(DEFAULT_MARGIN)
}

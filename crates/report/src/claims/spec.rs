//! Claims as data: one entry of `claims.toml` per claim. Its verdict, its row of the table, its sentence of the
//! answer and its row in `docs/studies` come from it.

use std::fmt::Write;

use assay_runs::Plan;
use assay_stats::Rule;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{UndecidedClaim, margin};

/// The unit of claims that name none.
pub(super) const POINTS: &str = "percentage points";

/// A claim, and how a run decides it. `M` is the experiment's type of metrics.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClaimSpec<M> {
    /// A short name that stays the same from version to version.
    pub id: String,
    /// Where it is made: a paper with its section, or this experiment itself.
    pub source: String,
    /// What is claimed; the margin, and what it is read from, are added when it is decided.
    pub statement: String,
    /// The number that decides it, in words, for `docs/studies`.
    pub number: String,
    /// What its source reports of that number.
    #[serde(default)]
    pub reported: Option<String>,
    /// The same number for the program: which, and of which groups.
    pub metric: M,
    /// How the number's interval decides it.
    pub rule: Rule,
    /// The rule's margin in `unit`; the profile's where it is none.
    #[serde(default)]
    pub margin: Option<f64>,
    /// The unit of the number.
    #[serde(default = "points")]
    pub unit: String,
    /// Heading of the summary sentence that contains this claim; empty if it has a sentence of its own.
    #[serde(default)]
    pub topic: String,
    /// The statement as it stands in that sentence: "that ...".
    #[serde(default)]
    pub finding: String,
}

fn points() -> String {
    POINTS.to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<M> {
    claim: Vec<ClaimSpec<M>>,
}

/// The claims of a `claims.toml`, in its order.
///
/// # Errors
/// When it does not have this form.
pub fn parse_claims<M: DeserializeOwned>(text: &str) -> Result<Vec<ClaimSpec<M>>, toml::de::Error> {
    toml::from_str(text).map(|file: File<M>| file.claim)
}

/// The plan's setting `seeds`; 0 if it has none.
fn seeds(plan: &Plan) -> usize {
    let seeds = plan.settings.get("seeds").and_then(serde_json::Value::as_u64);
    seeds.and_then(|seeds| usize::try_from(seeds).ok()).unwrap_or_default()
}

impl<M> ClaimSpec<M> {
    /// What a run is to decide: `detail` follows the statement, `absent` is said where there is no number.
    #[must_use]
    pub fn undecided(
        &self,
        plan: &Plan,
        detail: &str,
        paper: Option<f64>,
        absent: &'static str,
    ) -> UndecidedClaim {
        UndecidedClaim {
            id: self.id.clone(),
            source: self.source.clone(),
            text: format!("{}{detail}", self.statement),
            rule: self.rule,
            margin: self.margin.unwrap_or_else(|| margin(plan)),
            unit: self.unit.clone(),
            paper,
            absent,
            topic: self.topic.clone(),
            finding: self.finding.clone(),
            seeds: seeds(plan),
        }
    }

    /// What decides it, in words: `more than m`, or `more than 50 % of the gap`.
    fn rule_in_words(&self) -> String {
        let words = self.margin.map(|margin| format!("{} {}", self.rule.words(margin), self.unit));
        words.unwrap_or_else(|| self.rule.words("m"))
    }
}

/// The claims as a table in Markdown, for `docs/studies`.
#[must_use]
pub fn claims_in_markdown<M>(claims: &[ClaimSpec<M>]) -> String {
    let mut text =
        "| claim | number | rule | source | reported |\n|---|---|---|---|---|\n".to_owned();
    for claim in claims {
        let ClaimSpec { id, number, source, reported, .. } = claim;
        let (rule, reported) = (claim.rule_in_words(), reported.as_deref().unwrap_or("–"));
        let _ = writeln!(text, "| `{id}` | {number} | {rule} | {source} | {reported} |");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIM: &str = r#"
        [[claim]]
        id = "a-beats-b"
        source = "A paper, section 2"
        statement = "A beats B"
        number = "A − B"
        metric = { groups = ["A", "B"] }
        rule = "more-than"
        topic = "A and B"
        finding = "that A beats B"
    "#;

    #[derive(Debug, Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Metric {
        groups: Vec<String>,
    }

    #[test]
    fn a_claim_has_the_profiles_margin_unless_it_names_one() {
        let claims = parse_claims::<Metric>(CLAIM).unwrap();
        assert_eq!(claims[0].metric.groups, ["A", "B"]);
        let row = |claims: &[ClaimSpec<Metric>]| {
            claims_in_markdown(claims).lines().nth(2).unwrap_or_default().to_owned()
        };
        let source = "A paper, section 2";
        assert_eq!(row(&claims), format!("| `a-beats-b` | A − B | more than +m | {source} | – |"));
        let fixed =
            parse_claims::<Metric>(&format!("{CLAIM}\nmargin = 50.0\nunit = \"%\"")).unwrap();
        assert_eq!(
            row(&fixed),
            format!("| `a-beats-b` | A − B | more than +50 % | {source} | – |")
        );
    }

    #[test]
    fn an_unknown_field_is_an_error_that_names_it() {
        let error = parse_claims::<Metric>(&format!("{CLAIM}\nmarign = 1.0")).unwrap_err();
        assert!(error.to_string().contains("marign"), "{error}");
    }
}

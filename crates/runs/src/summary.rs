//! The answer of a run in a few lines, for scripts: `summary.json`.

use serde::{Deserialize, Serialize};

use crate::Study;

/// What a run says of a claim, by the claim's rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// The whole interval lies on the claim's side of its margin.
    #[serde(rename = "holds")]
    Holds,
    /// The whole interval lies on the other side.
    #[serde(rename = "does not hold")]
    DoesNotHold,
    /// Neither.
    #[serde(rename = "not enough data")]
    NotEnoughData,
    /// What the claim is relative to does not allow a verdict, however much data there is; the claim's note
    /// says why.
    #[serde(rename = "not testable")]
    NotTestable,
}

/// A statement of the paper, and what the run says of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// A short name that stays the same from version to version.
    pub id: String,
    /// The statement, with its margin.
    pub text: String,
    /// The paper's number, in the unit the statement names; none where it has none.
    pub paper: Option<f64>,
    /// Ours; none where no cell could be compared.
    pub measured: Option<f64>,
    /// Lower end of its interval.
    pub low: Option<f64>,
    /// Upper end of its interval.
    pub high: Option<f64>,
    /// By the rule.
    pub verdict: Verdict,
    /// Why there is no verdict and what would allow one, or what was not checked; none where the rule says
    /// all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The answer of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The study.
    pub study: Study,
    /// The profile.
    pub profile: String,
    /// The data set.
    pub dataset: String,
    /// The devices its cells were trained on.
    pub device: String,
    /// Cells in the plan.
    pub cells_planned: usize,
    /// Cells with a record.
    pub cells_done: usize,
    /// Cells that were tried and have none.
    pub cells_failed: usize,
    /// Seconds from the first start to the last stop, pauses left out.
    pub wall_seconds: f64,
    /// The claims.
    pub claims: Vec<Claim>,
}

//! The machine-readable summary of a run: `summary.json`.

use assay_core::Verdict;
use serde::{Deserialize, Serialize};

/// A claim of the paper and the result of this run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// Short name, stable across versions.
    pub id: String,
    /// The claim in words, with its margin.
    pub text: String,
    /// The number in the paper, in the unit that the claim names; none if the paper gives none.
    pub paper: Option<f64>,
    /// The number of this run; none if no cells could be compared.
    pub measured: Option<f64>,
    /// Lower end of the confidence interval.
    pub low: Option<f64>,
    /// Upper end of the confidence interval.
    pub high: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why there is no verdict and what would allow one, or what was not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The summary of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The name of the experiment.
    pub study: String,
    /// Name of the profile.
    pub profile: String,
    /// Name of the data set.
    pub dataset: String,
    /// The devices that the cells were trained on.
    pub device: String,
    /// Cells in the plan.
    pub cells_planned: usize,
    /// Cells that are finished.
    pub cells_done: usize,
    /// Cells that were tried and failed.
    pub cells_failed: usize,
    /// Wall time in seconds from the first start to the last stop, without pauses.
    pub wall_seconds: f64,
    /// The claims.
    pub claims: Vec<Claim>,
}

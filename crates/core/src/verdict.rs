//! The verdict on a claim.

use serde::{Deserialize, Serialize};

/// The verdict on a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// The whole confidence interval lies on the claim's side of the margin.
    #[serde(rename = "holds")]
    Holds,
    /// The whole confidence interval lies on the other side of the margin.
    #[serde(rename = "does not hold")]
    DoesNotHold,
    /// The confidence interval contains the margin, or there is no interval.
    #[serde(rename = "not enough data")]
    NotEnoughData,
    /// The claim cannot be tested here, however much data there is; the note says why.
    #[serde(rename = "not testable")]
    NotTestable,
}

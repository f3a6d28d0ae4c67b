//! Thresholds of confidence.

use serde::{Deserialize, Serialize};

/// Confidences for which the archive records when each cell first reached them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Threshold {
    /// 0.5: more than all other classes together.
    Majority,
    /// 0.99.
    TwoNines,
    /// 0.999.
    ThreeNines,
    /// 0.9999.
    FourNines,
}

impl Threshold {
    /// All thresholds, in ascending order.
    pub const ALL: [Self; 4] = [Self::Majority, Self::TwoNines, Self::ThreeNines, Self::FourNines];

    /// The confidence that reaches the threshold.
    #[must_use]
    pub fn confidence(self) -> f32 {
        match self {
            Self::Majority => 0.5,
            Self::TwoNines => 0.99,
            Self::ThreeNines => 0.999,
            Self::FourNines => 0.9999,
        }
    }
}

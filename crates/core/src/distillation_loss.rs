//! How a student is compared with its teacher.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How the logits of student and teacher are compared. Formulas and sources are documented at the
/// functions of the same names in `assay-losses`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DistillationLoss {
    /// KL divergence of softened probabilities.
    SoftTargets {
        /// Temperature of student and teacher.
        temperature: f64,
    },
    /// Mean squared error of the centered logits.
    LogitMse {},
    /// Decoupled knowledge distillation (DKD): target class against the rest, and the rest among
    /// itself.
    Decoupled {
        /// Temperature of student and teacher.
        temperature: f64,
        /// Weight of the part that compares the target class with the rest.
        label_weight: f64,
        /// Weight of the part that compares the other classes.
        rest_weight: f64,
        /// Epochs of linear warm-up; 0 for none.
        warm_up_epochs: u32,
    },
    /// DIST: correlation of probabilities within each image and within each class.
    Dist {
        /// Temperature of student and teacher.
        temperature: f64,
    },
    /// Normalized knowledge distillation (NKD).
    Nkd {
        /// Temperature of the part that compares the other classes.
        temperature: f64,
        /// Weight of the part that compares the other classes.
        rest_weight: f64,
    },
    /// Weighted transformed teacher matching (WTTM).
    Wttm {
        /// Exponent of the teacher's probabilities.
        power: f64,
    },
}

impl fmt::Display for DistillationLoss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SoftTargets { temperature } => write!(f, "soft-targets-T{temperature}"),
            Self::LogitMse {} => f.write_str("logit-mse"),
            Self::Decoupled { temperature, .. } => write!(f, "decoupled-T{temperature}"),
            Self::Dist { temperature } => write!(f, "dist-T{temperature}"),
            Self::Nkd { temperature, .. } => write!(f, "nkd-T{temperature}"),
            Self::Wttm { power } => write!(f, "wttm-{power}"),
        }
    }
}

impl DistillationLoss {
    /// The factor of the warm-up in an epoch, which counts from 1, in (0, 1].
    #[must_use]
    pub fn warm_up_factor(&self, epoch: u32) -> f64 {
        match *self {
            Self::Decoupled { warm_up_epochs, .. } if warm_up_epochs > 0 => {
                (f64::from(epoch) / f64::from(warm_up_epochs)).min(1.0)
            }
            _ => 1.0,
        }
    }
}

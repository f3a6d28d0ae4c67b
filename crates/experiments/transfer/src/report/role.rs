//! The roles of networks in comparisons.

use crate::{LayerMode, Treatment};
use assay_runs::{Half, Initialization};
use serde::Deserialize;

/// A treatment without its target and its cut point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Role {
    /// The base of the target.
    Base,
    /// The long base, which was trained through the schedule a second time.
    BaseLong,
    /// `BnB`, `BnB+`: copied from the target's own base.
    Selffer(LayerMode),
    /// `AnB`, `AnB+`: copied from the other half's base.
    Transfer(LayerMode),
    /// Random frozen layers.
    Random(Initialization),
}

impl Role {
    /// `BnB`.
    pub const SELFFER: Self = Self::Selffer(LayerMode::Frozen);
    /// `BnB+`.
    pub const SELFFER_PLUS: Self = Self::Selffer(LayerMode::FineTuned);
    /// `AnB`.
    pub const TRANSFER: Self = Self::Transfer(LayerMode::Frozen);
    /// `AnB+`.
    pub const TRANSFER_PLUS: Self = Self::Transfer(LayerMode::FineTuned);
    /// Random frozen layers with the initialization of He et al.
    pub const RANDOM_HE: Self = Self::Random(Initialization::He);
    /// Random frozen layers with the standard deviations of the paper's `AlexNet`.
    pub const RANDOM_PAPER: Self = Self::Random(Initialization::Paper);

    /// The treatment at cut point `n`; a base ignores `n`.
    #[must_use]
    pub fn treatment(self, n: u8, target: Half) -> Treatment {
        match self {
            Self::Base => Treatment::Base { target },
            Self::BaseLong => Treatment::BaseLong { target },
            Self::Selffer(layer_mode) => {
                Treatment::Copied { source: target, layers: n, target, layer_mode }
            }
            Self::Transfer(layer_mode) => {
                Treatment::Copied { source: target.other(), layers: n, target, layer_mode }
            }
            Self::Random(initialization) => Treatment::Random { layers: n, target, initialization },
        }
    }

    /// The role of a treatment and its cut point, 0 for a base. None for a network trained on all
    /// classes and for scores.
    #[must_use]
    pub fn of(treatment: Treatment) -> Option<(Self, u8)> {
        Some(match treatment {
            Treatment::Base { .. } => (Self::Base, 0),
            Treatment::BaseLong { .. } => (Self::BaseLong, 0),
            Treatment::Copied { source, layers, target, layer_mode } if source == target => {
                (Self::Selffer(layer_mode), layers)
            }
            Treatment::Copied { layers, layer_mode, .. } => (Self::Transfer(layer_mode), layers),
            Treatment::Random { layers, initialization, .. } => {
                (Self::Random(initialization), layers)
            }
            Treatment::All | Treatment::Scores { .. } => return None,
        })
    }

    /// Its name in the paper's notation for target B; the name stands for both targets.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::BaseLong => "base, twice as long",
            Self::Selffer(LayerMode::Frozen) => "BnB",
            Self::Selffer(LayerMode::FineTuned) => "BnB+",
            Self::Transfer(LayerMode::Frozen) => "AnB",
            Self::Transfer(LayerMode::FineTuned) => "AnB+",
            Self::Random(Initialization::He) => "random, He",
            Self::Random(Initialization::Paper) => "random, AlexNet's σ",
        }
    }
}

impl TryFrom<String> for Role {
    type Error = String;

    /// Parses the name in `claims.toml`.
    fn try_from(name: String) -> Result<Self, String> {
        Ok(match name.as_str() {
            "base" => Self::Base,
            "base-long" => Self::BaseLong,
            "BnB" => Self::SELFFER,
            "BnB+" => Self::SELFFER_PLUS,
            "AnB" => Self::TRANSFER,
            "AnB+" => Self::TRANSFER_PLUS,
            "random-he" => Self::RANDOM_HE,
            "random-paper" => Self::RANDOM_PAPER,
            _ => return Err(format!("{name} is no group of networks")),
        })
    }
}

//! The roles of networks in comparisons.

use crate::{LayerMode, Treatment};
use assay_report::figures::canvas::Marker;
use assay_report::figures::style::{BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY};
use assay_runs::{Half, Initialization};
use plotters::style::RGBColor;
use serde::Deserialize;

/// A treatment without its target and its cut point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Role {
    /// The base of the target.
    Base,
    /// The base trained twice as long: through the schedule a second time.
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
    pub(crate) fn treatment(self, n: u8, target: Half) -> Treatment {
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
    pub(crate) fn from_treatment(treatment: Treatment) -> Option<(Self, u8)> {
        let target = treatment.target()?;
        let n = match treatment {
            Treatment::Copied { layers, .. } | Treatment::Random { layers, .. } => layers,
            _ => 0,
        };
        let is_its = |role: &Self| role.treatment(n, target) == treatment;
        ROLES.into_iter().map(|role| role.0).find(is_its).map(|role| (role, n))
    }

    /// Its name in the paper's notation for target B; the name stands for both targets.
    pub(crate) fn name(self) -> &'static str {
        self.row().2
    }

    pub(crate) fn color(self) -> RGBColor {
        self.row().3
    }

    /// Its marker; hollow if the copied layers are fine-tuned.
    pub(crate) fn marker(self) -> Marker {
        self.row().4
    }

    fn row(self) -> Row {
        ROLES.into_iter().find(|row| row.0 == self).expect("every role has a row")
    }
}

/// A role with its name in `claims.toml`, its name in reports, and its color and marker in figures.
type Row = (Role, &'static str, &'static str, RGBColor, Marker);

/// Every role.
pub(super) const ROLES: [Row; 8] = [
    (Role::Base, "base", "base", BLACK, Marker::Disc),
    (Role::BaseLong, "base-long", "base trained twice as long", GREY, Marker::Disc),
    (Role::SELFFER, "BnB", "BnB", BLUE, Marker::Square),
    (Role::TRANSFER, "AnB", "AnB", RED, Marker::Diamond),
    (Role::SELFFER_PLUS, "BnB+", "BnB+", SKY, Marker::Ring),
    (Role::TRANSFER_PLUS, "AnB+", "AnB+", ORANGE, Marker::Triangle),
    (Role::RANDOM_HE, "random-he", "random, He", GREEN, Marker::Cross),
    (Role::RANDOM_PAPER, "random-paper", "random, AlexNet's σ", PURPLE, Marker::Cross),
];

impl TryFrom<String> for Role {
    type Error = String;

    /// Parses the name in `claims.toml`.
    fn try_from(name: String) -> Result<Self, String> {
        let role = ROLES.iter().find(|role| role.1 == name).map(|role| role.0);
        role.ok_or_else(|| format!("{name} is no group of networks"))
    }
}

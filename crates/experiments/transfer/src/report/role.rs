//! What a network is compared as.

use assay_runs::{Fate, Half, Initialization, Treatment};

/// A treatment without its target and its cut point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The base of the target.
    Base,
    /// The base trained through a second schedule.
    BaseLong,
    /// `BnB`, `BnB+`: copied from the target's own base.
    Selffer(Fate),
    /// `AnB`, `AnB+`: copied from the other half's base.
    Transfer(Fate),
    /// Random frozen layers.
    Random(Initialization),
}

impl Role {
    /// `BnB`.
    pub const SELFFER: Self = Self::Selffer(Fate::Frozen);
    /// `BnB+`.
    pub const SELFFER_PLUS: Self = Self::Selffer(Fate::FineTuned);
    /// `AnB`.
    pub const TRANSFER: Self = Self::Transfer(Fate::Frozen);
    /// `AnB+`.
    pub const TRANSFER_PLUS: Self = Self::Transfer(Fate::FineTuned);
    /// Random frozen layers drawn as He et al. do.
    pub const RANDOM_HE: Self = Self::Random(Initialization::He);
    /// Random frozen layers drawn with the standard deviations of the paper's `AlexNet`.
    pub const RANDOM_PAPER: Self = Self::Random(Initialization::Paper);

    /// The treatment at cut point `n`, which bases do not have.
    #[must_use]
    pub fn treatment(self, n: u8, target: Half) -> Treatment {
        match self {
            Self::Base => Treatment::Base { target },
            Self::BaseLong => Treatment::BaseLong { target },
            Self::Selffer(fate) => Treatment::Copied { source: target, layers: n, target, fate },
            Self::Transfer(fate) => {
                Treatment::Copied { source: target.other(), layers: n, target, fate }
            }
            Self::Random(initialization) => Treatment::Random { layers: n, target, initialization },
        }
    }

    /// The role of a treatment and its cut point, 0 for a base; none for one trained on all
    /// classes and for scores.
    #[must_use]
    pub fn of(treatment: Treatment) -> Option<(Self, u8)> {
        Some(match treatment {
            Treatment::Base { .. } => (Self::Base, 0),
            Treatment::BaseLong { .. } => (Self::BaseLong, 0),
            Treatment::Copied { source, layers, target, fate } if source == target => {
                (Self::Selffer(fate), layers)
            }
            Treatment::Copied { layers, fate, .. } => (Self::Transfer(fate), layers),
            Treatment::Random { layers, initialization, .. } => {
                (Self::Random(initialization), layers)
            }
            Treatment::All | Treatment::Scores { .. } => return None,
        })
    }

    /// Its name in the paper's notation, for target B; both targets are meant.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::BaseLong => "base, twice as long",
            Self::Selffer(Fate::Frozen) => "BnB",
            Self::Selffer(Fate::FineTuned) => "BnB+",
            Self::Transfer(Fate::Frozen) => "AnB",
            Self::Transfer(Fate::FineTuned) => "AnB+",
            Self::Random(Initialization::He) => "random, He",
            Self::Random(Initialization::Paper) => "random, AlexNet's σ",
        }
    }
}

//! What is done to a network before it is trained, in the notation of Yosinski et al. 2014.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One of the two halves of the classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Half {
    /// The first half; the natural classes of a semantic split.
    A,
    /// The second half; the man-made classes of a semantic split.
    B,
}

impl Half {
    /// Both halves.
    pub const BOTH: [Self; 2] = [Self::A, Self::B];

    /// The half that this one is not.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

/// Prints `a` or `b`.
impl fmt::Display for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "a",
            Self::B => "b",
        })
    }
}

/// What becomes of copied layers during training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// They stay as they were, bit for bit.
    Frozen,
    /// They are trained along with the rest (the paper's `+`).
    FineTuned,
}

/// How weights are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Initialization {
    /// Normal, standard deviation sqrt(2 / fan in), biases 0 (He et al. 2015, eq. 10).
    He,
    /// The Gaussians and biases of the network's table in Yosinski et al. 2014.
    Paper,
}

impl fmt::Display for Initialization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::He => "he",
            Self::Paper => "paper",
        })
    }
}

/// How a cell's network begins. `Display` and `FromStr` are inverse to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Treatment {
    /// `base_b`: every layer drawn afresh, trained on the target half.
    Base {
        /// The half it is trained and tested on.
        target: Half,
    },
    /// `base_b_long`: the base of the same half trained through the whole schedule once more,
    /// so that it has had as many steps as a copied network and its source together.
    BaseLong {
        /// The half it is trained and tested on.
        target: Half,
    },
    /// `a3b`, `b3b_plus`: the first layers copied from the base of `source`, the rest drawn afresh.
    /// A *selffer* where source and target are the same half, else a *transfer*.
    Copied {
        /// The half whose base the layers come from.
        source: Half,
        /// How many layers are copied.
        layers: u8,
        /// The half it is trained and tested on.
        target: Half,
        /// Whether the copied layers are trained.
        fate: Fate,
    },
    /// `random3_b_he`: the first layers drawn at random and frozen, the rest trained.
    Random {
        /// How many layers are frozen as drawn.
        layers: u8,
        /// The half it is trained and tested on.
        target: Half,
        /// How the frozen layers are drawn.
        initialization: Initialization,
    },
    /// `all`: every layer drawn afresh, trained on all classes.
    All,
    /// `scores_ab`: nothing is trained; the layers of the base of `source` are scored cheaply, by
    /// how well they fit the labels of the other half and how like the other base's they are.
    Scores {
        /// The half whose base is scored.
        source: Half,
    },
}

impl Treatment {
    /// The half trained and tested on, or scored against; none for [`Treatment::All`].
    #[must_use]
    pub fn target(self) -> Option<Half> {
        match self {
            Self::Scores { source } => Some(source.other()),
            Self::Base { target }
            | Self::BaseLong { target }
            | Self::Copied { target, .. }
            | Self::Random { target, .. } => Some(target),
            Self::All => None,
        }
    }

    /// The half whose base this treatment starts from, where it starts from one.
    #[must_use]
    pub fn source(self) -> Option<Half> {
        match self {
            Self::BaseLong { target } => Some(target),
            Self::Copied { source, .. } | Self::Scores { source } => Some(source),
            Self::Base { .. } | Self::Random { .. } | Self::All => None,
        }
    }

    /// How many of the first layers never change during training.
    #[must_use]
    pub fn frozen_layers(self) -> u8 {
        match self {
            Self::Copied { layers, fate: Fate::Frozen, .. } | Self::Random { layers, .. } => layers,
            _ => 0,
        }
    }
}

impl fmt::Display for Treatment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base { target } => write!(f, "base_{target}"),
            Self::BaseLong { target } => write!(f, "base_{target}_long"),
            Self::Copied { source, layers, target, fate } => {
                let plus = if *fate == Fate::FineTuned { "_plus" } else { "" };
                write!(f, "{source}{layers}{target}{plus}")
            }
            Self::Random { layers, target, initialization } => {
                write!(f, "random{layers}_{target}_{initialization}")
            }
            Self::All => f.write_str("all"),
            Self::Scores { source } => write!(f, "scores_{source}{}", source.other()),
        }
    }
}

/// A name that no treatment has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no treatment: use base_a, base_b_long, b3b, b3b_plus, a3b, random3_b_he, random3_b_paper, all or scores_ab"
)]
pub struct ParseTreatmentError(String);

impl FromStr for Treatment {
    type Err = ParseTreatmentError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        parse(name).ok_or_else(|| ParseTreatmentError(name.to_owned()))
    }
}

fn parse(name: &str) -> Option<Treatment> {
    if name == "all" {
        return Some(Treatment::All);
    }
    if let Some(rest) = name.strip_prefix("scores_") {
        let source = parse_half(rest.get(..1)?)?;
        return (rest[1..] == source.other().to_string()).then_some(Treatment::Scores { source });
    }
    if let Some(rest) = name.strip_prefix("base_") {
        return match rest.strip_suffix("_long") {
            Some(half) => Some(Treatment::BaseLong { target: parse_half(half)? }),
            None => Some(Treatment::Base { target: parse_half(rest)? }),
        };
    }
    if let Some(rest) = name.strip_prefix("random") {
        let mut parts = rest.split('_');
        let layers = parse_layers(parts.next()?)?;
        let target = parse_half(parts.next()?)?;
        let initialization = match parts.next()? {
            "he" => Initialization::He,
            "paper" => Initialization::Paper,
            _ => return None,
        };
        return parts.next().is_none().then_some(Treatment::Random {
            layers,
            target,
            initialization,
        });
    }
    let (name, fate) = match name.strip_suffix("_plus") {
        Some(stem) => (stem, Fate::FineTuned),
        None => (name, Fate::Frozen),
    };
    let source = parse_half(name.get(..1)?)?;
    let target = parse_half(name.get(name.len().checked_sub(1)?..)?)?;
    let layers = parse_layers(name.get(1..name.len() - 1)?)?;
    Some(Treatment::Copied { source, layers, target, fate })
}

fn parse_half(text: &str) -> Option<Half> {
    match text {
        "a" => Some(Half::A),
        "b" => Some(Half::B),
        _ => None,
    }
}

/// Only the digits that `Display` prints, so that one treatment has one name.
fn parse_layers(text: &str) -> Option<u8> {
    let layers: u8 = text.parse().ok()?;
    (layers > 0 && layers.to_string() == text).then_some(layers)
}

impl Serialize for Treatment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Treatment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn half() -> impl Strategy<Value = Half> {
        prop_oneof![Just(Half::A), Just(Half::B)]
    }

    fn treatment() -> impl Strategy<Value = Treatment> {
        let fate = prop_oneof![Just(Fate::Frozen), Just(Fate::FineTuned)];
        let initialization = prop_oneof![Just(Initialization::He), Just(Initialization::Paper)];
        prop_oneof![
            half().prop_map(|target| Treatment::Base { target }),
            half().prop_map(|target| Treatment::BaseLong { target }),
            (half(), 1u8.., half(), fate).prop_map(|(source, layers, target, fate)| {
                Treatment::Copied { source, layers, target, fate }
            }),
            (1u8.., half(), initialization).prop_map(|(layers, target, initialization)| {
                Treatment::Random { layers, target, initialization }
            }),
            Just(Treatment::All),
            half().prop_map(|source| Treatment::Scores { source }),
        ]
    }

    proptest! {
        #[test]
        fn a_treatment_reads_back_from_its_name(treatment in treatment()) {
            prop_assert_eq!(treatment.to_string().parse(), Ok(treatment));
        }

        #[test]
        fn any_text_is_a_treatment_or_an_error_and_never_a_panic(text in ".{0,12}") {
            if let Ok(treatment) = text.parse::<Treatment>() {
                prop_assert_eq!(treatment.to_string(), text);
            }
        }
    }

    #[test]
    fn names_are_those_of_the_paper() {
        let a3b_plus = Treatment::Copied {
            source: Half::A,
            layers: 3,
            target: Half::B,
            fate: Fate::FineTuned,
        };
        assert_eq!(a3b_plus.to_string(), "a3b_plus");
        for wrong in ["", "a", "ab", "a0b", "a03b", "c3b", "base_c", "random3_b", "random3_b_he_"] {
            assert!(wrong.parse::<Treatment>().is_err(), "{wrong:?} was taken for a treatment");
        }
    }
}

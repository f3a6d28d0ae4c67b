//! Treatments of the transfer experiment, in the notation of Yosinski et al. 2014.

use std::fmt;
use std::str::FromStr;

use assay_runs::{Half, Initialization};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Whether copied layers are trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerMode {
    /// Frozen: they do not change.
    Frozen,
    /// Fine-tuned along with the other layers (`+` in the paper).
    FineTuned,
}

/// How the network of a cell is initialized and trained. `Display` and `FromStr` are inverses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Treatment {
    /// `base_b`: all layers initialized at random, trained on the target half.
    Base {
        /// The half it is trained and tested on.
        target: Half,
    },
    /// `base_b_long`: the base of the same half, trained for the whole schedule once more. It then
    /// has as many steps as a copied network and its source together.
    BaseLong {
        /// The half it is trained and tested on.
        target: Half,
    },
    /// `a3b`, `b3b_plus`: the first layers copied from the base of `source`, the others initialized
    /// at random. *Selffer* if source and target are the same half, otherwise *transfer*.
    Copied {
        /// The half whose base the layers come from.
        source: Half,
        /// Number of copied layers.
        layers: u8,
        /// The half it is trained and tested on.
        target: Half,
        /// Whether the copied layers are frozen or fine-tuned.
        layer_mode: LayerMode,
    },
    /// `random3_b_he`: the first layers initialized at random and frozen, the others trained.
    Random {
        /// Number of frozen layers.
        layers: u8,
        /// The half it is trained and tested on.
        target: Half,
        /// Initialization of the frozen layers.
        initialization: Initialization,
    },
    /// `all`: all layers initialized at random, trained on all classes.
    All,
    /// `scores_ab`: nothing is trained. The layers of the base of `source` get transferability
    /// scores: how well they fit the labels of the other half, and how similar they are to the
    /// other base.
    Scores {
        /// The half whose base is scored.
        source: Half,
    },
}

impl Treatment {
    /// The half it is trained and tested on (or scored for); none for [`Treatment::All`].
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

    /// The half whose base it starts from, if any.
    #[must_use]
    pub fn source(self) -> Option<Half> {
        match self {
            Self::BaseLong { target } => Some(target),
            Self::Copied { source, .. } | Self::Scores { source } => Some(source),
            Self::Base { .. } | Self::Random { .. } | Self::All => None,
        }
    }

    /// The same kind of treatment of both halves, at each of these cut points if it has one. Empty for
    /// [`Treatment::Scores`], which trains nothing.
    #[must_use]
    pub fn at_cuts(self, cuts: &[u8]) -> Vec<Self> {
        let targets = |make: &dyn Fn(Half) -> Self| Half::BOTH.map(make).to_vec();
        let at_cuts = |make: &dyn Fn(u8, Half) -> Self| {
            cuts.iter().flat_map(|&n| Half::BOTH.map(|target| make(n, target))).collect()
        };
        match self {
            Self::Base { .. } => targets(&|target| Self::Base { target }),
            Self::BaseLong { .. } => targets(&|target| Self::BaseLong { target }),
            Self::Copied { source, target, layer_mode, .. } => {
                let same_half = source == target;
                at_cuts(&|layers, target| Self::Copied {
                    source: if same_half { target } else { target.other() },
                    layers,
                    target,
                    layer_mode,
                })
            }
            Self::Random { initialization, .. } => {
                at_cuts(&|layers, target| Self::Random { layers, target, initialization })
            }
            Self::All => vec![Self::All],
            Self::Scores { .. } => Vec::new(),
        }
    }

    /// Number of first layers that are frozen during training.
    #[must_use]
    pub fn frozen_layers(self) -> u8 {
        match self {
            Self::Copied { layers, layer_mode: LayerMode::Frozen, .. }
            | Self::Random { layers, .. } => layers,
            _ => 0,
        }
    }
}

impl fmt::Display for Treatment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base { target } => write!(f, "base_{target}"),
            Self::BaseLong { target } => write!(f, "base_{target}_long"),
            Self::Copied { source, layers, target, layer_mode } => {
                let plus = if *layer_mode == LayerMode::FineTuned { "_plus" } else { "" };
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

/// The error of parsing an unknown treatment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown treatment {0:?}: use base_a, base_b_long, b3b, b3b_plus, a3b, random3_b_he, random3_b_paper, all or scores_ab"
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
    let (name, layer_mode) = match name.strip_suffix("_plus") {
        Some(stem) => (stem, LayerMode::FineTuned),
        None => (name, LayerMode::Frozen),
    };
    let source = parse_half(name.get(..1)?)?;
    let target = parse_half(name.get(name.len().checked_sub(1)?..)?)?;
    let layers = parse_layers(name.get(1..name.len() - 1)?)?;
    Some(Treatment::Copied { source, layers, target, layer_mode })
}

fn parse_half(text: &str) -> Option<Half> {
    match text {
        "a" => Some(Half::A),
        "b" => Some(Half::B),
        _ => None,
    }
}

/// Accepts only the form that `Display` prints, so that each treatment has exactly one name.
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
mod tests;

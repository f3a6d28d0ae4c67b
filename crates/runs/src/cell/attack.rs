//! Cells of the fooling study: a search for images that a network is sure of, and showing what was found
//! to another network.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::parts::{Data, is_zero};
use super::{CellId, ClassifierCell};

/// How an image is written down while it is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// A gene for each value of each pixel.
    Direct,
    /// A growing graph from a pixel's place to its colour.
    Cppn,
}

/// Whose settings a search has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// As the text of Nguyen et al. 2015 says.
    Paper,
    /// As its authors' code does.
    AuthorsCode,
}

/// Where the images of a generation come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Children of the elites: MAP-Elites.
    Evolution,
    /// Drawn afresh: what as many evaluations find without evolution.
    RandomSearch,
}

/// A search for images that a network is sure of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    /// Where the images of a generation come from.
    pub method: Method,
    /// How an image is written down.
    pub encoding: Encoding,
    /// Whose settings it has.
    pub preset: Preset,
    /// Images of the first generation, drawn at random.
    pub initial: u32,
    /// Images of each later one.
    pub children: u32,
    /// Generations, the first one included.
    pub generations: u32,
}

/// Prints `evolution-cppn-paper`.
impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = match self.method {
            Method::Evolution => "evolution",
            Method::RandomSearch => "random-search",
        };
        let encoding = match self.encoding {
            Encoding::Direct => "direct",
            Encoding::Cppn => "cppn",
        };
        let preset = match self.preset {
            Preset::Paper => "paper",
            Preset::AuthorsCode => "authors-code",
        };
        write!(f, "{method}-{encoding}-{preset}")
    }
}

/// One attack on one network. Holds the cell of the network, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttackCell {
    /// Distinguishes repeats.
    pub seed: u32,
    /// The number, from 1, of one of several attacks of a round of retraining; 0 for an attack by
    /// itself.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repeat: u32,
    /// What the network was trained on.
    pub data: Data,
    /// The search.
    pub attack: Attack,
    /// The network that is attacked.
    pub network: ClassifierCell,
}

impl AttackCell {
    /// The cell's identity; see [`crate::Cell::id`].
    #[must_use]
    pub fn id(&self) -> CellId {
        CellId::of(self)
    }

    /// A name for people and folders, with the identity at its end.
    #[must_use]
    pub fn name(&self) -> String {
        format!("attack.{}.{}", self.label(), self.id())
    }

    /// What it is, on which network: the middle of its name, and of the names of its showings.
    pub(super) fn label(&self) -> String {
        let Self { attack, network, seed, repeat, .. } = self;
        let repeat = if *repeat > 0 { format!(".repeat-{repeat}") } else { String::new() };
        format!("{attack}.{}.seed-{seed}{repeat}", network.label())
    }
}

/// What an attack found, shown to another network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShowingCell {
    /// What both networks were trained on.
    pub data: Data,
    /// The attack.
    pub shown: AttackCell,
    /// The network its elites are shown to.
    pub audience: ClassifierCell,
}

impl ShowingCell {
    /// The cell's identity; see [`crate::Cell::id`].
    #[must_use]
    pub fn id(&self) -> CellId {
        CellId::of(self)
    }

    /// A name for people and folders, with the identity at its end.
    #[must_use]
    pub fn name(&self) -> String {
        format!("showing.{}.to-{}.{}", self.shown.label(), self.audience.label(), self.id())
    }
}

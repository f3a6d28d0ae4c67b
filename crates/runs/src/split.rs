//! How the classes were divided into halves A and B.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A division of the classes into two halves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// At random, from this number.
    Random(u32),
    /// Natural classes are A, man-made classes are B.
    Semantic,
    /// A list of classes, by the name of its file.
    Listed(String),
    /// Two data sets: the classes of the one are A, of the other B.
    Pair,
    /// A base from a file is A; the classes of the data set are B.
    Weights,
}

impl Split {
    /// The kind of the split, without its number: cells of one kind are compared with each other.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Random(_) => "random",
            Self::Semantic => "semantic",
            Self::Listed(name) => name,
            Self::Pair => "pair",
            Self::Weights => "weights",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random(number) => write!(f, "random-{number}"),
            other => f.write_str(other.kind()),
        }
    }
}

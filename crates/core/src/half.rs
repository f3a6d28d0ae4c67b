//! Halves of the classes.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One of the two halves of the classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Half {
    /// The first half; in a semantic split, the natural classes.
    A,
    /// The second half; in a semantic split, the man-made classes.
    B,
}

impl Half {
    /// Both halves.
    pub const BOTH: [Self; 2] = [Self::A, Self::B];

    /// The opposite half.
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

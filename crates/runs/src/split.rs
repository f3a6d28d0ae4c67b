//! How the classes were divided into halves A and B.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Lists that come with the program whose halves are the natural and the man-made classes.
const SEMANTIC_LISTS: [&str; 4] =
    ["cifar10-semantic", "cifar100-semantic", "cifar100-coarse-semantic", "imagenet-semantic"];

/// Whether a list of this name comes with the program and was drawn at random.
fn is_random(list: &str) -> bool {
    let number = list.strip_prefix("imagenet-random-");
    number.is_some_and(|number| number.parse::<u8>().is_ok())
}

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
    /// The kind of the split, without its number: cells of one kind are compared with each other. The lists
    /// that come with the program are of the kinds they stand for: `imagenet-random-1` is a random split,
    /// `cifar100-semantic` the semantic one. Any other list is a kind of its own.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Random(_) => "random",
            Self::Semantic => "semantic",
            Self::Listed(name) if is_random(name) => "random",
            Self::Listed(name) if SEMANTIC_LISTS.contains(&name.as_str()) => "semantic",
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
            Self::Listed(name) => f.write_str(name),
            other => f.write_str(other.kind()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_comes_with_the_program_is_of_the_kind_it_stands_for_and_keeps_its_name() {
        for (name, kind) in [
            ("imagenet-random-1", "random"),
            ("imagenet-semantic", "semantic"),
            ("cifar100-coarse-semantic", "semantic"),
            ("mine-1a2b3c4d", "mine-1a2b3c4d"),
            ("imagenet-random-of-mine", "imagenet-random-of-mine"),
        ] {
            let split = Split::Listed(name.to_owned());
            assert_eq!((split.kind(), split.to_string().as_str()), (kind, name));
        }
        assert_eq!(
            (Split::Random(3).kind(), Split::Random(3).to_string().as_str()),
            ("random", "random-3")
        );
    }
}

//! How the classes are divided into halves A and B.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Built-in class lists whose halves are the natural and the man-made classes.
const SEMANTIC_LISTS: [&str; 4] =
    ["cifar10-semantic", "cifar100-semantic", "cifar100-coarse-semantic", "imagenet-semantic"];

/// Whether this is the name of a built-in class list that was drawn at random.
fn is_random(list: &str) -> bool {
    let number = list.strip_prefix("imagenet-random-");
    number.is_some_and(|number| number.parse::<u8>().is_ok())
}

/// A division of the classes into two halves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClassSplit {
    /// A random split with this seed.
    Random(u32),
    /// Natural classes are half A, man-made classes are half B.
    Semantic,
    /// A class list, by the name of its file.
    Listed(String),
    /// Two data sets: the classes of the first are half A, those of the second are half B.
    Pair,
    /// Half A is the data set of an imported base; half B is all classes of this data set.
    Weights,
}

impl ClassSplit {
    /// The same kind of split for another seed: only a random split is another one then.
    #[must_use]
    pub fn of_seed(&self, seed: u32) -> Self {
        match self {
            Self::Random(_) => Self::Random(seed),
            other => other.clone(),
        }
    }

    /// The kind of the split, without the seed. Only cells of one kind are compared with each
    /// other.
    ///
    /// Built-in lists belong to the kind they implement: `imagenet-random-1` is a random split,
    /// `cifar100-semantic` is a semantic one. Any other list is a kind of its own.
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

impl fmt::Display for ClassSplit {
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
    fn built_in_lists_have_the_kind_they_implement() {
        for (name, kind) in [
            ("imagenet-random-1", "random"),
            ("imagenet-semantic", "semantic"),
            ("cifar100-coarse-semantic", "semantic"),
            ("mine-1a2b3c4d", "mine-1a2b3c4d"),
            ("imagenet-random-of-mine", "imagenet-random-of-mine"),
        ] {
            let split = ClassSplit::Listed(name.to_owned());
            assert_eq!((split.kind(), split.to_string().as_str()), (kind, name));
        }
        assert_eq!(
            (ClassSplit::Random(3).kind(), ClassSplit::Random(3).to_string().as_str()),
            ("random", "random-3")
        );
    }
}

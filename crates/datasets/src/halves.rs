//! Classes in two halves: what a network is trained on, and what its features are moved to.

use std::collections::HashMap;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::{Class, DataError, Family};

/// One of the two halves of the classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Half {
    /// The first half; natural in a semantic split.
    A,
    /// The second half; man-made in a semantic split.
    B,
}

/// Two disjoint sets of classes, each ascending and not empty. Within a half its classes are
/// numbered anew, from 0, in that order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Halves {
    /// The classes of half A, indices into [`DataSet::classes`](crate::DataSet::classes).
    pub a: Vec<u16>,
    /// The classes of half B, likewise.
    pub b: Vec<u16>,
}

impl Halves {
    /// Splits classes 0 to `classes - 1` at random into halves of equal size; of an odd number one
    /// class, drawn too, is in neither.
    ///
    /// # Errors
    /// [`DataError::Split`] for fewer than two classes or more than 65,536.
    pub fn random(classes: usize, seed: u64) -> Result<Self, DataError> {
        let last = u16::try_from(classes.saturating_sub(1)).ok().filter(|_| classes >= 2);
        let last = last.ok_or_else(|| {
            DataError::Split(format!("{classes} classes: two halves need 2 to 65,536"))
        })?;
        let mut shuffled: Vec<u16> = (0..=last).collect();
        shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let size = classes / 2;
        let mut a = shuffled[..size].to_vec();
        let mut b = shuffled[size..2 * size].to_vec();
        a.sort_unstable();
        b.sort_unstable();
        Ok(Self { a, b })
    }

    /// Natural classes to half A, man-made ones to half B (Yosinski et al. 2014, section 4.2); the
    /// two may differ in size.
    ///
    /// # Errors
    /// [`DataError::Split`] for a class of which nobody has said what it is, or when one family has
    /// no class.
    pub fn semantic(classes: &[Class]) -> Result<Self, DataError> {
        if let Some(class) = classes.iter().find(|class| class.family.is_none()) {
            return Err(DataError::Split(format!(
                "class '{}' is neither natural nor man-made as far as anybody has said: give lists \
                 of the classes of both halves instead",
                class.name
            )));
        }
        let of = |family| {
            (0..).zip(classes).filter(move |(_, c)| c.family == Some(family)).map(|(i, _)| i)
        };
        let halves = Self { a: of(Family::Natural).collect(), b: of(Family::ManMade).collect() };
        match (halves.a.is_empty(), halves.b.is_empty()) {
            (true, _) => Err(DataError::Split("no class is natural, so half A is empty".into())),
            (_, true) => Err(DataError::Split("no class is man-made, so half B is empty".into())),
            _ => Ok(halves),
        }
    }

    pub(crate) fn find_names<S: AsRef<str>>(
        names: &[S],
        classes: &[Class],
    ) -> Result<Vec<u16>, DataError> {
        let index: HashMap<&str, u16> =
            (0..).zip(classes).map(|(index, class)| (class.name.as_str(), index)).collect();
        let find = |name: &str| index.get(name).copied().ok_or_else(|| unknown(name, classes));
        names.iter().map(|name| find(name.as_ref())).collect()
    }

    /// Halves from two lists of indices into `classes`.
    ///
    /// # Errors
    /// [`DataError::Split`] naming the class that does not exist, stands twice or stands in both
    /// halves, or the class that is in neither; or for an empty half.
    pub fn from_indices(
        mut a: Vec<u16>,
        mut b: Vec<u16>,
        classes: &[Class],
    ) -> Result<Self, DataError> {
        let mut place: Vec<Option<Half>> = vec![None; classes.len()];
        for (half, list) in [(Half::A, &mut a), (Half::B, &mut b)] {
            if list.is_empty() {
                return Err(DataError::Split(format!("half {half:?} has no class")));
            }
            list.sort_unstable();
            for &class in &*list {
                let taken = place.get_mut(usize::from(class)).ok_or_else(|| {
                    let count = classes.len();
                    DataError::Split(format!("there is no class {class}: {count} classes, from 0"))
                })?;
                if let Some(before) = taken.replace(half) {
                    let name = &classes[usize::from(class)].name;
                    let place = if before == half { "twice in half" } else { "in half A and half" };
                    return Err(DataError::Split(format!("class '{name}' is {place} {half:?}")));
                }
            }
        }
        match place.iter().position(Option::is_none) {
            Some(hole) => {
                Err(DataError::Split(format!("class '{}' is in neither half", classes[hole].name)))
            }
            None => Ok(Self { a, b }),
        }
    }

    /// The classes of a half, ascending.
    #[must_use]
    pub fn classes_of(&self, half: Half) -> &[u16] {
        match half {
            Half::A => &self.a,
            Half::B => &self.b,
        }
    }
}

fn unknown(name: &str, classes: &[Class]) -> DataError {
    let shown: Vec<&str> = classes.iter().take(10).map(|class| class.name.as_str()).collect();
    let more = if classes.len() > shown.len() { ", ..." } else { "" };
    DataError::Split(format!(
        "no class is called '{name}'; the {} classes are {}{more}",
        classes.len(),
        shown.join(", ")
    ))
}

#[cfg(test)]
mod tests;

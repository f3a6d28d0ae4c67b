//! Splitting the classes into two halves (Yosinski et al. 2014).

use assay_core::Half;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::{Class, DataError, Family};

/// Two disjoint, nonempty sets of classes in ascending order. Within a half, classes are renumbered
/// from 0 in that order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Halves {
    /// The classes of half A, indices into [`DataSet::classes`](crate::DataSet::classes).
    pub a: Vec<u16>,
    /// The classes of half B, indices into [`DataSet::classes`](crate::DataSet::classes).
    pub b: Vec<u16>,
}

impl Halves {
    /// Splits classes 0 to `classes - 1` randomly into halves of equal size. If the number is odd,
    /// one random class is in neither half.
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
        let [a, b] = [0, size].map(|start| {
            let mut half = shuffled[start..start + size].to_vec();
            half.sort_unstable();
            half
        });
        Ok(Self { a, b })
    }

    /// Puts natural classes into half A and man-made classes into half B (Yosinski et al. 2014,
    /// section 4.2). The halves may differ in size.
    ///
    /// # Errors
    /// [`DataError::Split`] when the family of a class is unknown, or a family has no class.
    pub fn semantic(classes: &[Class]) -> Result<Self, DataError> {
        if let Some(Class { name, .. }) = classes.iter().find(|class| class.family.is_none()) {
            return Err(DataError::Split(format!(
                "class '{name}' is not known to be natural or man-made; give lists of the classes of both halves instead"
            )));
        }
        let natural = |&label: &u16| classes[usize::from(label)].family == Some(Family::Natural);
        let (a, b) = (0..).take(classes.len()).partition(natural);
        let halves = Self { a, b };
        match (halves.a.is_empty(), halves.b.is_empty()) {
            (true, _) => Err(DataError::Split("no class is natural, so half A is empty".into())),
            (_, true) => Err(DataError::Split("no class is man-made, so half B is empty".into())),
            _ => Ok(halves),
        }
    }

    /// Creates halves from two lists of class indices.
    ///
    /// # Errors
    /// [`DataError::Split`] when a half is empty, or naming a class that does not exist, is listed
    /// twice, is in both halves, or is in neither.
    pub fn from_indices(
        mut a: Vec<u16>,
        mut b: Vec<u16>,
        classes: &[Class],
    ) -> Result<Self, DataError> {
        let mut half_of: Vec<Option<Half>> = vec![None; classes.len()];
        for (half, list) in [(Half::A, &mut a), (Half::B, &mut b)] {
            if list.is_empty() {
                return Err(DataError::Split(format!("half {half:?} has no class")));
            }
            list.sort_unstable();
            for &class in &*list {
                let entry = half_of.get_mut(usize::from(class)).ok_or_else(|| {
                    let count = classes.len();
                    DataError::Split(format!("there is no class {class}: {count} classes, from 0"))
                })?;
                if let Some(earlier) = entry.replace(half) {
                    let name = &classes[usize::from(class)].name;
                    let problem =
                        if earlier == half { "twice in half" } else { "in half A and half" };
                    return Err(DataError::Split(format!("class '{name}' is {problem} {half:?}")));
                }
            }
        }
        if let Some(missing) = half_of.iter().position(Option::is_none) {
            let name = &classes[missing].name;
            return Err(DataError::Split(format!("class '{name}' is in neither half")));
        }
        Ok(Self { a, b })
    }

    /// The classes of a half in ascending order.
    #[must_use]
    pub fn classes_of(&self, half: Half) -> &[u16] {
        match half {
            Half::A => &self.a,
            Half::B => &self.b,
        }
    }
}

#[cfg(test)]
mod tests;

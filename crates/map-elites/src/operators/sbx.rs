//! Simulated binary crossover.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::arithmetic::power;
use crate::error::{MapElitesError, require};
use crate::streams::open_unit;

/// What becomes of a gene that is the same in both parents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgreeingGenes {
    /// Both children have it, as the operator is meant.
    Copied,
    /// It is 0.5 in both children. The authors' code does not write it, and 0.5 is what a new
    /// genome holds there; an elite crossed with itself has two wholly grey children.
    Half,
}

/// Simulated binary crossover in its bounded form (Deb 2001, p. 113, as in Deb's own program), on
/// genes in 0..=1.
///
/// Of two parents' genes a < b the children's are `(a + b) / 2 - s (b - a) / 2` and
/// `(a + b) / 2 + t (b - a) / 2`, and a coin says which child has which. The spreads s and t come
/// from one draw; each is bounded by what is left to 0 or to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sbx {
    /// How probable it is that a pair is crossed at all, in 0..=1; otherwise its children are
    /// copies.
    pub rate: f32,
    /// The greater, the nearer to their parents the children are; at least 0.
    pub eta: f32,
    /// What becomes of genes that are the same in both parents.
    pub agreeing: AgreeingGenes,
}

impl Sbx {
    /// The genes of the two children of `first` and `second`, whatever the rate.
    ///
    /// # Panics
    /// If the parents are not of the same length.
    #[must_use]
    pub fn cross(&self, first: &[f32], second: &[f32], rng: &mut ChaCha8Rng) -> [Vec<f32>; 2] {
        assert!(
            first.len() == second.len(),
            "parents of {} and of {} genes cannot be crossed",
            first.len(),
            second.len()
        );
        let words: Vec<u32> = first.iter().map(|_| rng.next_u32()).collect();
        let mirrored = |genes: &[f32]| genes.iter().map(|gene| 1.0 - gene).collect::<Vec<_>>();
        let mut one = self.lower_genes(first, second, &words);
        let mut other = self.lower_genes(&mirrored(first), &mirrored(second), &words);
        let children = one.iter_mut().zip(&mut other);
        for (((one, other), (&a, &b)), word) in children.zip(first.iter().zip(second)).zip(&words) {
            *other = 1.0 - *other;
            if (a - b).abs() <= f32::EPSILON {
                (*one, *other) = match self.agreeing {
                    AgreeingGenes::Copied => (a, b),
                    AgreeingGenes::Half => (0.5, 0.5),
                };
            } else if word & 1 == 1 {
                std::mem::swap(one, other);
            }
        }
        [one, other]
    }

    /// The lower of the children's genes, taking it that the parents differ: most of the work, in a
    /// loop without branches that becomes vector code.
    fn lower_genes(&self, first: &[f32], second: &[f32], words: &[u32]) -> Vec<f32> {
        let lower = |((&a, &b), &word): ((&f32, &f32), &u32)| {
            let (low, high) = (a.min(b), a.max(b));
            let gap = (high - low).max(f32::EPSILON);
            let spread = self.spread(open_unit(word), low / gap);
            (0.5 * ((low + high) - spread * gap)).clamp(0.0, 1.0)
        };
        first.iter().zip(second).zip(words).map(lower).collect()
    }

    /// How far a child is from the middle, in halves of the gap, for the draw `u`, where the limit
    /// is `room` gaps beyond the parent.
    #[inline]
    fn spread(&self, u: f32, room: f32) -> f32 {
        let order = self.eta + 1.0;
        let alpha = 2.0 - power(1.0 + 2.0 * room, -order);
        let scaled = u * alpha;
        let base = if scaled <= 1.0 { scaled } else { 1.0 / (2.0 - scaled) };
        power(base, 1.0 / order)
    }

    pub(crate) fn check(&self) -> Result<(), MapElitesError> {
        require((0.0..=1.0).contains(&self.rate), "crossover rate", &self.rate, "in 0..=1")?;
        let fine = self.eta >= 0.0 && self.eta.is_finite();
        require(fine, "crossover eta", &self.eta, "at least 0")
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const COPIED: Sbx = Sbx { rate: 0.5, eta: 10.0, agreeing: AgreeingGenes::Copied };
    const HALF: Sbx = Sbx { rate: 0.5, eta: 10.0, agreeing: AgreeingGenes::Half };

    #[test]
    fn a_gene_that_the_parents_share_is_copied_or_left_at_a_half() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let parents = ([0.3, 0.0, 1.0], [0.3, 0.0, 1.0]);
        let copied = COPIED.cross(&parents.0, &parents.1, &mut rng);
        assert_eq!(copied, [vec![0.3, 0.0, 1.0], vec![0.3, 0.0, 1.0]]);
        let half = HALF.cross(&parents.0, &parents.1, &mut rng);
        assert_eq!(half, [vec![0.5; 3], vec![0.5; 3]]);
    }

    #[test]
    fn where_the_limits_are_far_the_spread_is_that_of_the_unbounded_operator() {
        // alpha = 2: u = 0.25 gives (0.5)^(1/11), u = 0.75 gives (1 / (2 - 1.5))^(1/11) = 2^(1/11),
        // u = 0.5 the parents.
        let eleventh = 1.0_f64 / 11.0;
        for (u, spread) in
            [(0.25, 0.5_f64.powf(eleventh)), (0.5, 1.0), (0.75, 2.0_f64.powf(eleventh))]
        {
            assert!((f64::from(COPIED.spread(u, 1e4)) - spread).abs() < 1e-6, "u = {u}");
        }
    }

    #[test]
    fn at_a_limit_a_child_is_never_beyond_it() {
        // No room: alpha = 2 - 1 = 1, so the spread is u^(1/11), below 1.
        assert!((f64::from(COPIED.spread(0.9, 0.0)) - 0.9_f64.powf(1.0 / 11.0)).abs() < 1e-6);
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for [a, b] in [[0.0, 1.0], [0.0, 1e-6], [1.0 - 1e-6, 1.0], [0.01, 0.9]] {
            for children in COPIED.cross(&[a; 500], &[b; 500], &mut rng) {
                assert!(children.iter().all(|gene| (0.0..=1.0).contains(gene)));
            }
        }
    }

    #[test]
    fn parents_at_equal_distances_from_the_limits_have_children_with_the_same_mean() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let [one, other] = COPIED.cross(&[0.3; 1000], &[0.7; 1000], &mut rng);
        for (one, other) in one.iter().zip(&other) {
            assert!((one + other - 1.0).abs() < 1e-6, "{one} + {other} is not 0.3 + 0.7");
        }
    }

    #[test]
    fn each_child_is_near_either_parent_equally_often() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let [one, _] = COPIED.cross(&vec![0.3; 10_000], &vec![0.7; 10_000], &mut rng);
        let low = one.iter().filter(|&&gene| gene < 0.5).count();
        // Five standard deviations: 5 sqrt(10000 / 4) = 250.
        assert!(low.abs_diff(5000) < 250, "{low} of 10000");
    }

    #[test]
    #[should_panic(expected = "parents of 2 and of 3 genes")]
    fn parents_of_different_lengths_are_refused() {
        let _ = COPIED.cross(&[0.1; 2], &[0.1; 3], &mut ChaCha8Rng::seed_from_u64(5));
    }
}

//! Simulated binary crossover.

use multiversion::multiversion;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::arithmetic::pow;
use crate::error::{MapElitesError, require};
use crate::streams::open_unit;

/// Genes crossed at a time.
const BLOCK: usize = 64;

/// The children's gene where both parents have the same value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgreeingGenes {
    /// The parents' value, as in standard SBX.
    Copied,
    /// 0.5. The authors' code does not write such genes, and new genomes start at 0.5. So an elite
    /// crossed with itself has two gray children.
    Half,
}

/// Bounded simulated binary crossover (SBX; Deb 2001, p. 113, and Deb's published program), on
/// genes in 0..=1.
///
/// For parents' genes a < b, the children's are `(a + b) / 2 - s (b - a) / 2` and
/// `(a + b) / 2 + t (b - a) / 2`; a coin decides which child gets which. The spreads s and t come
/// from one draw, bounded by the distances from a to 0 and from b to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sbx {
    /// Probability that a pair is crossed at all, in 0..=1. Otherwise the children are copies.
    pub rate: f32,
    /// Distribution index, at least 0. Larger values keep the children nearer to their parents.
    pub eta: f32,
    /// The children's genes where both parents agree.
    pub agreeing: AgreeingGenes,
}

impl Sbx {
    /// Crosses `first` and `second`, regardless of the rate, and returns the genes of two children.
    ///
    /// # Panics
    /// If the parents differ in length.
    #[must_use]
    pub fn cross(&self, first: &[f32], second: &[f32], rng: &mut ChaCha8Rng) -> [Vec<f32>; 2] {
        assert!(
            first.len() == second.len(),
            "cannot cross parents of {} and of {} genes",
            first.len(),
            second.len()
        );
        let mut children = [first.to_vec(), second.to_vec()];
        let [first_child, second_child] = &mut children;
        let mut words = [0; BLOCK];
        let blocks = first_child.chunks_mut(BLOCK).zip(second_child.chunks_mut(BLOCK));
        for (first, second) in blocks {
            let words = &mut words[..first.len()];
            rng.fill(&mut *words);
            cross_block(self, first, second, words);
        }
        children
    }

    pub(crate) fn check(&self) -> Result<(), MapElitesError> {
        require((0.0..=1.0).contains(&self.rate), "crossover rate", &self.rate, "in 0..=1")?;
        let is_valid = self.eta >= 0.0 && self.eta.is_finite();
        require(is_valid, "crossover eta", &self.eta, "at least 0")
    }
}

/// Crosses a block of genes in place. The loops have no branches, so they compile to vector code as
/// wide as the CPU supports; its width does not change the result.
#[multiversion(targets("x86_64+avx2"))]
fn cross_block(sbx: &Sbx, first: &mut [f32], second: &mut [f32], words: &[u32]) {
    let order = sbx.eta + 1.0;
    // (1 + 2 r)^-order, where r is the distance from a parent to its bound, in units of the
    // parents' distance. It is 1 where that distance is 0.
    let (mut below, mut above) = ([1.0; BLOCK], [1.0; BLOCK]);
    for (((below, above), &a), &b) in below.iter_mut().zip(&mut above).zip(&*first).zip(&*second) {
        *below = (a - b).abs() / (a + b);
        *above = (a - b).abs() / (2.0 - (a + b));
    }
    for limits in [&mut below, &mut above] {
        raise(limits, order);
    }
    let half = sbx.agreeing == AgreeingGenes::Half;
    let limits = below.iter().zip(&above).zip(words);
    for ((first, second), ((below, above), &word)) in first.iter_mut().zip(second).zip(limits) {
        let (a, b) = (*first, *second);
        let (sum, gap, u) = (a + b, (a - b).abs(), open_unit(word));
        let lower = (0.5 * (sum - spread(u, *below, order) * gap)).clamp(0.0, 1.0);
        let upper = (0.5 * (sum + spread(u, *above, order) * gap)).clamp(0.0, 1.0);
        let (new_first, new_second) = if word & 1 == 1 { (upper, lower) } else { (lower, upper) };
        let agree = gap <= f32::EPSILON;
        let agreed = |gene| if half { 0.5 } else { gene };
        *first = if agree { agreed(a) } else { new_first };
        *second = if agree { agreed(b) } else { new_second };
    }
}

/// A child's distance from its parents' mean, in units of half their distance, for the uniform draw
/// `u`. `limit` is 1 for a parent at its bound, and approaches 0 with growing distance from it.
#[inline]
fn spread(u: f32, limit: f32, order: f32) -> f32 {
    let scaled = u * (2.0 - limit);
    let (base, exponent) =
        if scaled <= 1.0 { (scaled, 1.0 / order) } else { (2.0 - scaled, -1.0 / order) };
    pow(base, exponent)
}

/// Raises each value, in 0..=1, to the power `order`. An integer order, as in both presets, is done
/// by multiplication.
#[multiversion(targets("x86_64+avx2"))]
fn raise(values: &mut [f32; BLOCK], order: f32) {
    let mut exponent = order as u32;
    if order.to_bits() != (exponent as f32).to_bits() {
        *values = values.map(|value| pow(value.max(f32::MIN_POSITIVE), order));
        return;
    }
    let mut square = *values;
    *values = [1.0; BLOCK];
    while exponent > 0 {
        if exponent & 1 == 1 {
            values.iter_mut().zip(&square).for_each(|(value, square)| *value *= square);
        }
        square = square.map(|square| square * square);
        exponent >>= 1;
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const COPIED: Sbx = Sbx { rate: 0.5, eta: 10.0, agreeing: AgreeingGenes::Copied };
    const HALF: Sbx = Sbx { rate: 0.5, eta: 10.0, agreeing: AgreeingGenes::Half };

    #[test]
    fn a_gene_shared_by_both_parents_is_copied_or_set_to_a_half() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let parents = ([0.3, 0.0, 1.0], [0.3, 0.0, 1.0]);
        let copied = COPIED.cross(&parents.0, &parents.1, &mut rng);
        assert_eq!(copied, [vec![0.3, 0.0, 1.0], vec![0.3, 0.0, 1.0]]);
        let half = HALF.cross(&parents.0, &parents.1, &mut rng);
        assert_eq!(half, [vec![0.5; 3], vec![0.5; 3]]);
    }

    #[test]
    fn far_from_the_bounds_the_spread_is_that_of_unbounded_sbx() {
        // alpha = 2: u = 0.25 gives (0.5)^(1/11), u = 0.75 gives (1 / (2 - 1.5))^(1/11) = 2^(1/11),
        // u = 0.5 gives the parents.
        let eleventh = 1.0_f64 / 11.0;
        for (u, spread) in
            [(0.25, 0.5_f64.powf(eleventh)), (0.5, 1.0), (0.75, 2.0_f64.powf(eleventh))]
        {
            assert!((f64::from(super::spread(u, 0.0, 11.0)) - spread).abs() < 1e-6, "u = {u}");
        }
    }

    #[test]
    fn integer_and_fractional_powers_match_std() {
        let bases: [f32; BLOCK] = std::array::from_fn(|i| i as f32 / 63.0);
        for order in [1.0, 11.0, 16.0, 2.5] {
            let mut raised = bases;
            raise(&mut raised, order);
            for (base, raised) in bases.into_iter().zip(raised) {
                let expected = f64::from(base).powf(f64::from(order));
                assert!((f64::from(raised) - expected).abs() < 1e-6, "{base}^{order}: {raised}");
            }
        }
    }

    #[test]
    fn children_of_parents_at_a_bound_stay_within_it() {
        // At the bound alpha = 2 - 1 = 1, so the spread is u^(1/11), below 1.
        let expected = 0.9_f64.powf(1.0 / 11.0);
        assert!((f64::from(spread(0.9, 1.0, 11.0)) - expected).abs() < 1e-6);
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        for [a, b] in [[0.0, 1.0], [0.0, 1e-6], [1.0 - 1e-6, 1.0], [0.01, 0.9]] {
            for children in COPIED.cross(&[a; 500], &[b; 500], &mut rng) {
                assert!(children.iter().all(|gene| (0.0..=1.0).contains(gene)));
            }
        }
    }

    #[test]
    fn parents_symmetric_between_the_bounds_have_children_with_the_same_mean() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let [first, second] = COPIED.cross(&[0.3; 1000], &[0.7; 1000], &mut rng);
        for (first, second) in first.iter().zip(&second) {
            assert!((first + second - 1.0).abs() < 1e-6, "{first} + {second} is not 0.3 + 0.7");
        }
    }

    #[test]
    fn each_child_is_near_either_parent_equally_often() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let [first, _] = COPIED.cross(&vec![0.3; 10_000], &vec![0.7; 10_000], &mut rng);
        let low = first.iter().filter(|&&gene| gene < 0.5).count();
        // Five standard deviations: 5 sqrt(10000 / 4) = 250.
        assert!(low.abs_diff(5000) < 250, "{low} of 10000");
    }

    #[test]
    #[should_panic(expected = "parents of 2 and of 3 genes")]
    fn parents_of_different_lengths_are_rejected() {
        let _ = COPIED.cross(&[0.1; 2], &[0.1; 3], &mut ChaCha8Rng::seed_from_u64(5));
    }
}

//! Simulated binary crossover.

use multiversion::multiversion;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::arithmetic::power;
use crate::error::{MapElitesError, require};
use crate::streams::open_unit;

/// Genes crossed at a time.
const BLOCK: usize = 64;

/// What becomes of a gene that is the same in both parents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgreeingGenes {
    /// Both children have it, as the operator is meant.
    Copied,
    /// It is 0.5 in both children. The authors' code does not write it, and 0.5 is what a new
    /// genome holds there; an elite crossed with itself has two wholly gray children.
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
        let mut children = [first.to_vec(), second.to_vec()];
        let [one, other] = &mut children;
        let mut words = [0; BLOCK];
        for (one, other) in one.chunks_mut(BLOCK).zip(other.chunks_mut(BLOCK)) {
            let words = &mut words[..one.len()];
            rng.fill(&mut *words);
            cross_block(self, one, other, words);
        }
        children
    }

    pub(crate) fn check(&self) -> Result<(), MapElitesError> {
        require((0.0..=1.0).contains(&self.rate), "crossover rate", &self.rate, "in 0..=1")?;
        let fine = self.eta >= 0.0 && self.eta.is_finite();
        require(fine, "crossover eta", &self.eta, "at least 0")
    }
}

/// Crosses a block of genes in place: loops without branches that become vector code, as wide as the
/// processor has it. Its width changes no bit.
#[multiversion(targets("x86_64+avx2"))]
fn cross_block(sbx: &Sbx, one: &mut [f32], other: &mut [f32], words: &[u32]) {
    let order = sbx.eta + 1.0;
    // (1 + 2 r)^-order, with r gaps of room from a parent to its limit: 1 where there is no room.
    let (mut below, mut above) = ([1.0; BLOCK], [1.0; BLOCK]);
    for (((below, above), &a), &b) in below.iter_mut().zip(&mut above).zip(&*one).zip(&*other) {
        *below = (a - b).abs() / (a + b);
        *above = (a - b).abs() / (2.0 - (a + b));
    }
    for limits in [&mut below, &mut above] {
        raise(limits, order);
    }
    let half = sbx.agreeing == AgreeingGenes::Half;
    let limits = below.iter().zip(&above).zip(words);
    for ((one, other), ((below, above), &word)) in one.iter_mut().zip(other).zip(limits) {
        let (a, b) = (*one, *other);
        let (sum, gap, u) = (a + b, (a - b).abs(), open_unit(word));
        let lower = (0.5 * (sum - spread(u, *below, order) * gap)).clamp(0.0, 1.0);
        let upper = (0.5 * (sum + spread(u, *above, order) * gap)).clamp(0.0, 1.0);
        let (first, second) = if word & 1 == 1 { (upper, lower) } else { (lower, upper) };
        let agree = gap <= f32::EPSILON;
        let agreed = |gene| if half { 0.5 } else { gene };
        *one = if agree { agreed(a) } else { first };
        *other = if agree { agreed(b) } else { second };
    }
}

/// How far a child is from the middle, in halves of the gap, for the draw `u`; `limit` is 1 where a parent has
/// no room beyond it, and falls to 0 as it has more.
#[inline]
fn spread(u: f32, limit: f32, order: f32) -> f32 {
    let scaled = u * (2.0 - limit);
    let (base, exponent) =
        if scaled <= 1.0 { (scaled, 1.0 / order) } else { (2.0 - scaled, -1.0 / order) };
    power(base, exponent)
}

/// Raises numbers in 0..=1 to the power `order`; by multiplication where it is a whole number, as in both
/// presets.
#[multiversion(targets("x86_64+avx2"))]
fn raise(values: &mut [f32; BLOCK], order: f32) {
    let mut left = order as u32;
    if order.to_bits() != (left as f32).to_bits() {
        *values = values.map(|value| power(value.max(f32::MIN_POSITIVE), order));
        return;
    }
    let mut square = *values;
    *values = [1.0; BLOCK];
    while left > 0 {
        if left & 1 == 1 {
            values.iter_mut().zip(&square).for_each(|(value, square)| *value *= square);
        }
        square = square.map(|square| square * square);
        left >>= 1;
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
            assert!((f64::from(super::spread(u, 0.0, 11.0)) - spread).abs() < 1e-6, "u = {u}");
        }
    }

    #[test]
    fn a_whole_power_and_a_broken_one_are_what_they_are_called() {
        let bases: [f32; BLOCK] = std::array::from_fn(|i| i as f32 / 63.0);
        for order in [1.0, 11.0, 16.0, 2.5] {
            let mut raised = bases;
            raise(&mut raised, order);
            for (base, raised) in bases.into_iter().zip(raised) {
                let truth = f64::from(base).powf(f64::from(order));
                assert!((f64::from(raised) - truth).abs() < 1e-6, "{base}^{order} is not {raised}");
            }
        }
    }

    #[test]
    fn at_a_limit_a_child_is_never_beyond_it() {
        // No room: alpha = 2 - 1 = 1, so the spread is u^(1/11), below 1.
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

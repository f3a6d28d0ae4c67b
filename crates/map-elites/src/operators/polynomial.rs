//! Polynomial mutation.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use multiversion::multiversion;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::arithmetic::pow;
use crate::error::{MapElitesError, require};
use crate::streams::{Geometric, open_unit};

/// Mutations drawn at a time.
const BLOCK: usize = 16;

/// The mutation probability of a gene, by generation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The probability at generation 0, in 0..=1.
    pub initial: f32,
    /// Number of generations after which the probability halves, again and again; none to keep it
    /// constant.
    pub halve_every: Option<NonZeroU32>,
}

impl Rate {
    /// A constant probability.
    #[must_use]
    pub const fn constant(probability: f32) -> Self {
        Self { initial: probability, halve_every: None }
    }

    /// The probability at `generation`, in 0..=1.
    #[must_use]
    pub fn probability(&self, generation: u32) -> f32 {
        let halvings = self.halve_every.map_or(0, |every| generation / every);
        self.initial * 0.5_f32.powi(halvings.min(i32::MAX as u32).cast_signed())
    }
}

/// Polynomial mutation (Deb, "Multi-objective optimization using evolutionary algorithms", 2001, p.
/// 124).
///
/// A mutated gene moves by `d` times the width of its range, and is then clamped to it. `d` is in
/// -1..=1 and has the density `(eta + 1) / 2 * (1 - |d|)^eta`. So the mean of d is 0, and that of
/// |d| is `1 / (eta + 2)`; |d| is below t with the probability `1 - (1 - t)^(eta + 1)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Polynomial {
    /// Mutation probability, for each gene independently.
    pub rate: Rate,
    /// Distribution index, at least 0. Larger values give smaller steps. Nguyen et al. call it the
    /// mutation strength.
    pub eta: f32,
}

impl Polynomial {
    /// Mutates `genes` with the probability of `generation`. They stay in `range`.
    pub fn mutate(
        &self,
        genes: &mut [f32],
        range: RangeInclusive<f32>,
        generation: u32,
        rng: &mut ChaCha8Rng,
    ) {
        let gaps = Geometric::new(self.rate.probability(generation));
        let (low, high) = range.into_inner();
        let (mut words, mut index) = ([0; 2 * BLOCK], 0_usize);
        // Most genes are not mutated. Two draws per mutated gene, one of them for the gap before
        // it, are fewer than one per gene. Draws beyond the last gene are discarded.
        loop {
            rng.fill(&mut words[..]);
            for (gap, step) in gaps_and_steps(gaps, self, &words) {
                index = index.saturating_add(gap as u32 as usize);
                let Some(gene) = genes.get_mut(index) else { return };
                *gene = (*gene + step * (high - low)).clamp(low, high);
                index += 1;
            }
        }
    }

    /// The `u`-quantile of the step `d`, for u in (0, 1); in -1..=1.
    #[must_use]
    #[inline]
    pub fn step_quantile(&self, u: f32) -> f32 {
        let size = 1.0 - pow(2.0 * u.min(1.0 - u), 1.0 / (self.eta + 1.0));
        if u < 0.5 { -size } else { size }
    }

    pub(crate) fn check(&self) -> Result<(), MapElitesError> {
        let rate = self.rate.initial;
        require((0.0..=1.0).contains(&rate), "mutation rate", &rate, "in 0..=1")?;
        let is_valid = self.eta >= 0.0 && self.eta.is_finite();
        require(is_valid, "mutation eta", &self.eta, "at least 0")
    }
}

/// Turns a block of random words into gaps between mutated genes and steps of the mutations. The
/// loop has no branches, so it compiles to vector code.
#[multiversion(targets("x86_64+avx2"))]
fn gaps_and_steps(
    gaps: Geometric,
    mutation: &Polynomial,
    words: &[u32; 2 * BLOCK],
) -> [(f32, f32); BLOCK] {
    let (gap_words, step_words) = words.split_at(BLOCK);
    let mut pairs = [(0.0, 0.0); BLOCK];
    for (((gap, step), &gap_word), &step_word) in pairs.iter_mut().zip(gap_words).zip(step_words) {
        *gap = gaps.gap(gap_word);
        *step = mutation.step_quantile(open_unit(step_word));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const ALWAYS: Polynomial = Polynomial { rate: Rate::constant(1.0), eta: 15.0 };

    #[test]
    fn the_quantiles_of_a_step_match_the_formula() {
        // A quarter of all steps lies below d = (2/4)^(1/16) - 1, three quarters lie below -d.
        let quarter = 0.5_f64.powf(1.0 / 16.0) - 1.0;
        assert!((f64::from(ALWAYS.step_quantile(0.25)) - quarter).abs() < 1e-6);
        assert!((f64::from(ALWAYS.step_quantile(0.75)) + quarter).abs() < 1e-6);
        assert!(ALWAYS.step_quantile(0.5).abs() < 1e-6);
        // One in 2^17 lies below (2^-16)^(1/16) - 1 = -0.5.
        assert!((ALWAYS.step_quantile(1.0 / 131_072.0) + 0.5).abs() < 1e-6);
    }

    #[test]
    fn drawn_steps_have_the_mean_spread_and_median_of_the_formula() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut genes = vec![0.5_f32; 100_000];
        ALWAYS.mutate(&mut genes, 0.0..=1.0, 0, &mut rng);
        let steps: Vec<f64> = genes.iter().map(|gene| f64::from(gene - 0.5)).collect();
        let count = steps.len() as f64;
        let mean = steps.iter().sum::<f64>() / count;
        let size = steps.iter().map(|step| step.abs()).sum::<f64>() / count;
        // |d| has the mean 1/17 and the standard deviation 0.055. Five standard errors are 0.0009 for
        // the size, and 0.0013 for the mean.
        assert!(mean.abs() < 0.0015, "mean {mean}");
        assert!((size - 1.0 / 17.0).abs() < 0.001, "mean size {size}");
        let median = 1.0 - 0.5_f64.powf(1.0 / 16.0);
        let below = steps.iter().filter(|step| step.abs() < median).count() as f64 / count;
        assert!((below - 0.5).abs() < 0.008, "{below} of the steps are below their median");
    }

    #[test]
    fn genes_stay_in_their_range_and_steps_scale_with_it() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let mut genes = [-10.0_f32, 10.0, 9.9, -9.9, 0.0];
        let mut largest = 0.0_f32;
        for _ in 0..1000 {
            let before = genes;
            ALWAYS.mutate(&mut genes[..], -10.0..=10.0, 0, &mut rng);
            for (after, before) in genes.iter().zip(before) {
                assert!((-10.0..=10.0).contains(after));
                largest = largest.max((after - before).abs());
            }
        }
        // |d| is below t with 1 - (1 - t)^16. Of 5000 steps, 0.8^16 = 2.8 percent exceed t = 0.2, which
        // is 4 of the 20 units.
        assert!(largest > 4.0, "no step was wider than {largest}");
    }

    #[test]
    fn the_share_of_mutated_genes_is_the_rate() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut genes = vec![0.5_f32; 100_000];
        let tenth = Polynomial { rate: Rate::constant(0.1), eta: 15.0 };
        tenth.mutate(&mut genes, 0.0..=1.0, 0, &mut rng);
        let moved = genes.iter().filter(|&&gene| gene.to_bits() != 0.5_f32.to_bits()).count();
        assert!(moved.abs_diff(10_000) < 500, "{moved} of 100000");
    }

    #[test]
    fn a_rate_halves_every_thousand_generations() {
        let rate = Rate { initial: 0.1, halve_every: NonZeroU32::new(1000) };
        let rates: Vec<f32> = [0, 999, 1000, 1999, 2000].map(|g| rate.probability(g)).to_vec();
        assert_eq!(rates, [0.1, 0.1, 0.05, 0.05, 0.025]);
        assert_eq!(Rate::constant(0.1).probability(5000).to_bits(), 0.1_f32.to_bits());
        assert!(rate.probability(u32::MAX) >= 0.0);
    }
}

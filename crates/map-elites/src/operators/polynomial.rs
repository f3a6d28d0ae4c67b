//! Polynomial mutation.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use multiversion::multiversion;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::arithmetic::power;
use crate::error::{MapElitesError, require};
use crate::streams::{Waits, open_unit};

/// Mutations drawn at a time.
const BLOCK: usize = 16;

/// How probable the mutation of a gene is, by generation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The probability at generation 0, in 0..=1.
    pub initial: f32,
    /// After how many generations it is halved, again and again; without it, it stays.
    pub halve_every: Option<NonZeroU32>,
}

impl Rate {
    /// A probability that stays.
    #[must_use]
    pub const fn constant(probability: f32) -> Self {
        Self { initial: probability, halve_every: None }
    }

    /// The probability at `generation`.
    #[must_use]
    pub fn at(&self, generation: u32) -> f32 {
        let halvings = self.halve_every.map_or(0, |every| generation / every);
        self.initial * 0.5_f32.powi(halvings.min(i32::MAX as u32).cast_signed())
    }
}

/// Polynomial mutation (Deb, "Multi-objective optimization using evolutionary algorithms", 2001, p.
/// 124).
///
/// A mutated gene moves by `d` times the width of its range and is then clamped to it. The density
/// of d, between -1 and 1, is `(eta + 1) / 2 * (1 - |d|)^eta`: the mean of d is 0, that of |d| is
/// `1 / (eta + 2)`, and |d| is below t with the probability `1 - (1 - t)^(eta + 1)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Polynomial {
    /// How probable it is that a gene is mutated, for each gene on its own.
    pub rate: Rate,
    /// The greater, the smaller the steps; at least 0. Nguyen et al. call it the mutation strength.
    pub eta: f32,
}

impl Polynomial {
    /// Mutates `genes`, each with the probability of `generation`; they stay in `range`.
    pub fn mutate(
        &self,
        genes: &mut [f32],
        range: RangeInclusive<f32>,
        generation: u32,
        rng: &mut ChaCha8Rng,
    ) {
        let waits = Waits::new(self.rate.at(generation));
        let (low, high) = range.into_inner();
        let (mut words, mut place) = ([0; 2 * BLOCK], 0_usize);
        // Most genes are not mutated: going from one that is to the next takes two draws, asking each
        // would take a draw a gene. What is drawn beyond the last gene is left.
        loop {
            rng.fill(&mut words[..]);
            for (wait, step) in waits_and_steps(waits, self, &words) {
                place = place.saturating_add(wait as u32 as usize);
                let Some(gene) = genes.get_mut(place) else { return };
                *gene = (*gene + step * (high - low)).clamp(low, high);
                place += 1;
            }
        }
    }

    /// The step `d` below which the share `u` of all steps is; `u` is between 0 and 1, the step
    /// between -1 and 1.
    #[must_use]
    #[inline]
    pub fn step(&self, u: f32) -> f32 {
        let size = 1.0 - power(2.0 * u.min(1.0 - u), 1.0 / (self.eta + 1.0));
        if u < 0.5 { -size } else { size }
    }

    pub(crate) fn check(&self) -> Result<(), MapElitesError> {
        let rate = self.rate.initial;
        require((0.0..=1.0).contains(&rate), "mutation rate", &rate, "in 0..=1")?;
        let strength = self.eta >= 0.0 && self.eta.is_finite();
        require(strength, "mutation eta", &self.eta, "at least 0")
    }
}

/// What a block of draws stands for, in a loop without branches that becomes vector code.
#[multiversion(targets("x86_64+avx2"))]
fn waits_and_steps(
    waits: Waits,
    mutation: &Polynomial,
    words: &[u32; 2 * BLOCK],
) -> [(f32, f32); BLOCK] {
    let (of_waits, of_steps) = words.split_at(BLOCK);
    let mut drawn = [(0.0, 0.0); BLOCK];
    for (((wait, step), &of_wait), &of_step) in drawn.iter_mut().zip(of_waits).zip(of_steps) {
        *wait = waits.of(of_wait);
        *step = mutation.step(open_unit(of_step));
    }
    drawn
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const ALWAYS: Polynomial = Polynomial { rate: Rate::constant(1.0), eta: 15.0 };

    #[test]
    fn the_quantiles_of_a_step_are_those_of_the_formula() {
        // A quarter of all steps lies below d = (2/4)^(1/16) - 1, three quarters below its
        // opposite.
        let quarter = 0.5_f64.powf(1.0 / 16.0) - 1.0;
        assert!((f64::from(ALWAYS.step(0.25)) - quarter).abs() < 1e-6);
        assert!((f64::from(ALWAYS.step(0.75)) + quarter).abs() < 1e-6);
        assert!(ALWAYS.step(0.5).abs() < 1e-6);
        // One in 2^17 lies below (2^-16)^(1/16) - 1 = -0.5.
        assert!((ALWAYS.step(1.0 / 131_072.0) + 0.5).abs() < 1e-6);
    }

    #[test]
    fn steps_drawn_have_the_mean_the_spread_and_the_quartile_of_the_formula() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut genes = vec![0.5_f32; 100_000];
        ALWAYS.mutate(&mut genes, 0.0..=1.0, 0, &mut rng);
        let steps: Vec<f64> = genes.iter().map(|gene| f64::from(gene - 0.5)).collect();
        let count = steps.len() as f64;
        let mean = steps.iter().sum::<f64>() / count;
        let size = steps.iter().map(|step| step.abs()).sum::<f64>() / count;
        // |d| has the mean 1/17 and the standard deviation 0.055; five standard errors are 0.0009
        // for the size and 0.0013 for the mean.
        assert!(mean.abs() < 0.0015, "mean {mean}");
        assert!((size - 1.0 / 17.0).abs() < 0.001, "mean size {size}");
        let median = 1.0 - 0.5_f64.powf(1.0 / 16.0);
        let below = steps.iter().filter(|step| step.abs() < median).count() as f64 / count;
        assert!((below - 0.5).abs() < 0.008, "{below} of the steps are below their median");
    }

    #[test]
    fn genes_stay_within_their_range_and_a_wider_range_makes_wider_steps() {
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
        // 5000 steps with |d| < t at (1 - (1 - t)^16): beyond t = 0.2 lie 0.8^16 = 2.8 percent of
        // them; t = 0.2 is 4 units of 20.
        assert!(largest > 4.0, "no step was wider than {largest}");
    }

    #[test]
    fn as_many_genes_are_mutated_as_the_rate_says() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut genes = vec![0.5_f32; 100_000];
        let tenth = Polynomial { rate: Rate::constant(0.1), eta: 15.0 };
        tenth.mutate(&mut genes, 0.0..=1.0, 0, &mut rng);
        let moved = genes.iter().filter(|&&gene| gene.to_bits() != 0.5_f32.to_bits()).count();
        assert!(moved.abs_diff(10_000) < 500, "{moved} of 100000");
    }

    #[test]
    fn a_rate_is_halved_at_every_thousandth_generation() {
        let rate = Rate { initial: 0.1, halve_every: NonZeroU32::new(1000) };
        let rates: Vec<f32> = [0, 999, 1000, 1999, 2000].map(|g| rate.at(g)).to_vec();
        assert_eq!(rates, [0.1, 0.1, 0.05, 0.05, 0.025]);
        assert_eq!(Rate::constant(0.1).at(5000).to_bits(), 0.1_f32.to_bits());
        assert!(rate.at(u32::MAX) >= 0.0);
    }
}

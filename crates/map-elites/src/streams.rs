//! Named random streams, and the draws from them. There is no global generator.

use std::f32::consts::{FRAC_PI_2, LN_2, TAU};

use multiversion::multiversion;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::arithmetic::{log2, sin};

/// Named random streams derived from a seed, for callers without streams of their own.
///
/// The same name always gives the same generator. Generators of different names are independent.
pub fn seeded_streams(seed: u64) -> impl Fn(&str) -> ChaCha8Rng + Sync {
    move |name| {
        let mut hasher = blake3::Hasher::new_derive_key("map-elites random stream, version 1");
        hasher.update(&seed.to_le_bytes());
        hasher.update(name.as_bytes());
        ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
    }
}

/// An event with a fixed probability, exact to within 2^-32.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bernoulli(u64);

impl Bernoulli {
    /// `probability` must be in 0..=1.
    pub(crate) fn new(probability: f32) -> Self {
        Self((f64::from(probability) * 4_294_967_296.0) as u64)
    }

    /// Draws whether the event happens.
    pub(crate) fn sample(self, rng: &mut ChaCha8Rng) -> bool {
        u64::from(rng.next_u32()) < self.0
    }
}

/// The geometric distribution: the number of failures before the next success, in trials with a
/// fixed probability.
///
/// One draw per success replaces one draw per trial. A gap of k or more has the probability
/// (1 - p)^k, to within 2^-23.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Geometric {
    /// The number of trials after which the probability of no success has halved.
    half_life: f32,
}

impl Geometric {
    /// `probability` must be in 0..=1.
    pub(crate) fn new(probability: f32) -> Self {
        let halvings = -log2(1.0 - probability);
        Self { half_life: if halvings > 0.0 { 1.0 / halvings } else { f32::INFINITY } }
    }

    /// The gap for the random bits `word`. The caller truncates it to an integer; infinity means
    /// that there is no further success.
    #[inline]
    pub(crate) fn gap(self, word: u32) -> f32 {
        -log2(open_unit(word)) * self.half_life
    }
}

/// A number in the open interval (0, 1) from the upper 23 bits of `word`: the middle of one of 2^23
/// equal parts. The lowest bit of `word` remains free for a coin toss.
#[inline]
pub(crate) fn open_unit(word: u32) -> f32 {
    ((word >> 9) as f32 + 0.5) * (1.0 / 8_388_608.0)
}

/// Number of standard normal draws made at a time.
pub(crate) const NORMALS: usize = 64;

/// Fills `values` with standard normal draws by the transform of Box and Muller (1958). Each pair
/// comes from two uniform draws; no value exceeds 5.8.
pub(crate) fn fill_standard_normal(values: &mut [f32; NORMALS], rng: &mut ChaCha8Rng) {
    let mut words = [0; NORMALS];
    rng.fill(&mut words[..]);
    box_muller(values, &words);
}

#[multiversion(targets("x86_64+avx2"))]
fn box_muller(values: &mut [f32; NORMALS], words: &[u32; NORMALS]) {
    let (first, second) = values.split_at_mut(NORMALS / 2);
    let (lengths, angles) = words.split_at(NORMALS / 2);
    let draws = lengths.iter().zip(angles);
    for ((first, second), (&length, &angle)) in first.iter_mut().zip(second).zip(draws) {
        // -2 ln u
        let length = (-2.0 * LN_2 * log2(open_unit(length))).sqrt();
        let angle = TAU * open_unit(angle);
        (*first, *second) = (length * sin(angle), length * sin(angle + FRAC_PI_2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_only_on_the_seed_and_its_name() {
        let first = |seed: u64, name: &str| seeded_streams(seed)(name).next_u64();
        assert_eq!(first(1, "generation 1 pair 1"), first(1, "generation 1 pair 1"));
        assert_ne!(first(1, "generation 1 pair 1"), first(1, "generation 1 pair 2"));
        assert_ne!(first(1, "generation 1 pair 1"), first(2, "generation 1 pair 1"));
    }

    #[test]
    fn probability_zero_never_happens_and_one_always_does() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        assert!((0..1000).all(|_| !Bernoulli::new(0.0).sample(&mut rng)));
        assert!((0..1000).all(|_| Bernoulli::new(1.0).sample(&mut rng)));
    }

    #[test]
    fn an_event_happens_as_often_as_its_probability_says() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let count = (0..100_000).filter(|_| Bernoulli::new(0.1).sample(&mut rng)).count();
        // Five standard deviations of a binomial: 5 sqrt(100000 * 0.1 * 0.9) = 474.
        assert!(count.abs_diff(10_000) < 474, "{count} of 100000");
    }

    #[test]
    fn gaps_are_zero_for_certain_and_infinite_for_impossible_events() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        assert!((0..1000).all(|_| Geometric::new(1.0).gap(rng.next_u32()) < 1.0));
        assert!((0..1000).all(|_| Geometric::new(0.0).gap(rng.next_u32()).is_infinite()));
    }

    #[test]
    fn gaps_follow_the_geometric_distribution() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let gap = |_| Geometric::new(0.1).gap(rng.next_u32()) as usize;
        let gaps: Vec<usize> = (0..100_000).map(gap).collect();
        // The mean is (1 - p) / p = 9, the deviation sqrt(1 - p) / p = 9.5; five standard errors
        // are 0.15. A gap is 0 with probability p, and 20 or more with 0.9^20 = 0.1216.
        let mean = gaps.iter().sum::<usize>() as f64 / 100_000.0;
        assert!((mean - 9.0).abs() < 0.15, "{mean}");
        let count = |is: &dyn Fn(usize) -> bool| gaps.iter().filter(|&&gap| is(gap)).count();
        assert!(count(&|gap| gap == 0).abs_diff(10_000) < 474);
        assert!(count(&|gap| gap >= 20).abs_diff(12_158) < 517);
    }

    #[test]
    fn normal_draws_have_the_moments_and_tails_of_the_standard_normal() {
        let (mut rng, mut block) = (ChaCha8Rng::seed_from_u64(5), [0.0; NORMALS]);
        let mut draws: Vec<f64> = Vec::new();
        for _ in 0..2000 {
            fill_standard_normal(&mut block, &mut rng);
            draws.extend(block.map(f64::from));
        }
        let count = draws.len() as f64;
        let moment = |power: i32| draws.iter().map(|draw| draw.powi(power)).sum::<f64>() / count;
        // Means 0, 1, 0, 3 with deviations 1, sqrt(2), sqrt(15), sqrt(96); five standard errors of
        // 128000 draws.
        for (power, mean, error) in
            [(1, 0.0, 0.014), (2, 1.0, 0.02), (3, 0.0, 0.055), (4, 3.0, 0.14)]
        {
            assert!((moment(power) - mean).abs() < error, "{power}: {}", moment(power));
        }
        // 4.55 percent are beyond 2 on either side: 5824, with a deviation of 75.
        let beyond = draws.iter().filter(|draw| draw.abs() > 2.0).count();
        assert!(beyond.abs_diff(5824) < 375, "{beyond} of 128000");
        // The two draws of a pair are uncorrelated.
        let pairs = draws.chunks(NORMALS).flat_map(|block| {
            let (first, second) = block.split_at(NORMALS / 2);
            first.iter().zip(second).map(|(first, second)| first * second)
        });
        assert!((pairs.sum::<f64>() / (count / 2.0)).abs() < 0.02);
    }

    #[test]
    fn the_open_unit_excludes_both_ends() {
        assert!(open_unit(0) > 0.0 && open_unit(u32::MAX) < 1.0);
        assert!((open_unit(1 << 31) - 0.5).abs() < 1e-7);
    }
}

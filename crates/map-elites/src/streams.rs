//! Owned randomness: every draw comes from a named stream, never from a global generator.

use std::f32::consts::{FRAC_PI_2, LN_2, TAU};

use multiversion::multiversion;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::arithmetic::{logarithm, sine};

/// Streams by name from one number: for use without a frame that has streams of its own.
///
/// The result always gives the same generator for the same name, and generators of different names
/// are independent.
pub fn seeded(seed: u64) -> impl Fn(&str) -> ChaCha8Rng + Sync {
    move |name| {
        let mut hasher = blake3::Hasher::new_derive_key("map-elites random stream, version 1");
        hasher.update(&seed.to_le_bytes());
        hasher.update(name.as_bytes());
        ChaCha8Rng::from_seed(*hasher.finalize().as_bytes())
    }
}

/// Something that happens with a fixed probability, to within 2^-32.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chance(u64);

impl Chance {
    /// `probability` is in 0..=1.
    pub(crate) fn new(probability: f32) -> Self {
        Self((f64::from(probability) * 4_294_967_296.0) as u64)
    }

    /// Draws.
    pub(crate) fn happens(self, rng: &mut ChaCha8Rng) -> bool {
        u64::from(rng.next_u32()) < self.0
    }
}

/// The waits for something that happens with a fixed probability at each of many places in a row: the places
/// where it does not, before the next where it does.
///
/// One draw a happening takes the place of one draw a place. A wait of k or more has the probability
/// (1 - p)^k, to within 2^-23.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waits {
    /// How many places halve the probability of waiting on.
    half_life: f32,
}

impl Waits {
    /// `probability` is in 0..=1.
    pub(crate) fn new(probability: f32) -> Self {
        let halvings = -logarithm(1.0 - probability);
        Self { half_life: if halvings > 0.0 { 1.0 / halvings } else { f32::INFINITY } }
    }

    /// The wait that `word` stands for: a whole number once its fraction is cut off; without end where it is
    /// infinite.
    #[inline]
    pub(crate) fn of(self, word: u32) -> f32 {
        -logarithm(open_unit(word)) * self.half_life
    }
}

/// A number between 0 and 1, neither of them, out of the upper 23 bits of `word`: the middle of one
/// of 2^23 equal parts. The lowest bit of `word` is left for the toss of a coin.
#[inline]
pub(crate) fn open_unit(word: u32) -> f32 {
    ((word >> 9) as f32 + 0.5) * (1.0 / 8_388_608.0)
}

/// How many standard normal draws are made at a time.
pub(crate) const NORMALS: usize = 64;

/// Standard normal draws, by the transform of Box and Muller (1958): two out of two uniform ones. None is beyond
/// 5.8.
pub(crate) fn normals(values: &mut [f32; NORMALS], rng: &mut ChaCha8Rng) {
    let mut words = [0; NORMALS];
    rng.fill(&mut words[..]);
    transform(values, &words);
}

#[multiversion(targets("x86_64+avx2"))]
fn transform(values: &mut [f32; NORMALS], words: &[u32; NORMALS]) {
    let (first, second) = values.split_at_mut(NORMALS / 2);
    let (lengths, angles) = words.split_at(NORMALS / 2);
    let draws = lengths.iter().zip(angles);
    for ((first, second), (&length, &angle)) in first.iter_mut().zip(second).zip(draws) {
        // -2 ln u, by the logarithm to base 2.
        let length = (-2.0 * LN_2 * logarithm(open_unit(length))).sqrt();
        let angle = TAU * open_unit(angle);
        (*first, *second) = (length * sine(angle), length * sine(angle + FRAC_PI_2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_the_seed_and_on_its_name_and_on_nothing_else() {
        let first = |seed: u64, name: &str| seeded(seed)(name).next_u64();
        assert_eq!(first(1, "generation 1 pair 1"), first(1, "generation 1 pair 1"));
        assert_ne!(first(1, "generation 1 pair 1"), first(1, "generation 1 pair 2"));
        assert_ne!(first(1, "generation 1 pair 1"), first(2, "generation 1 pair 1"));
    }

    #[test]
    fn a_chance_of_nothing_never_happens_and_certainty_always_does() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        assert!((0..1000).all(|_| !Chance::new(0.0).happens(&mut rng)));
        assert!((0..1000).all(|_| Chance::new(1.0).happens(&mut rng)));
    }

    #[test]
    fn a_chance_happens_as_often_as_it_says() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let count = (0..100_000).filter(|_| Chance::new(0.1).happens(&mut rng)).count();
        // Five standard deviations of a binomial: 5 sqrt(100000 * 0.1 * 0.9) = 474.
        assert!(count.abs_diff(10_000) < 474, "{count} of 100000");
    }

    #[test]
    fn waits_of_something_certain_are_none_and_of_something_impossible_without_end() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        assert!((0..1000).all(|_| Waits::new(1.0).of(rng.next_u32()) < 1.0));
        assert!((0..1000).all(|_| Waits::new(0.0).of(rng.next_u32()).is_infinite()));
    }

    #[test]
    fn waits_are_as_long_as_the_probability_says() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let wait = |_| Waits::new(0.1).of(rng.next_u32()) as usize;
        let waits: Vec<usize> = (0..100_000).map(wait).collect();
        // (1 - p) / p = 9 places on average, with a deviation of sqrt(1 - p) / p = 9.5; five standard
        // errors are 0.15. A wait is 0 with p, and 20 or more with 0.9^20 = 0.1216.
        let mean = waits.iter().sum::<usize>() as f64 / 100_000.0;
        assert!((mean - 9.0).abs() < 0.15, "{mean}");
        let share = |is: &dyn Fn(usize) -> bool| waits.iter().filter(|&&wait| is(wait)).count();
        assert!(share(&|wait| wait == 0).abs_diff(10_000) < 474);
        assert!(share(&|wait| wait >= 20).abs_diff(12_158) < 517);
    }

    #[test]
    fn normal_draws_have_the_moments_and_the_tails_of_the_standard_normal() {
        let (mut rng, mut block) = (ChaCha8Rng::seed_from_u64(5), [0.0; NORMALS]);
        let mut draws: Vec<f64> = Vec::new();
        for _ in 0..2000 {
            normals(&mut block, &mut rng);
            draws.extend(block.map(f64::from));
        }
        let count = draws.len() as f64;
        let moment = |power: i32| draws.iter().map(|draw| draw.powi(power)).sum::<f64>() / count;
        // Means 0, 1, 0, 3 with deviations 1, sqrt(2), sqrt(15), sqrt(96); five standard errors of 128000.
        for (power, mean, error) in
            [(1, 0.0, 0.014), (2, 1.0, 0.02), (3, 0.0, 0.055), (4, 3.0, 0.14)]
        {
            assert!((moment(power) - mean).abs() < error, "{power}: {}", moment(power));
        }
        // 4.55 percent are beyond 2 on either side: 5824, with a deviation of 75.
        let beyond = draws.iter().filter(|draw| draw.abs() > 2.0).count();
        assert!(beyond.abs_diff(5824) < 375, "{beyond} of 128000");
        // Both of a pair are draws of their own.
        let pairs = draws.chunks(NORMALS).flat_map(|block| {
            let (first, second) = block.split_at(NORMALS / 2);
            first.iter().zip(second).map(|(first, second)| first * second)
        });
        assert!((pairs.sum::<f64>() / (count / 2.0)).abs() < 0.02);
    }

    #[test]
    fn the_open_unit_reaches_neither_end() {
        assert!(open_unit(0) > 0.0 && open_unit(u32::MAX) < 1.0);
        assert!((open_unit(1 << 31) - 0.5).abs() < 1e-7);
    }
}

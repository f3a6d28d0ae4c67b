//! Owned randomness: every draw comes from a named stream, never from a global generator.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

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

/// A number between 0 and 1, neither of them, out of the upper 23 bits of `word`: the middle of one
/// of 2^23 equal parts. The lowest bit of `word` is left for the toss of a coin.
#[inline]
pub(crate) fn open_unit(word: u32) -> f32 {
    ((word >> 9) as f32 + 0.5) * (1.0 / 8_388_608.0)
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
    fn the_open_unit_reaches_neither_end() {
        assert!(open_unit(0) > 0.0 && open_unit(u32::MAX) < 1.0);
        assert!((open_unit(1 << 31) - 0.5).abs() < 1e-7);
    }
}

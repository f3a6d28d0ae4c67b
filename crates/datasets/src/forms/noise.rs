//! Value noise: a smooth random function of two coordinates.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Lattice points per side. The noise is periodic with this period.
const PERIOD: usize = 16;

/// A smooth random function with values in `0..=1` and features of about unit size.
pub(super) struct Noise {
    lattice: Vec<f32>,
}

impl Noise {
    /// Draws the values at the lattice points.
    pub(super) fn new(rng: &mut ChaCha8Rng) -> Self {
        Self { lattice: (0..PERIOD * PERIOD).map(|_| rng.random_range(0.0..1.0)).collect() }
    }

    /// The value at a point, in `0..=1`.
    pub(super) fn value(&self, x: f32, y: f32) -> f32 {
        let (left, top) = (x.floor(), y.floor());
        let (u, v) = (ease(x - left), ease(y - top));
        let value = |dx: i32, dy: i32| {
            let wrap = |at: i32| at.rem_euclid(PERIOD as i32) as usize;
            self.lattice[wrap(top as i32 + dy) * PERIOD + wrap(left as i32 + dx)]
        };
        let upper = value(0, 0) + u * (value(1, 0) - value(0, 0));
        let lower = value(0, 1) + u * (value(1, 1) - value(0, 1));
        upper + v * (lower - upper)
    }

    /// The sum of three octaves, each with half the amplitude and twice the frequency of the one
    /// before; in `0..=1`.
    pub(super) fn octaves(&self, x: f32, y: f32) -> f32 {
        let fine = self.value(2.0 * x + 5.3, 2.0 * y + 1.7);
        let finest = self.value(4.0 * x + 2.9, 4.0 * y + 8.1);
        (4.0 * self.value(x, y) + 2.0 * fine + finest) / 7.0
    }
}

fn ease(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

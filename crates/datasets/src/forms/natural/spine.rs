//! The bent axis that leaves, fronds and feathers grow along.

use std::f32::consts::PI;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::forms::canvas::Point;

/// A curved axis from `(0, 1)` upwards to about `(0, -1)`: where it is, and which way is across.
pub(super) struct Spine {
    bend: f32,
}

impl Spine {
    pub(super) fn draw(rng: &mut ChaCha8Rng) -> Self {
        Self { bend: rng.random_range(-0.35..0.35) }
    }

    /// The place a share `t` of the way up, `across` to the right of the axis.
    pub(super) fn at(&self, t: f32, across: f32) -> Point {
        let sway = self.bend * (PI * t).sin();
        let lean = self.bend * PI * (PI * t).cos() / 2.0;
        let length = (1.0 + lean * lean).sqrt();
        (sway + across / length, 1.0 - 2.0 * t + across * lean / length)
    }

    /// The axis from `start` to `end`, both shares of the way up.
    pub(super) fn axis(&self, start: f32, end: f32) -> Vec<Point> {
        (0..=10).map(|i| self.at(start + (end - start) * i as f32 / 10.0, 0.0)).collect()
    }
}

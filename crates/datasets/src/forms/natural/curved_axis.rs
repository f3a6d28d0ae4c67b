//! The curved axis of leaves, fronds and feathers.

use std::f32::consts::PI;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::forms::canvas::Point;

/// A curve from `(0, 1)` up to about `(0, -1)`.
pub(super) struct CurvedAxis {
    bend: f32,
}

impl CurvedAxis {
    pub(super) fn draw(rng: &mut ChaCha8Rng) -> Self {
        Self { bend: rng.random_range(-0.35..0.35) }
    }

    /// The point at share `t` of the axis, displaced by `across` to the right.
    pub(super) fn point(&self, t: f32, across: f32) -> Point {
        let sway = self.bend * (PI * t).sin();
        let lean = self.bend * PI * (PI * t).cos() / 2.0;
        let length = (1.0 + lean * lean).sqrt();
        (sway + across / length, 1.0 - 2.0 * t + across * lean / length)
    }

    /// Points on the axis from share `start` to share `end`.
    pub(super) fn segment(&self, start: f32, end: f32) -> Vec<Point> {
        (0..=10).map(|i| self.point(start + (end - start) * i as f32 / 10.0, 0.0)).collect()
    }
}

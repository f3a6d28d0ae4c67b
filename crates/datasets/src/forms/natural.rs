//! The natural classes.

mod animals;
mod land;
mod plants;

use std::f32::consts::PI;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::Point;
use super::scene::Motif;
use super::scene::MotifKind::{Figure, Pattern};
use super::scene::RotationRange::{Free, Upright};

/// The natural classes, in the order of their labels.
pub(super) const MOTIFS: [Motif; 12] = [
    Motif::new("leaf", Free, Figure, plants::leaf),
    Motif::new("fern", Free, Figure, plants::fern),
    Motif::new("feather", Free, Figure, animals::feather),
    Motif::new("tree", Upright, Figure, plants::tree),
    Motif::new("flower", Free, Figure, plants::flower),
    Motif::new("shell", Free, Figure, animals::shell),
    Motif::new("cloud", Upright, Figure, land::cloud),
    Motif::new("mountain", Upright, Figure, land::mountain),
    Motif::new("cells", Free, Pattern, animals::cells),
    Motif::new("pebbles", Free, Pattern, land::pebbles),
    Motif::new("waves", Upright, Pattern, land::waves),
    Motif::new("river", Free, Pattern, land::river),
];

/// The curved axis of leaves, fronds and feathers: a curve from `(0, 1)` up to about `(0, -1)`.
struct CurvedAxis {
    bend: f32,
}

impl CurvedAxis {
    fn draw(rng: &mut ChaCha8Rng) -> Self {
        Self { bend: rng.random_range(-0.35..0.35) }
    }

    /// The point at share `t` of the axis, displaced by `across` to the right.
    fn point(&self, t: f32, across: f32) -> Point {
        let sway = self.bend * (PI * t).sin();
        let lean = self.bend * PI * (PI * t).cos() / 2.0;
        let length = (1.0 + lean * lean).sqrt();
        (sway + across / length, 1.0 - 2.0 * t + across * lean / length)
    }

    /// Points on the axis from share `start` to share `end`.
    fn segment(&self, start: f32, end: f32) -> Vec<Point> {
        (0..=10).map(|i| self.point(start + (end - start) * i as f32 / 10.0, 0.0)).collect()
    }
}

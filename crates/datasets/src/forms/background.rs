//! Textured backgrounds and clutter.

use std::f32::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tiny_skia::{Pixmap, Transform};

use super::canvas::ColorRole::{Accent, Main};
use super::canvas::{Canvas, EDGE, Point};
use super::colors::{Colors, any_color, mix};
use super::noise::Noise;
use super::raster::Raster;

/// A background: almost plain, a gradient, cloudy or striped.
pub(super) fn background(colors: &Colors, rng: &mut ChaCha8Rng) -> Raster {
    let noise = Noise::new(rng);
    let kind = rng.random_range(0..4);
    let angle = rng.random_range(0.0..TAU);
    let (dx, dy) = (angle.cos(), angle.sin());
    let pitch = rng.random_range(3.0..10.0);
    let grain = rng.random_range(3.0..9.0);
    Raster::from_fn(|x, y| {
        let along = x * dx + y * dy;
        let share = match kind {
            0 => 0.4 * noise.value(2.0 * x, 2.0 * y),
            1 => (0.5 + along).clamp(0.0, 1.0),
            2 => noise.octaves(grain * x, grain * y),
            _ => 0.5 + 0.4 * (pitch * TAU * along).sin(),
        };
        mix(colors.ground, colors.ground_other, share)
    })
}

/// Strokes (straight or curved) and blobs (round or angular). Most have less contrast than the
/// figure.
pub(super) fn clutter(colors: &Colors, count: u32, rng: &mut ChaCha8Rng) -> Pixmap {
    let middle = EDGE as f32 / 2.0;
    let frame = Transform::from_scale(middle, middle).post_translate(middle, middle);
    let faint = mix(colors.ground, colors.main, rng.random_range(0.25..0.7));
    let second = mix(colors.ground, any_color(rng), rng.random_range(0.4..0.8));
    let mut canvas = Canvas::new(frame, faint, second);
    for _ in 0..count {
        let role = if rng.random_bool(0.5) { Main } else { Accent };
        let at = (rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0));
        if rng.random_bool(0.6) {
            let width = rng.random_range(0.03..0.12);
            canvas.line(&stroke(at, rng), width, role);
        } else {
            canvas.polygon(&blob(at, rng), role);
        }
    }
    canvas.into_layer()
}

fn stroke(from: Point, rng: &mut ChaCha8Rng) -> Vec<Point> {
    let bend = if rng.random_bool(0.5) { 0.0 } else { rng.random_range(-0.5..0.5) };
    let step = rng.random_range(0.08..0.2);
    let mut heading: f32 = rng.random_range(0.0..TAU);
    let mut at = from;
    let mut points = vec![at];
    for _ in 0..8 {
        at = (at.0 + step * heading.cos(), at.1 + step * heading.sin());
        heading += bend;
        points.push(at);
    }
    points
}

fn blob((x, y): Point, rng: &mut ChaCha8Rng) -> Vec<Point> {
    let corners = if rng.random_bool(0.5) { rng.random_range(3..6) } else { 14 };
    let (wide, high) = (rng.random_range(0.08..0.26), rng.random_range(0.08..0.26));
    let start = rng.random_range(0.0..TAU);
    (0..corners)
        .map(|corner| {
            let angle = start + TAU * corner as f32 / corners as f32;
            let reach = rng.random_range(0.85..1.15);
            (x + reach * wide * angle.cos(), y + reach * high * angle.sin())
        })
        .collect()
}

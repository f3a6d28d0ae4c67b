//! Leaf, fern, tree, flower.

use std::f32::consts::{PI, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::CurvedAxis;
use crate::forms::canvas::ColorRole::{Accent, Main};
use crate::forms::canvas::{Canvas, Point};

/// A broad blade with a midrib and a few pairs of veins, on a stalk.
pub(super) fn leaf(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let axis = CurvedAxis::draw(rng);
    let width = rng.random_range(0.45..0.72);
    let fullness = rng.random_range(0.65..1.0);
    let half = |t: f32| width * (PI * t.clamp(0.0, 1.0).powf(fullness)).sin().max(0.0).powf(0.9);
    let blade = |t: f32| 0.2 + 0.8 * t;
    let side = |sign: f32| (0..=16).map(move |i| i as f32 / 16.0).map(move |t| (t, sign * half(t)));
    let outline: Vec<Point> = side(-1.0)
        .chain(side(1.0).collect::<Vec<_>>().into_iter().rev())
        .map(|(t, across)| axis.point(blade(t), across))
        .collect();
    canvas.line(&axis.segment(0.0, 0.3), 0.12, Main);
    canvas.polygon(&outline, Main);
    canvas.line(&axis.segment(0.2, 0.95), 0.11, Accent);
    let pairs = rng.random_range(3..=4);
    for pair in 0..pairs {
        let t = 0.12 + 0.6 * pair as f32 / pairs as f32;
        for sign in [-1.0, 1.0] {
            let end = t + 0.17;
            let from = axis.point(blade(t), 0.0);
            canvas.line(&[from, axis.point(blade(end), sign * 0.82 * half(end))], 0.07, Accent);
        }
    }
}

/// Pairs of narrow leaflets along a curved axis, shorter towards the tip.
pub(super) fn fern(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let axis = CurvedAxis::draw(rng);
    let pairs = rng.random_range(6..=8);
    let width = rng.random_range(0.55..0.8);
    let slant = rng.random_range(0.08..0.2);
    let thick = 0.5 / pairs as f32;
    for pair in 0..pairs {
        let t = 0.16 + 0.78 * pair as f32 / pairs as f32;
        let reach = width * (1.08 - t).powf(0.8) * (t * 6.0).min(1.0);
        for sign in [-1.0, 1.0] {
            let leaflet = [
                axis.point(t, 0.0),
                axis.point(t + 0.25 * slant - 0.5 * thick, sign * 0.4 * reach),
                axis.point(t + slant, sign * reach),
                axis.point(t + 0.25 * slant + 0.6 * thick, sign * 0.4 * reach),
            ];
            canvas.polygon(&leaflet, Main);
        }
    }
    canvas.line(&axis.segment(0.0, 0.97), 0.09, Accent);
}

/// A trunk that forks and forks again, each bough shorter and thinner than the one it grows from.
pub(super) fn tree(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let foot = (rng.random_range(-0.1..0.1), 1.0);
    let width = rng.random_range(0.2..0.28);
    grow(canvas, rng, foot, -PI / 2.0, 0.62, width, 4);
}

fn grow(
    canvas: &mut Canvas,
    rng: &mut ChaCha8Rng,
    from: Point,
    heading: f32,
    length: f32,
    width: f32,
    forks: u32,
) {
    let to = (from.0 + length * heading.cos(), from.1 + length * heading.sin());
    canvas.line(&[from, to], width, Main);
    if forks == 0 {
        canvas.disc(to, rng.random_range(0.04..0.1), Accent);
        return;
    }
    for sign in [-1.0, 1.0] {
        let turn = sign * rng.random_range(0.25..0.65);
        let shorter = length * rng.random_range(0.66..0.86);
        grow(canvas, rng, to, heading + turn, shorter, (0.66 * width).max(0.055), forks - 1);
    }
}

/// Five to nine petals around a disc.
pub(super) fn flower(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let petals = rng.random_range(5..=9);
    let heart = rng.random_range(0.2..0.34);
    let pointed = rng.random_range(0.5..1.1);
    let half = rng.random_range(0.75..0.95) * PI / petals as f32;
    for petal in 0..petals {
        let middle = TAU * petal as f32 / petals as f32;
        let reach = rng.random_range(0.88..1.05);
        let outline: Vec<Point> = (0..=20)
            .map(|i| {
                let t = i as f32 / 10.0 - 1.0;
                let along = reach * (1.0 - t.abs()).powf(0.5 * pointed).max(0.0);
                let across = half * t.signum() * (PI * t.abs().powf(0.8)).sin().abs().min(1.0);
                let angle = middle + across * along.max(0.4);
                (along * angle.cos(), along * angle.sin())
            })
            .collect();
        canvas.polygon(&outline, Main);
    }
    canvas.disc((0.0, 0.0), heart, Accent);
}

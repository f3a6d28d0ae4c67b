//! Feather, shell, cells.

use std::f32::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::CurvedAxis;
use crate::forms::canvas::ColorRole::{Accent, Main};
use crate::forms::canvas::{Canvas, Point};
use crate::forms::scene::PATTERN_HALF_WIDTH;

/// A narrow lopsided vane with slanting barbs and a split, on a long quill.
pub(super) fn feather(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let axis = CurvedAxis::draw(rng);
    let wide = rng.random_range(0.32..0.46);
    let narrow = wide * rng.random_range(0.5..0.8);
    let split = rng.random_range(0.25..0.75);
    let half = |t: f32| (1.0 - t.clamp(0.0, 1.0).powi(4)) * (t * 3.0).clamp(0.0, 1.0).sqrt();
    let vane = |t: f32| 0.28 + 0.72 * t;
    let ts = || (0..=24).map(|i| i as f32 / 24.0);
    let left = ts().map(|t| axis.point(vane(t), -narrow * half(t)));
    let right = ts().rev().map(|t| {
        let reach = if (split - t).abs() < 0.03 { 0.3 } else { 1.0 };
        axis.point(vane(t), reach * wide * half(t))
    });
    canvas.polygon(&left.chain(right).collect::<Vec<_>>(), Main);
    let barbs = rng.random_range(5..=7);
    for barb in 0..barbs {
        let t = 0.08 + 0.75 * barb as f32 / barbs as f32;
        for reach in [-narrow, wide] {
            let end = axis.point(vane(t + 0.16), 0.85 * reach * half(t + 0.16));
            canvas.line(&[axis.point(vane(t), 0.0), end], 0.035, Accent);
        }
    }
    canvas.line(&axis.segment(0.0, 0.96), 0.09, Accent);
}

/// A spiral that widens as it turns, with ribs across it.
pub(super) fn shell(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let growth = rng.random_range(0.14..0.2);
    let turns = TAU * rng.random_range(2.2..2.8);
    let at = |angle: f32, share: f32| {
        let radius = share * (growth * (angle - turns)).exp();
        (radius * angle.cos(), radius * angle.sin())
    };
    let last_turn: Vec<Point> =
        (0..=40).map(|i| at(turns - TAU * (1.0 - i as f32 / 40.0), 1.0)).collect();
    canvas.polygon(&last_turn, Main);
    let inner = (-growth * TAU).exp();
    let spiral: Vec<Point> = (0..=60).map(|i| at(turns * i as f32 / 60.0, inner)).collect();
    canvas.line(&spiral, 0.1, Accent);
    let ribs = rng.random_range(8..=13);
    for rib in 0..ribs {
        let angle = turns - 1.2 * TAU * rib as f32 / ribs as f32;
        let curve = [at(angle - 0.25, inner), at(angle - 0.05, 0.5 + 0.5 * inner), at(angle, 0.97)];
        canvas.line(&curve, 0.05, Accent);
    }
}

/// A sheet of cells that share their walls, each with a nucleus.
pub(super) fn cells(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let pitch = rng.random_range(0.55..0.85);
    let seeds = scattered(pitch, 0.33, rng);
    let wall = rng.random_range(0.09..0.13);
    let nucleus = rng.random_range(0.07..0.11);
    canvas.fill_by_point(|at| {
        let (nearest, second) = two_nearest(&seeds, at);
        let in_wall = second - nearest < wall;
        Some(if in_wall || nearest < nucleus { Accent } else { Main })
    });
}

/// The distances from `at` to the nearest and the second nearest seed.
fn two_nearest(seeds: &[Point], (x, y): Point) -> (f32, f32) {
    seeds.iter().map(|&(sx, sy)| (x - sx).hypot(y - sy)).fold(
        (f32::MAX, f32::MAX),
        |(nearest, second), distance| {
            if distance < nearest { (distance, nearest) } else { (nearest, second.min(distance)) }
        },
    )
}

/// Points of a hexagonal lattice, each displaced by up to `disorder` times the spacing.
fn scattered(pitch: f32, disorder: f32, rng: &mut ChaCha8Rng) -> Vec<Point> {
    let rows = (PATTERN_HALF_WIDTH / pitch) as i32 + 1;
    let mut points = Vec::new();
    for row in -rows..=rows {
        for column in -rows..=rows {
            let mut shift = || pitch * rng.random_range(-disorder..disorder);
            let offset = if row % 2 == 0 { 0.0 } else { 0.5 };
            points.push((
                pitch * (column as f32 + offset) + shift(),
                0.87 * pitch * row as f32 + shift(),
            ));
        }
    }
    points
}

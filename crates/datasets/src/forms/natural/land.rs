//! Cloud, mountain, pebbles, waves, river.

use std::f32::consts::{PI, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::forms::canvas::ColorRole::{Accent, Main};
use crate::forms::canvas::{Canvas, Point};
use crate::forms::noise::Noise;
use crate::forms::scene::PATTERN_HALF_WIDTH;

/// Billows on a flat base, frayed at the edge, in the shade below.
pub(super) fn cloud(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let noise = Noise::new(rng);
    let base = rng.random_range(0.3..0.45);
    let shade = rng.random_range(0.18..0.3);
    let count = rng.random_range(3..=5);
    let puffs: Vec<(Point, f32)> = (0..count)
        .map(|puff| {
            let x = 1.4 * puff as f32 / (count - 1) as f32 - 0.7;
            let radius = rng.random_range(0.24..0.4) + 0.2 * (1.0 - x * x);
            ((x, base - rng.random_range(0.5..1.1) * radius), radius)
        })
        .collect();
    canvas.fill_by_point(|(x, y)| {
        let fray = 0.36 * (noise.octaves(2.0 * x + 8.0, 2.0 * y + 8.0) - 0.5);
        let inside =
            puffs.iter().any(|&((px, py), radius)| (x - px).hypot(y - py) < radius + 0.6 * fray);
        (inside && y < base + 0.3 * fray).then(|| {
            let lit = y < base - shade + fray;
            if lit { Main } else { Accent }
        })
    });
}

/// Jagged ridges one behind the other, the higher one capped.
pub(super) fn mountain(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let back = ridge(rng, -0.75, 0.35);
    let cap_line = rng.random_range(-0.45..-0.2);
    let mut outline = back.clone();
    outline.extend([(2.2, 1.0), (-2.2, 1.0)]);
    canvas.polygon(&outline, Main);
    let cap: Vec<Point> = back
        .iter()
        .copied()
        .chain(back.iter().rev().enumerate().map(|(i, &(x, y))| {
            let zigzag = if i % 2 == 0 { 0.1 } else { -0.1 };
            (x, y.max(cap_line + zigzag))
        }))
        .collect();
    canvas.polygon(&cap, Accent);
    let mut front = ridge(rng, 0.25, 0.25);
    canvas.line(&front, 0.08, Accent);
    front.extend([(2.2, 1.0), (-2.2, 1.0)]);
    canvas.polygon(&front, Main);
}

/// A skyline by midpoint displacement, highest about the middle.
fn ridge(rng: &mut ChaCha8Rng, peak: f32, roughness: f32) -> Vec<Point> {
    let middle = rng.random_range(-0.5..0.5);
    let mut line = vec![(-2.2, 0.7), (middle, peak), (2.2, 0.7)];
    let mut swing = roughness;
    for _ in 0..3 {
        let mut finer = vec![line[0]];
        for pair in line.windows(2) {
            let (x, y) = (f32::midpoint(pair[0].0, pair[1].0), f32::midpoint(pair[0].1, pair[1].1));
            finer.push((x, (y + rng.random_range(-swing..swing)).max(peak)));
            finer.push(pair[1]);
        }
        line = finer;
        swing *= 0.55;
    }
    line
}

/// Rounded stones of many sizes with the ground showing between them.
pub(super) fn pebbles(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    canvas.rectangle((0.0, 0.0), (PATTERN_HALF_WIDTH, PATTERN_HALF_WIDTH), Accent);
    let mut stones: Vec<(Point, f32)> = Vec::new();
    for largest in [0.46, 0.34, 0.24, 0.16] {
        for _ in 0..120 {
            let at = (
                rng.random_range(-PATTERN_HALF_WIDTH..PATTERN_HALF_WIDTH),
                rng.random_range(-PATTERN_HALF_WIDTH..PATTERN_HALF_WIDTH),
            );
            let room = stones
                .iter()
                .map(|&((x, y), radius)| (x - at.0).hypot(y - at.1) - radius)
                .fold(largest, f32::min);
            if room > 0.7 * largest {
                stones.push((at, room - 0.02));
            }
        }
    }
    for (at, radius) in stones {
        canvas.polygon(&stone(at, radius, rng), Main);
    }
}

fn stone((x, y): Point, radius: f32, rng: &mut ChaCha8Rng) -> Vec<Point> {
    let (lobe, phase) = (rng.random_range(0.0..0.14), rng.random_range(0.0..TAU));
    (0..16)
        .map(|i| {
            let angle = TAU * i as f32 / 16.0;
            let reach = radius * (0.92 + lobe * (2.0 * angle + phase).cos());
            (x + reach * angle.cos(), y + reach * angle.sin())
        })
        .collect()
}

/// Rows of crests, sharp above and round below, each row out of step with the next.
pub(super) fn waves(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let gap = rng.random_range(0.42..0.6);
    let height = rng.random_range(0.22..0.34);
    let length = rng.random_range(0.7..1.1);
    let rows = (PATTERN_HALF_WIDTH / gap) as i32;
    for row in -rows..=rows {
        let phase: f32 = rng.random_range(0.0..1.0);
        let lift: f32 = rng.random_range(0.8..1.2);
        let base = gap * row as f32;
        let crest: Vec<Point> = (-50..=50)
            .map(|i| {
                let x = PATTERN_HALF_WIDTH * i as f32 / 50.0;
                let slope = (PI * (x / length + phase)).sin().abs();
                (x, base - height * lift * (1.0 - slope))
            })
            .collect();
        let mut swell = crest.clone();
        swell.extend([
            (PATTERN_HALF_WIDTH, base + gap + height),
            (-PATTERN_HALF_WIDTH, base + gap + height),
        ]);
        canvas.polygon(&swell, Main);
        canvas.line(&crest, 0.11, Accent);
    }
}

/// A winding stream right across the land, joined by winding brooks.
pub(super) fn river(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let swing = rng.random_range(0.2..0.4);
    let phase = rng.random_range(0.0..TAU);
    let pace = rng.random_range(1.6..2.6);
    let at = |x: f32| (x, swing * (pace * x + phase).sin() + 0.3 * swing * (2.3 * pace * x).sin());
    let stream: Vec<Point> = (-40..=40).map(|i| at(PATTERN_HALF_WIDTH * i as f32 / 40.0)).collect();
    let width = rng.random_range(0.22..0.34);
    let brooks = rng.random_range(3..=5);
    for brook in 0..brooks {
        let mouth = at(-0.9 + 2.0 * brook as f32 / brooks as f32 + rng.random_range(-0.2..0.2));
        let side = if brook % 2 == 0 { 1.0 } else { -1.0 };
        let course = wander(mouth, side * rng.random_range(0.7..1.2), rng);
        canvas.line(&course, 0.45 * width, Main);
    }
    canvas.line(&stream, width, Main);
    canvas.line(&stream, 0.3 * width, Accent);
}

fn wander(from: Point, heading: f32, rng: &mut ChaCha8Rng) -> Vec<Point> {
    let (mut at, mut drift) = (from, 0.0);
    let mut points = vec![from];
    for _ in 0..14 {
        drift = 0.6 * drift + rng.random_range(-0.5..0.5);
        at = (at.0 + 0.16 * (heading + drift).cos(), at.1 + 0.16 * (heading + drift).sin());
        points.push(at);
    }
    points
}

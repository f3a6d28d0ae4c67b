//! Things found in nature.

use std::f32::consts::{PI, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Canvas, Ink, Point};
use super::noise::Noise;
use super::scene::{Extent, Motif, SHEET, Turn};

/// The natural classes, in the order of their labels.
pub(super) const MOTIFS: [Motif; 12] = [
    Motif { name: "leaf", turn: Turn::Free, extent: Extent::Figure, draw: leaf },
    Motif { name: "fern", turn: Turn::Free, extent: Extent::Figure, draw: fern },
    Motif { name: "feather", turn: Turn::Free, extent: Extent::Figure, draw: feather },
    Motif { name: "tree", turn: Turn::Upright, extent: Extent::Figure, draw: tree },
    Motif { name: "flower", turn: Turn::Free, extent: Extent::Figure, draw: flower },
    Motif { name: "shell", turn: Turn::Free, extent: Extent::Figure, draw: shell },
    Motif { name: "cloud", turn: Turn::Upright, extent: Extent::Figure, draw: cloud },
    Motif { name: "mountain", turn: Turn::Upright, extent: Extent::Figure, draw: mountain },
    Motif { name: "cells", turn: Turn::Free, extent: Extent::Sheet, draw: cells },
    Motif { name: "pebbles", turn: Turn::Free, extent: Extent::Sheet, draw: pebbles },
    Motif { name: "waves", turn: Turn::Upright, extent: Extent::Sheet, draw: waves },
    Motif { name: "river", turn: Turn::Free, extent: Extent::Sheet, draw: river },
];

/// A curved axis from `(0, 1)` upwards to about `(0, -1)`: where it is, and which way is across.
struct Spine {
    bend: f32,
}

impl Spine {
    fn draw(rng: &mut ChaCha8Rng) -> Self {
        Self { bend: rng.random_range(-0.35..0.35) }
    }

    /// The place a share `t` of the way up, `across` to the right of the axis.
    fn at(&self, t: f32, across: f32) -> Point {
        let sway = self.bend * (PI * t).sin();
        let lean = self.bend * PI * (PI * t).cos() / 2.0;
        let length = (1.0 + lean * lean).sqrt();
        (sway + across / length, 1.0 - 2.0 * t + across * lean / length)
    }

    /// The axis from `start` to `end`, both shares of the way up.
    fn axis(&self, start: f32, end: f32) -> Vec<Point> {
        (0..=10).map(|i| self.at(start + (end - start) * i as f32 / 10.0, 0.0)).collect()
    }
}

/// A broad blade with a midrib and a few pairs of veins, on a stalk.
fn leaf(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let spine = Spine::draw(rng);
    let width = rng.random_range(0.45..0.72);
    let fullness = rng.random_range(0.65..1.0);
    let half = |t: f32| width * (PI * t.clamp(0.0, 1.0).powf(fullness)).sin().max(0.0).powf(0.9);
    let blade = |t: f32| 0.2 + 0.8 * t;
    let side = |sign: f32| (0..=16).map(move |i| i as f32 / 16.0).map(move |t| (t, sign * half(t)));
    let outline: Vec<Point> = side(-1.0)
        .chain(side(1.0).collect::<Vec<_>>().into_iter().rev())
        .map(|(t, across)| spine.at(blade(t), across))
        .collect();
    canvas.line(&spine.axis(0.0, 0.3), 0.12, Ink::Main);
    canvas.polygon(&outline, Ink::Main);
    canvas.line(&spine.axis(0.2, 0.95), 0.11, Ink::Accent);
    let pairs = rng.random_range(3..=4);
    for pair in 0..pairs {
        let t = 0.12 + 0.6 * pair as f32 / pairs as f32;
        for sign in [-1.0, 1.0] {
            let end = t + 0.17;
            let from = spine.at(blade(t), 0.0);
            canvas.line(&[from, spine.at(blade(end), sign * 0.82 * half(end))], 0.07, Ink::Accent);
        }
    }
}

/// Pairs of narrow leaflets along a curved axis, shorter towards the tip.
fn fern(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let spine = Spine::draw(rng);
    let pairs = rng.random_range(6..=8);
    let width = rng.random_range(0.55..0.8);
    let slant = rng.random_range(0.08..0.2);
    let thick = 0.5 / pairs as f32;
    for pair in 0..pairs {
        let t = 0.16 + 0.78 * pair as f32 / pairs as f32;
        let reach = width * (1.08 - t).powf(0.8) * (t * 6.0).min(1.0);
        for sign in [-1.0, 1.0] {
            let leaflet = [
                spine.at(t, 0.0),
                spine.at(t + 0.25 * slant - 0.5 * thick, sign * 0.4 * reach),
                spine.at(t + slant, sign * reach),
                spine.at(t + 0.25 * slant + 0.6 * thick, sign * 0.4 * reach),
            ];
            canvas.polygon(&leaflet, Ink::Main);
        }
    }
    canvas.line(&spine.axis(0.0, 0.97), 0.09, Ink::Accent);
}

/// A narrow lopsided vane with slanting barbs and a split or two, on a long quill.
fn feather(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let spine = Spine::draw(rng);
    let wide = rng.random_range(0.34..0.5);
    let narrow = wide * rng.random_range(0.45..0.8);
    let half = |t: f32| ((1.0 - t) * 9.0).min(1.0).max(0.0).sqrt() * (t * 4.0).min(1.0).sqrt();
    let splits = [rng.random_range(0.2..0.5), rng.random_range(0.5..0.85)];
    let blade = |t: f32| 0.3 + 0.7 * t;
    let mut outline = Vec::new();
    for i in 0..=24 {
        let t = i as f32 / 24.0;
        outline.push(spine.at(blade(t), -narrow * half(t)));
    }
    for i in (0..=24).rev() {
        let t = i as f32 / 24.0;
        let split = splits.iter().any(|&at: &f32| (at - t).abs() < 0.025);
        let across = if split { 0.25 } else { 1.0 };
        outline.push(spine.at(blade(t), across * wide * half(t)));
    }
    canvas.polygon(&outline, Ink::Main);
    for barb in 1..9 {
        let t = barb as f32 / 10.0;
        for reach in [-narrow, wide] {
            let end = spine.at(blade(t + 0.13), 0.9 * reach * half(t + 0.13));
            canvas.line(&[spine.at(blade(t), 0.0), end], 0.035, Ink::Accent);
        }
    }
    canvas.line(&spine.axis(0.0, 0.5), 0.1, Ink::Accent);
    canvas.line(&spine.axis(0.5, 0.95), 0.07, Ink::Accent);
}

/// A trunk that forks and forks again, each bough shorter and thinner than the one it grows from.
fn tree(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
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
    canvas.line(&[from, to], width, Ink::Main);
    if forks == 0 {
        canvas.disc(to, rng.random_range(0.04..0.1), Ink::Accent);
        return;
    }
    for sign in [-1.0, 1.0] {
        let turn = sign * rng.random_range(0.25..0.65);
        let shorter = length * rng.random_range(0.66..0.86);
        grow(canvas, rng, to, heading + turn, shorter, (0.66 * width).max(0.055), forks - 1);
    }
}

/// Five to nine petals around a disc.
fn flower(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
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
        canvas.polygon(&outline, Ink::Main);
    }
    canvas.disc((0.0, 0.0), heart, Ink::Accent);
}

/// A spiral that widens as it turns, with ribs across it.
fn shell(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let growth = rng.random_range(0.14..0.2);
    let turns = TAU * rng.random_range(2.2..2.8);
    let at = |angle: f32, share: f32| {
        let radius = share * (growth * (angle - turns)).exp();
        (radius * angle.cos(), radius * angle.sin())
    };
    let last_turn: Vec<Point> =
        (0..=40).map(|i| at(turns - TAU * (1.0 - i as f32 / 40.0), 1.0)).collect();
    canvas.polygon(&last_turn, Ink::Main);
    let inner = (-growth * TAU).exp();
    let spiral: Vec<Point> = (0..=60).map(|i| at(turns * i as f32 / 60.0, inner)).collect();
    canvas.line(&spiral, 0.1, Ink::Accent);
    let ribs = rng.random_range(8..=13);
    for rib in 0..ribs {
        let angle = turns - 1.2 * TAU * rib as f32 / ribs as f32;
        let curve = [at(angle - 0.25, inner), at(angle - 0.05, 0.5 + 0.5 * inner), at(angle, 0.97)];
        canvas.line(&curve, 0.05, Ink::Accent);
    }
}

/// Billows on a nearly flat base, frayed at the edge, in the shade below.
fn cloud(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let noise = Noise::new(rng);
    let count = rng.random_range(4..=6);
    let puffs: Vec<(Point, f32)> = (0..count)
        .map(|puff| {
            let x = -0.75 + 1.5 * puff as f32 / (count - 1) as f32;
            let radius = rng.random_range(0.24..0.36) + 0.22 * (1.0 - x * x);
            ((x, 0.25 - rng.random_range(0.4..0.8) * radius), radius)
        })
        .collect();
    let shade = rng.random_range(0.0..0.12);
    canvas.each_pixel(|(x, y)| {
        let fray = 0.3 * (noise.octaves(2.0 * x + 4.0, 2.0 * y + 4.0) - 0.5);
        let depth = |dy: f32| {
            puffs
                .iter()
                .map(|&((px, py), radius)| radius - (x - px).hypot(y + dy - py))
                .fold(f32::MIN, f32::max)
        };
        if depth(0.0) + fray < 0.0 || y > 0.4 + 0.5 * fray {
            None
        } else if depth(0.22 + shade) + fray < 0.0 || y < 0.05 + fray {
            Some(Ink::Main)
        } else {
            Some(Ink::Accent)
        }
    });
}

/// Jagged ridges one behind the other, the higher one capped.
fn mountain(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let back = ridge(rng, -0.75, 0.35);
    let cap_line = rng.random_range(-0.45..-0.2);
    let mut outline = back.clone();
    outline.extend([(2.2, 1.0), (-2.2, 1.0)]);
    canvas.polygon(&outline, Ink::Main);
    let cap: Vec<Point> = back
        .iter()
        .copied()
        .chain(back.iter().rev().enumerate().map(|(i, &(x, y))| {
            let zigzag = if i % 2 == 0 { 0.1 } else { -0.1 };
            (x, y.max(cap_line + zigzag))
        }))
        .collect();
    canvas.polygon(&cap, Ink::Accent);
    let mut front = ridge(rng, 0.25, 0.25);
    canvas.line(&front, 0.08, Ink::Accent);
    front.extend([(2.2, 1.0), (-2.2, 1.0)]);
    canvas.polygon(&front, Ink::Main);
}

/// A skyline by midpoint displacement, highest about the middle.
fn ridge(rng: &mut ChaCha8Rng, peak: f32, roughness: f32) -> Vec<Point> {
    let middle = rng.random_range(-0.5..0.5);
    let mut line = vec![(-2.2, 0.7), (middle, peak), (2.2, 0.7)];
    let mut swing = roughness;
    for _ in 0..3 {
        let mut finer = vec![line[0]];
        for pair in line.windows(2) {
            let (x, y) = ((pair[0].0 + pair[1].0) / 2.0, (pair[0].1 + pair[1].1) / 2.0);
            finer.push((x, (y + rng.random_range(-swing..swing)).max(peak)));
            finer.push(pair[1]);
        }
        line = finer;
        swing *= 0.55;
    }
    line
}

/// A sheet of cells that share their walls, each with a nucleus.
fn cells(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let pitch = rng.random_range(0.5..0.75);
    let seeds = scattered(pitch, 0.38, rng);
    let wall = rng.random_range(0.1..0.15);
    let nucleus = rng.random_range(0.08..0.12);
    canvas.each_pixel(|at| {
        let (nearest, second) = two_nearest(&seeds, at);
        let in_wall = second - nearest < wall;
        Some(if in_wall || nearest < nucleus { Ink::Accent } else { Ink::Main })
    });
}

/// The distances from `at` to the nearest of the seeds and to the next.
fn two_nearest(seeds: &[Point], (x, y): Point) -> (f32, f32) {
    seeds.iter().map(|&(sx, sy)| (x - sx).hypot(y - sy)).fold(
        (f32::MAX, f32::MAX),
        |(nearest, second), distance| {
            if distance < nearest { (distance, nearest) } else { (nearest, second.min(distance)) }
        },
    )
}

/// Points of a hexagonal lattice, each moved by up to `disorder` pitches.
fn scattered(pitch: f32, disorder: f32, rng: &mut ChaCha8Rng) -> Vec<Point> {
    let rows = (SHEET / pitch) as i32 + 1;
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

/// Rounded stones of many sizes with the ground showing between them.
fn pebbles(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    canvas.rectangle((0.0, 0.0), (SHEET, SHEET), Ink::Accent);
    let mut stones: Vec<(Point, f32)> = Vec::new();
    for largest in [0.46, 0.34, 0.24, 0.16] {
        for _ in 0..120 {
            let at = (rng.random_range(-SHEET..SHEET), rng.random_range(-SHEET..SHEET));
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
        canvas.polygon(&stone(at, radius, rng), Ink::Main);
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
fn waves(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let gap = rng.random_range(0.42..0.6);
    let height = rng.random_range(0.22..0.34);
    let length = rng.random_range(0.7..1.1);
    let rows = (SHEET / gap) as i32;
    for row in -rows..=rows {
        let phase: f32 = rng.random_range(0.0..1.0);
        let lift: f32 = rng.random_range(0.8..1.2);
        let base = gap * row as f32;
        let crest: Vec<Point> = (-50..=50)
            .map(|i| {
                let x = SHEET * i as f32 / 50.0;
                let slope = (PI * (x / length + phase)).sin().abs();
                (x, base - height * lift * (1.0 - slope))
            })
            .collect();
        let mut swell = crest.clone();
        swell.extend([(SHEET, base + gap + height), (-SHEET, base + gap + height)]);
        canvas.polygon(&swell, Ink::Main);
        canvas.line(&crest, 0.11, Ink::Accent);
    }
}

/// A winding stream right across the land, joined by winding brooks.
fn river(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let swing = rng.random_range(0.2..0.4);
    let phase = rng.random_range(0.0..TAU);
    let pace = rng.random_range(1.6..2.6);
    let at = |x: f32| (x, swing * (pace * x + phase).sin() + 0.3 * swing * (2.3 * pace * x).sin());
    let stream: Vec<Point> = (-40..=40).map(|i| at(SHEET * i as f32 / 40.0)).collect();
    let width = rng.random_range(0.22..0.34);
    let brooks = rng.random_range(3..=5);
    for brook in 0..brooks {
        let mouth = at(-0.9 + 2.0 * brook as f32 / brooks as f32 + rng.random_range(-0.2..0.2));
        let side = if brook % 2 == 0 { 1.0 } else { -1.0 };
        let course = wander(mouth, side * rng.random_range(0.7..1.2), rng);
        canvas.line(&course, 0.45 * width, Ink::Main);
    }
    canvas.line(&stream, width, Ink::Main);
    canvas.line(&stream, 0.3 * width, Ink::Accent);
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

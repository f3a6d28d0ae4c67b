//! The man-made classes: straight edges, machined curves, even spacing.

use std::f32::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::ColorRole::{Accent, Main};
use super::canvas::{Canvas, Point};
use super::scene::MotifKind::{Figure, Pattern};
use super::scene::RotationRange::{Free, Upright};
use super::scene::{Motif, PATTERN_HALF_WIDTH};

/// The man-made classes, in the order of their labels.
pub(super) const MOTIFS: [Motif; 12] = [
    Motif::new("gear", Free, Figure, gear),
    Motif::new("wheel", Free, Figure, wheel),
    Motif::new("key", Free, Figure, key),
    Motif::new("screw", Free, Figure, screw),
    Motif::new("arrow", Free, Figure, arrow),
    Motif::new("ladder", Free, Figure, ladder),
    Motif::new("stairs", Upright, Figure, stairs),
    Motif::new("tower", Upright, Figure, tower),
    Motif::new("truss", Upright, Figure, truss),
    Motif::new("bricks", Free, Pattern, bricks),
    Motif::new("chessboard", Free, Pattern, chessboard),
    Motif::new("circuit", Free, Pattern, circuit),
];

fn on_circle(radius: f32, angle: f32) -> Point {
    (radius * angle.cos(), radius * angle.sin())
}

/// A toothed disc with a bore and a ring around it.
fn gear(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let teeth = rng.random_range(7..=11);
    let root = rng.random_range(0.68..0.78);
    let bore_radius = rng.random_range(0.16..0.28);
    let mut outline = Vec::new();
    for tooth in 0..teeth {
        for (share, radius) in [(0.0, root), (0.22, root), (0.32, 1.0), (0.9, 1.0)] {
            outline.push(on_circle(radius, TAU * (tooth as f32 + share) / teeth as f32));
        }
    }
    let bore: Vec<Point> = (0..20).map(|i| on_circle(bore_radius, TAU * i as f32 / 20.0)).collect();
    canvas.polygons(&[&outline, &bore], Main);
    let halfway = f32::midpoint(bore_radius, root);
    canvas.ring((0.0, 0.0), halfway, rng.random_range(0.09..0.16), Accent);
}

/// A rim, a hub and the spokes between them.
fn wheel(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let spokes = rng.random_range(5..=9);
    let rim = rng.random_range(0.14..0.24);
    let width = rng.random_range(0.07..0.12);
    for spoke in 0..spokes {
        let end = on_circle(0.9, TAU * spoke as f32 / spokes as f32);
        canvas.line(&[(0.0, 0.0), end], width, Main);
    }
    canvas.ring((0.0, 0.0), 1.0 - rim / 2.0, rim, Main);
    canvas.disc((0.0, 0.0), rng.random_range(0.17..0.26), Accent);
}

/// A ring to hold, a shank, and two or three bits.
fn key(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let bow = rng.random_range(0.3..0.4);
    let width = rng.random_range(0.13..0.19);
    canvas.line(&[(-0.5, 0.0), (1.0, 0.0)], width, Main);
    canvas.ring((-0.62, 0.0), bow, rng.random_range(0.16..0.22), Main);
    let bits = rng.random_range(2..=3);
    for bit in 0..bits {
        let x = 0.92 - 0.27 * bit as f32;
        let length = rng.random_range(0.26..0.46);
        canvas.rectangle((x, 0.5 * length), (0.085, 0.5 * length), Main);
    }
    canvas.rectangle((-0.14, 0.0), (0.06, 0.17), Accent);
}

/// A flat head on a threaded shank that ends in a point.
fn screw(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let head = rng.random_range(0.42..0.56);
    let depth = rng.random_range(0.16..0.24);
    let half = rng.random_range(0.19..0.27);
    canvas.polygon(&[(-half, -0.7), (half, -0.7), (half, 0.7), (0.0, 1.0), (-half, 0.7)], Main);
    canvas.rectangle((0.0, -1.0 + depth), (head, depth), Main);
    canvas.rectangle((0.0, -1.0), (0.1, depth), Accent);
    let threads = rng.random_range(5..=6);
    for thread in 0..threads {
        let y = -0.42 + 1.1 * thread as f32 / threads as f32;
        canvas.line(&[(-half - 0.09, y + 0.11), (half + 0.09, y)], 0.085, Accent);
    }
}

/// A thick arrow, on its own or on a plate.
fn arrow(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let on_plate = rng.random_bool(0.5);
    let (size, role) = if on_plate { (0.72, Accent) } else { (1.0, Main) };
    if on_plate && rng.random_bool(0.5) {
        canvas.disc((0.0, 0.0), 1.0, Main);
    } else if on_plate {
        canvas.rectangle((0.0, 0.0), (0.9, 0.9), Main);
    }
    let shaft = size * rng.random_range(0.16..0.26);
    let head = size * rng.random_range(0.52..0.7);
    let neck = size * rng.random_range(-0.15..0.2);
    let outline = [
        (-size, -shaft),
        (neck, -shaft),
        (neck, -head),
        (size, 0.0),
        (neck, head),
        (neck, shaft),
        (-size, shaft),
    ];
    canvas.polygon(&outline, role);
    if !on_plate {
        canvas.line(&[(-0.85, 0.0), (0.45, 0.0)], 0.11, Accent);
    }
}

/// Two rails and evenly spaced rungs.
fn ladder(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let rungs = rng.random_range(4..=6);
    let half = rng.random_range(0.34..0.48);
    let taper = rng.random_range(0.0..0.14);
    let rail = rng.random_range(0.13..0.18);
    for rung in 0..rungs {
        let y = -0.8 + 1.6 * rung as f32 / (rungs - 1) as f32;
        canvas.line(&[(-half, y), (half, y)], 0.11, Accent);
    }
    for sign in [-1.0, 1.0] {
        let (top, foot) = (sign * (half - taper), sign * (half + taper));
        canvas.line(&[(top, -1.05), (foot, 1.05)], rail, Main);
    }
}

/// A flight of steps seen from the side, with treads.
fn stairs(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let steps = rng.random_range(4..=6);
    let run = 2.0 / steps as f32;
    let rise = run * rng.random_range(0.7..1.0);
    let top = |step: i32| 0.9 - rise * (step + 1) as f32;
    let solid = rng.random_bool(0.5);
    let mut outline = vec![(-1.0, 1.0)];
    for step in 0..steps {
        let x = -1.0 + run * step as f32;
        outline.extend([(x, top(step)), (x + run, top(step))]);
    }
    let slab = if solid {
        [(1.0, 1.0), (0.0, 1.0)]
    } else {
        [(1.0, top(steps - 1) + 1.3 * rise), (-1.0 + run, 1.0)]
    };
    outline.extend(slab);
    canvas.polygon(&outline, Main);
    for step in 0..steps {
        let x = -1.0 + run * step as f32;
        let y = top(step);
        canvas.rectangle((x + 0.46 * run, y), (0.54 * run, 0.065), Accent);
    }
}

/// A block of flats: rows of equal windows and a flat roof.
fn tower(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let columns = rng.random_range(2..=4);
    let rows = rng.random_range(3..=5);
    let half = rng.random_range(0.5..0.8);
    canvas.rectangle((0.0, 0.0), (half, 1.0), Main);
    let (wide, high) = (2.0 * half / columns as f32, 1.9 / rows as f32);
    let pane = (wide * rng.random_range(0.26..0.36), high * rng.random_range(0.24..0.36));
    for row in 0..rows {
        for column in 0..columns {
            let x = -half + wide * (column as f32 + 0.5);
            let y = -0.95 + high * (row as f32 + 0.5);
            canvas.rectangle((x, y), pane, Accent);
        }
    }
}

/// A lattice girder: two chords with posts and slanting bars between them.
fn truss(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let bays = rng.random_range(3..=5);
    let half = rng.random_range(0.38..0.58);
    let bar = rng.random_range(0.1..0.13);
    let posts = rng.random_bool(0.6);
    let reach = 1.15;
    let x = |bay: i32| -reach + 2.0 * reach * bay as f32 / bays as f32;
    for bay in 0..bays {
        let (from, to) = if bay % 2 == 0 { (half, -half) } else { (-half, half) };
        canvas.line(&[(x(bay), from), (x(bay + 1), to)], bar, Main);
    }
    for bay in (0..=bays).filter(|&bay| posts || bay == 0 || bay == bays) {
        canvas.line(&[(x(bay), -half), (x(bay), half)], bar, Main);
    }
    canvas.line(&[(-reach, -half), (reach, -half)], 1.3 * bar, Main);
    canvas.line(&[(-reach, half), (reach, half)], 1.4 * bar, Accent);
}

/// Courses of bricks, each shifted against the one below.
fn bricks(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    canvas.rectangle((0.0, 0.0), (PATTERN_HALF_WIDTH, PATTERN_HALF_WIDTH), Accent);
    let high = rng.random_range(0.34..0.48);
    let long = high * rng.random_range(1.7..2.2);
    let joint = rng.random_range(0.05..0.065);
    let shift = long * rng.random_range(0.35..0.5);
    let (rows, columns) =
        ((PATTERN_HALF_WIDTH / high) as i32, (PATTERN_HALF_WIDTH / long) as i32 + 1);
    for row in -rows..=rows {
        let offset = if row % 2 == 0 { 0.0 } else { shift };
        for column in -columns..=columns {
            let at = (offset + long * column as f32, high * row as f32);
            canvas.rectangle(at, (0.5 * long - joint, 0.5 * high - joint), Main);
        }
    }
}

/// Squares of two alternating colors.
fn chessboard(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    let pitch = rng.random_range(0.38..0.62);
    let lean = rng.random_range(-0.2..0.2);
    canvas.fill_by_point(|(x, y)| {
        let (column, row) = (((x + lean * y) / pitch).floor(), (y / pitch).floor());
        let odd = (column + row).rem_euclid(2.0) > 0.5;
        Some(if odd { Accent } else { Main })
    });
}

/// A chip with pins, tracks that turn by 45 or 90 degrees, and pads at their ends.
fn circuit(canvas: &mut Canvas, rng: &mut ChaCha8Rng) {
    canvas.rectangle((0.0, 0.0), (PATTERN_HALF_WIDTH, PATTERN_HALF_WIDTH), Main);
    let pitch = rng.random_range(0.26..0.34);
    let half = 1.5 * pitch;
    for lane in 0..4 {
        let along = pitch * (lane as f32 - 1.5);
        for (dx, dy) in [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)] {
            let position = |out: f32, side: f32| (out * dx - side * dy, out * dy + side * dx);
            let straight = half + rng.random_range(0.15..0.5);
            let turn = rng.random_range(0.2..0.5) * along.signum();
            let far = straight + turn.abs() + rng.random_range(0.1..0.5);
            let end = position(far, along + turn);
            let track = [
                position(half, along),
                position(straight, along),
                position(straight + turn.abs(), along + turn),
                end,
            ];
            canvas.line(&track, 0.08, Accent);
            canvas.disc(end, 0.11, Accent);
        }
    }
    canvas.rectangle((0.0, 0.0), (half, half), Accent);
    canvas.rectangle((0.0, 0.0), (0.55 * half, 0.55 * half), Main);
}

//! One image: a figure in a pose of its own, on a ground, among clutter, under some light.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tiny_skia::{Pixmap, PremultipliedColorU8, Transform};

use super::canvas::{Canvas, EDGE};
use super::colors::Colors;
use super::ground::{background, clutter};
use super::noise::Noise;
use super::picture::Material;

/// What a class shows, and how it is drawn.
pub(super) struct Motif {
    /// The name of the class.
    pub(super) name: &'static str,
    /// How far the figure may be turned.
    pub(super) turn: Turn,
    /// Whether it ends within the picture or goes on beyond it.
    pub(super) extent: Extent,
    /// Draws the figure in its own frame.
    pub(super) draw: fn(&mut Canvas, &mut ChaCha8Rng),
}

/// How far a figure may be turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It has an upper side: up to 26 degrees either way.
    Upright,
    /// By any angle.
    Free,
}

/// Whether a motif ends within the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// A thing with an outline.
    Figure,
    /// A pattern without end, drawn over `-SHEET..=SHEET` and seen whole or through an opening.
    Sheet,
}

/// Half the length of a sheet's edge, in the figure's frame.
pub(super) const SHEET: f32 = 2.5;

/// Draws one image of `motif`, `size` x `size`, into `pixels`: u8 `[channel, row, column]`.
pub(super) fn draw(motif: &Motif, rng: &mut ChaCha8Rng, size: usize, pixels: &mut [u8]) {
    let colors = Colors::draw(rng);
    let mut picture = background(&colors, rng);
    let behind = rng.random_range(1..=5);
    picture.lay_over(&clutter(&colors, behind, rng), None);
    picture.lay_over(&figure(motif, &colors, rng), Some(&Material::draw(rng)));
    if rng.random_bool(0.4) {
        picture.lay_over(&clutter(&colors, 1, rng), None);
    }
    picture.light(rng);
    picture.write(size, rng, pixels);
}

fn figure(motif: &Motif, colors: &Colors, rng: &mut ChaCha8Rng) -> Pixmap {
    let mut canvas = Canvas::new(pose(motif.turn, rng), colors.main, colors.accent);
    (motif.draw)(&mut canvas, rng);
    let mut layer = canvas.into_layer();
    if motif.extent == Extent::Sheet && rng.random_bool(0.6) {
        cut_opening(&mut layer, rng);
    }
    layer
}

/// From the figure's frame to pixels: mirrored or not, stretched a little, turned, scaled, moved.
fn pose(turn: Turn, rng: &mut ChaCha8Rng) -> Transform {
    let edge = EDGE as f32;
    let angle = match turn {
        Turn::Upright => rng.random_range(-26.0..26.0),
        Turn::Free => rng.random_range(-180.0..180.0),
    };
    let scale = edge * rng.random_range(0.32..0.47);
    let stretch = rng.random_range(0.88_f32..1.13);
    let mirror = if rng.random_bool(0.5) { -1.0 } else { 1.0 };
    let mut middle = || edge * (0.5 + rng.random_range(-0.12..0.12));
    Transform::from_scale(mirror * stretch, 1.0 / stretch)
        .post_rotate(angle)
        .post_scale(scale, scale)
        .post_translate(middle(), middle())
}

/// Clears a sheet outside an irregular opening, anything from round to nearly square.
fn cut_opening(layer: &mut Pixmap, rng: &mut ChaCha8Rng) {
    let noise = Noise::new(rng);
    let edge = EDGE as f32;
    let radius = edge * rng.random_range(0.38..0.55);
    let squareness = rng.random_range(2.0..6.0);
    let (x0, y0) = (edge * rng.random_range(0.4..0.6), edge * rng.random_range(0.4..0.6));
    for (index, pixel) in layer.pixels_mut().iter_mut().enumerate() {
        let (column, row) = ((index % EDGE as usize) as f32, (index / EDGE as usize) as f32);
        let (x, y) = (((column - x0) / radius).abs(), ((row - y0) / radius).abs());
        let distance = (x.powf(squareness) + y.powf(squareness)).powf(1.0 / squareness);
        if distance > 0.85 + 0.3 * noise.at(column / 16.0, row / 16.0) {
            *pixel = PremultipliedColorU8::TRANSPARENT;
        }
    }
}

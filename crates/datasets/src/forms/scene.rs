//! One image: a figure on a background with clutter and lighting.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tiny_skia::{Pixmap, PremultipliedColorU8, Transform};

use super::background::{background, clutter};
use super::canvas::{Canvas, EDGE};
use super::colors::Colors;
use super::noise::Noise;
use super::raster::SurfaceTexture;

/// A class: what it shows and how it is drawn.
pub(super) struct Motif {
    /// The name of the class.
    pub(super) name: &'static str,
    /// How far the figure may be rotated.
    rotation: RotationRange,
    /// Whether it is an object or a pattern.
    kind: MotifKind,
    /// Draws the figure in its own coordinates.
    draw: DrawFigure,
}

type DrawFigure = fn(&mut Canvas, &mut ChaCha8Rng);

impl Motif {
    pub(super) const fn new(
        name: &'static str,
        rotation: RotationRange,
        kind: MotifKind,
        draw: DrawFigure,
    ) -> Self {
        Self { name, rotation, kind, draw }
    }
}

/// How far a figure may be rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RotationRange {
    /// The figure has an upper side: up to 26 degrees in either direction.
    Upright,
    /// Any angle.
    Free,
}

/// Whether a motif is an object or a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MotifKind {
    /// An object with an outline.
    Figure,
    /// An endless pattern, drawn over `-PATTERN_HALF_WIDTH..=PATTERN_HALF_WIDTH`. It fills the
    /// image, or is seen through an opening.
    Pattern,
}

/// Half the side of a pattern, in the figure's coordinates.
pub(super) const PATTERN_HALF_WIDTH: f32 = 2.5;

/// Draws one image of `motif`, `size` x `size`, into `pixels`: u8 `[channel, row, column]`.
pub(super) fn draw(motif: &Motif, rng: &mut ChaCha8Rng, size: usize, pixels: &mut [u8]) {
    let colors = Colors::draw(rng);
    let mut raster = background(&colors, rng);
    let behind = rng.random_range(1..=5);
    raster.composite(&clutter(&colors, behind, rng), None);
    raster.composite(&figure(motif, &colors, rng), Some(&SurfaceTexture::draw(rng)));
    if rng.random_bool(0.4) {
        raster.composite(&clutter(&colors, 1, rng), None);
    }
    raster.light(rng);
    raster.write(size, rng, pixels);
}

fn figure(motif: &Motif, colors: &Colors, rng: &mut ChaCha8Rng) -> Pixmap {
    let mut canvas = Canvas::new(pose(motif.rotation, rng), colors.main, colors.accent);
    (motif.draw)(&mut canvas, rng);
    let mut layer = canvas.into_layer();
    if motif.kind == MotifKind::Pattern && rng.random_bool(0.6) {
        cut_opening(&mut layer, rng);
    }
    layer
}

/// A random transform from the figure's coordinates to pixels: flip, stretch, rotation, scale,
/// translation.
fn pose(rotation: RotationRange, rng: &mut ChaCha8Rng) -> Transform {
    let edge = EDGE as f32;
    let angle = match rotation {
        RotationRange::Upright => rng.random_range(-26.0..26.0),
        RotationRange::Free => rng.random_range(-180.0..180.0),
    };
    let scale = edge * rng.random_range(0.32..0.47);
    let stretch = rng.random_range(0.88_f32..1.13);
    let horizontal_flip = if rng.random_bool(0.5) { -1.0 } else { 1.0 };
    let mut middle = || edge * (0.5 + rng.random_range(-0.12..0.12));
    Transform::from_scale(horizontal_flip * stretch, 1.0 / stretch)
        .post_rotate(angle)
        .post_scale(scale, scale)
        .post_translate(middle(), middle())
}

/// Clears a pattern outside of an irregular opening, between a disc and a square in shape.
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
        if distance > 0.85 + 0.3 * noise.value(column / 16.0, row / 16.0) {
            *pixel = PremultipliedColorU8::TRANSPARENT;
        }
    }
}

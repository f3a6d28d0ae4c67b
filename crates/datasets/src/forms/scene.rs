//! All that is drawn without regard to the class: pose, colours, background, clutter, light, grain.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tiny_skia::{Pixmap, Transform};

use super::canvas::{Canvas, EDGE, Ink, Point, Rgb};
use super::noise::Noise;

/// One class: its name and how its figure is drawn.
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
    /// It has an upper side: up to 0.45 radians (26 degrees) either way.
    Upright,
    /// By any angle.
    Free,
}

/// Whether a motif ends within the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// A thing with an outline.
    Figure,
    /// A pattern without end, drawn over at least `-2.5..=2.5` and seen whole or through an opening.
    Sheet,
}

/// Half the length of a sheet's edge, in the figure's frame.
pub(super) const SHEET: f32 = 2.5;

const SIDE: usize = EDGE as usize;

/// A picture being put together: `[row, column]`, red, green and blue about `0..=1`.
struct Picture(Vec<Rgb>);

/// The colours of one image.
struct Colours {
    main: Rgb,
    accent: Rgb,
    ground: Rgb,
    /// What the ground's texture blends towards.
    ground_other: Rgb,
}

/// Draws one image of `motif`, `size` x `size`, into `pixels`: u8 `[channel, row, column]`.
pub(super) fn draw(motif: &Motif, rng: &mut ChaCha8Rng, size: usize, pixels: &mut [u8]) {
    let colours = draw_colours(rng);
    let mut picture = background(&colours, rng);
    let behind = rng.random_range(1..=4);
    picture.lay_over(&clutter(&colours, behind, rng), None);
    picture.lay_over(&figure(motif, &colours, rng), Some(&Material::draw(rng)));
    if rng.random_bool(0.35) {
        picture.lay_over(&clutter(&colours, 1, rng), None);
    }
    picture.light(rng);
    picture.write(size, rng, pixels);
}

fn figure(motif: &Motif, colours: &Colours, rng: &mut ChaCha8Rng) -> Pixmap {
    let mut canvas = Canvas::new(pose(motif.turn, rng), colours.main, colours.accent);
    (motif.draw)(&mut canvas, rng);
    let mut layer = canvas.into_layer();
    if motif.extent == Extent::Sheet {
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
    let scale = edge * rng.random_range(0.33..0.47);
    let stretch = rng.random_range(0.88_f32..1.13);
    let mirror = if rng.random_bool(0.5) { -1.0 } else { 1.0 };
    let mut middle = || edge * (0.5 + rng.random_range(-0.11..0.11));
    Transform::from_scale(mirror * stretch, 1.0 / stretch)
        .post_rotate(angle)
        .post_scale(scale, scale)
        .post_translate(middle(), middle())
}

/// Leaves a sheet whole, or clears it outside an irregular rounded opening.
fn cut_opening(layer: &mut Pixmap, rng: &mut ChaCha8Rng) {
    if rng.random_bool(0.4) {
        return;
    }
    let noise = Noise::new(rng);
    let edge = EDGE as f32;
    let radius = edge * rng.random_range(0.38..0.55);
    let roundness = rng.random_range(2.0..6.0);
    let (x0, y0) = (edge * rng.random_range(0.4..0.6), edge * rng.random_range(0.4..0.6));
    for (index, pixel) in layer.pixels_mut().iter_mut().enumerate() {
        let (column, row) = ((index % SIDE) as f32, (index / SIDE) as f32);
        let (x, y) = (((column - x0) / radius).abs(), ((row - y0) / radius).abs());
        let distance = (x.powf(roundness) + y.powf(roundness)).powf(1.0 / roundness);
        if distance > 0.85 + 0.3 * noise.at(column / 16.0, row / 16.0) {
            *pixel = tiny_skia::PremultipliedColorU8::TRANSPARENT;
        }
    }
}

fn draw_colours(rng: &mut ChaCha8Rng) -> Colours {
    let main = any_colour(rng);
    let ground = contrasting(main, 0.25, rng);
    let accent = contrasting(main, 0.22, rng);
    let ground_other = mix(ground, any_colour(rng), 0.4);
    Colours { main, accent, ground, ground_other }
}

fn any_colour(rng: &mut ChaCha8Rng) -> Rgb {
    std::array::from_fn(|_| rng.random_range(0.03..0.97))
}

/// A colour whose luminance differs from that of `other` by at least `least`.
fn contrasting(other: Rgb, least: f32, rng: &mut ChaCha8Rng) -> Rgb {
    loop {
        let colour = any_colour(rng);
        if (luminance(colour) - luminance(other)).abs() >= least {
            return colour;
        }
    }
}

/// Rec. 709 luminance of linear colour, in `0..=1`.
fn luminance([r, g, b]: Rgb) -> f32 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn mix(from: Rgb, to: Rgb, share: f32) -> Rgb {
    std::array::from_fn(|channel| from[channel] + share * (to[channel] - from[channel]))
}

/// The ground: plain, a gradient, cloudy or striped, always with a little noise.
fn background(colours: &Colours, rng: &mut ChaCha8Rng) -> Picture {
    let noise = Noise::new(rng);
    let kind = rng.random_range(0..4);
    let angle = rng.random_range(0.0..std::f32::consts::TAU);
    let (dx, dy) = (angle.cos(), angle.sin());
    let pitch = rng.random_range(5.0..11.0);
    let grain = rng.random_range(3.0..9.0);
    let place = |index: usize| {
        let x = (index % SIDE) as f32 / EDGE as f32 - 0.5;
        let y = (index / SIDE) as f32 / EDGE as f32 - 0.5;
        let along = x * dx + y * dy;
        let share = match kind {
            0 => 0.3 * noise.at(2.0 * x, 2.0 * y),
            1 => (0.5 + along).clamp(0.0, 1.0),
            2 => noise.octaves(grain * x, grain * y),
            _ => 0.5 + 0.4 * (pitch * std::f32::consts::TAU * along).sin(),
        };
        mix(colours.ground, colours.ground_other, share)
    };
    Picture((0..SIDE * SIDE).map(place).collect())
}

/// A few strokes, straight or curved, and blobs, round or cornered, fainter than the figure.
fn clutter(colours: &Colours, count: u32, rng: &mut ChaCha8Rng) -> Pixmap {
    let middle = EDGE as f32 / 2.0;
    let frame = Transform::from_scale(middle, middle).post_translate(middle, middle);
    let other = any_colour(rng);
    let faint = mix(colours.ground, colours.main, rng.random_range(0.25..0.6));
    let mut canvas = Canvas::new(frame, faint, mix(colours.ground, other, 0.5));
    for _ in 0..count {
        let ink = if rng.random_bool(0.5) { Ink::Main } else { Ink::Accent };
        let at = (rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0));
        if rng.random_bool(0.6) {
            let width = rng.random_range(0.03..0.12);
            canvas.line(&clutter_line(at, rng), width, ink);
        } else {
            canvas.polygon(&clutter_blob(at, rng), ink);
        }
    }
    canvas.into_layer()
}

fn clutter_line((x, y): Point, rng: &mut ChaCha8Rng) -> Vec<Point> {
    let bend = if rng.random_bool(0.5) { 0.0 } else { rng.random_range(-0.5..0.5) };
    let step = rng.random_range(0.08..0.2);
    let mut heading = rng.random_range(0.0..std::f32::consts::TAU);
    let mut at = (x, y);
    let mut points = vec![at];
    for _ in 0..8 {
        at = (at.0 + step * f32::cos(heading), at.1 + step * f32::sin(heading));
        heading += bend;
        points.push(at);
    }
    points
}

fn clutter_blob((x, y): Point, rng: &mut ChaCha8Rng) -> Vec<Point> {
    let corners = if rng.random_bool(0.5) { rng.random_range(3..6) } else { 14 };
    let (wide, high) = (rng.random_range(0.08..0.26), rng.random_range(0.08..0.26));
    let start = rng.random_range(0.0..std::f32::consts::TAU);
    (0..corners)
        .map(|corner| {
            let angle = start + std::f32::consts::TAU * corner as f32 / corners as f32;
            let reach = rng.random_range(0.85..1.15);
            (x + reach * wide * angle.cos(), y + reach * high * angle.sin())
        })
        .collect()
}

/// How the figure's surface departs from plain colour: darker and lighter by place.
struct Material {
    noise: Noise,
    strength: f32,
    grain: f32,
}

impl Material {
    fn draw(rng: &mut ChaCha8Rng) -> Self {
        let strength = rng.random_range(0.0..0.35);
        Self { noise: Noise::new(rng), strength, grain: rng.random_range(2.0..9.0) }
    }

    fn brightness(&self, index: usize) -> f32 {
        let x = self.grain * (index % SIDE) as f32 / EDGE as f32;
        let y = self.grain * (index / SIDE) as f32 / EDGE as f32;
        1.0 + self.strength * (2.0 * self.noise.octaves(x, y) - 1.0)
    }
}

impl Picture {
    /// Lays a layer over the picture, its colours changed by the material.
    fn lay_over(&mut self, layer: &Pixmap, material: Option<&Material>) {
        for (index, (below, above)) in self.0.iter_mut().zip(layer.pixels()).enumerate() {
            if above.alpha() == 0 {
                continue;
            }
            let brightness = material.map_or(1.0, |material| material.brightness(index));
            let left = 1.0 - f32::from(above.alpha()) / 255.0;
            let colour = [above.red(), above.green(), above.blue()];
            for channel in 0..3 {
                below[channel] =
                    left * below[channel] + brightness * f32::from(colour[channel]) / 255.0;
            }
        }
    }

    /// Light from one side, and a soft patch of light or shade.
    fn light(&mut self, rng: &mut ChaCha8Rng) {
        let angle = rng.random_range(0.0..std::f32::consts::TAU);
        let slope = rng.random_range(0.0..0.6);
        let (dx, dy) = (slope * angle.cos(), slope * angle.sin());
        let patch = rng.random_range(-0.35..0.35);
        let (px, py) = (rng.random_range(-0.5..0.5), rng.random_range(-0.5..0.5));
        let breadth = rng.random_range(0.05..0.25);
        for (index, colour) in self.0.iter_mut().enumerate() {
            let x = (index % SIDE) as f32 / EDGE as f32 - 0.5;
            let y = (index / SIDE) as f32 / EDGE as f32 - 0.5;
            let near = (-((x - px).powi(2) + (y - py).powi(2)) / breadth).exp();
            let brightness = 1.0 + dx * x + dy * y + patch * near;
            *colour = colour.map(|value| value * brightness);
        }
    }

    /// Averages down to `size` x `size`, adds grain, and rounds to u8 `[channel, row, column]`.
    fn write(&self, size: usize, rng: &mut ChaCha8Rng, pixels: &mut [u8]) {
        let block = SIDE / size;
        let grain = rng.random_range(0.005..0.05);
        for row in 0..size {
            for column in 0..size {
                let mut sum = [0.0; 3];
                for inner in 0..block * block {
                    let (y, x) = (row * block + inner / block, column * block + inner % block);
                    let colour = self.0[y * SIDE + x];
                    (0..3).for_each(|channel| sum[channel] += colour[channel]);
                }
                for (channel, sum) in sum.into_iter().enumerate() {
                    let value = sum / (block * block) as f32 + grain * bell(rng);
                    pixels[(channel * size + row) * size + column] =
                        (value.clamp(0.0, 1.0) * 255.0).round() as u8;
                }
            }
        }
    }
}

/// About normally distributed, mean 0 and variance 1: the sum of three uniform draws.
fn bell(rng: &mut ChaCha8Rng) -> f32 {
    (0..3).map(|_| rng.random_range(-1.0_f32..1.0)).sum()
}

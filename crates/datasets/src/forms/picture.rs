//! A picture being put together: layers, light and grain, and at last bytes.

use std::f32::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tiny_skia::Pixmap;

use super::canvas::EDGE;
use super::colors::Rgb;
use super::noise::Noise;

const SIDE: usize = EDGE as usize;

/// [`EDGE`] x [`EDGE`] colors, `[row, column]`, each channel about `0..=1`.
pub(super) struct Picture(Vec<Rgb>);

/// How a surface departs from plain color: darker and lighter by place.
pub(super) struct Material {
    noise: Noise,
    strength: f32,
    grain: f32,
}

impl Material {
    pub(super) fn draw(rng: &mut ChaCha8Rng) -> Self {
        let strength = rng.random_range(0.0..0.4);
        Self { noise: Noise::new(rng), strength, grain: rng.random_range(2.0..9.0) }
    }

    /// What to multiply the color with, about 1.
    fn brightness(&self, index: usize) -> f32 {
        let (x, y) = place(index);
        1.0 + self.strength * (2.0 * self.noise.octaves(self.grain * x, self.grain * y) - 1.0)
    }
}

impl Picture {
    /// Asks for the color of every pixel, given `x` and `y` in `-0.5..0.5`.
    pub(super) fn from_places(color: impl Fn(f32, f32) -> Rgb) -> Self {
        let at = |index| {
            let (x, y) = place(index);
            color(x, y)
        };
        Self((0..SIDE * SIDE).map(at).collect())
    }

    /// Lays a layer over the picture, its colors changed by the material.
    pub(super) fn lay_over(&mut self, layer: &Pixmap, material: Option<&Material>) {
        for (index, (below, above)) in self.0.iter_mut().zip(layer.pixels()).enumerate() {
            if above.alpha() == 0 {
                continue;
            }
            let brightness = material.map_or(1.0, |material| material.brightness(index));
            let left = 1.0 - f32::from(above.alpha()) / 255.0;
            let color = [above.red(), above.green(), above.blue()];
            for channel in 0..3 {
                below[channel] =
                    left * below[channel] + brightness * f32::from(color[channel]) / 255.0;
            }
        }
    }

    /// Light from one side, and a soft patch of light or shade.
    pub(super) fn light(&mut self, rng: &mut ChaCha8Rng) {
        let angle = rng.random_range(0.0..TAU);
        let slope = rng.random_range(0.0..0.7);
        let (dx, dy) = (slope * angle.cos(), slope * angle.sin());
        let patch = rng.random_range(-0.4..0.4);
        let (px, py) = (rng.random_range(-0.5..0.5), rng.random_range(-0.5..0.5));
        let breadth = rng.random_range(0.05..0.25);
        for (index, color) in self.0.iter_mut().enumerate() {
            let (x, y) = place(index);
            let near = (-((x - px).powi(2) + (y - py).powi(2)) / breadth).exp();
            let brightness = 1.0 + dx * x + dy * y + patch * near;
            *color = color.map(|value| value * brightness);
        }
    }

    /// Averages down to `size` x `size`, adds grain, and rounds to u8 `[channel, row, column]`.
    pub(super) fn write(&self, size: usize, rng: &mut ChaCha8Rng, pixels: &mut [u8]) {
        let grain = rng.random_range(0.005..0.05);
        for row in 0..size {
            for column in 0..size {
                for (channel, value) in self.mean(size, row, column).into_iter().enumerate() {
                    let value = value + grain * bell(rng);
                    pixels[(channel * size + row) * size + column] =
                        (value.clamp(0.0, 1.0) * 255.0).round() as u8;
                }
            }
        }
    }

    /// The mean color of the block that becomes pixel `row`, `column` of `size` x `size`.
    fn mean(&self, size: usize, row: usize, column: usize) -> Rgb {
        let block = SIDE / size;
        let mut sum = [0.0; 3];
        for y in row * block..(row + 1) * block {
            for color in &self.0[y * SIDE + column * block..y * SIDE + (column + 1) * block] {
                (0..3).for_each(|channel| sum[channel] += color[channel]);
            }
        }
        sum.map(|sum| sum / (block * block) as f32)
    }
}

/// `x` and `y` of a pixel, in `-0.5..0.5`.
fn place(index: usize) -> (f32, f32) {
    let edge = EDGE as f32;
    ((index % SIDE) as f32 / edge - 0.5, (index / SIDE) as f32 / edge - 0.5)
}

/// Near to normal, mean 0 and variance 1: the sum of three uniform draws of variance a third.
fn bell(rng: &mut ChaCha8Rng) -> f32 {
    (0..3).map(|_| rng.random_range(-1.0_f32..1.0)).sum()
}

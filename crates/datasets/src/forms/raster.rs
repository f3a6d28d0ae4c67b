//! Compositing: layers, lighting, noise, and the conversion to u8.

use std::f32::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use tiny_skia::Pixmap;

use super::canvas::EDGE;
use super::colors::Rgb;
use super::noise::Noise;

const SIDE: usize = EDGE as usize;

/// [`EDGE`] x [`EDGE`] colors, `[row, column]`, each channel about `0..=1`.
pub(super) struct Raster(Vec<Rgb>);

/// A surface texture: local changes of brightness.
pub(super) struct SurfaceTexture {
    noise: Noise,
    strength: f32,
    grain: f32,
}

impl SurfaceTexture {
    pub(super) fn draw(rng: &mut ChaCha8Rng) -> Self {
        let strength = rng.random_range(0.0..0.4);
        Self { noise: Noise::new(rng), strength, grain: rng.random_range(2.0..9.0) }
    }

    /// Brightness factor of a pixel, about 1.
    fn brightness(&self, index: usize) -> f32 {
        let (x, y) = coordinates(index);
        1.0 + self.strength * (2.0 * self.noise.octaves(self.grain * x, self.grain * y) - 1.0)
    }
}

impl Raster {
    /// Evaluates the color of each pixel at `x` and `y` in `-0.5..0.5`.
    pub(super) fn from_fn(color: impl Fn(f32, f32) -> Rgb) -> Self {
        let at = |index| {
            let (x, y) = coordinates(index);
            color(x, y)
        };
        Self((0..SIDE * SIDE).map(at).collect())
    }

    /// Composites a layer onto the raster. `texture` changes the brightness of the layer.
    pub(super) fn composite(&mut self, layer: &Pixmap, texture: Option<&SurfaceTexture>) {
        for (index, (below, above)) in self.0.iter_mut().zip(layer.pixels()).enumerate() {
            if above.alpha() == 0 {
                continue;
            }
            let brightness = texture.map_or(1.0, |texture| texture.brightness(index));
            let left = 1.0 - f32::from(above.alpha()) / 255.0;
            let color = [above.red(), above.green(), above.blue()];
            for channel in 0..3 {
                below[channel] =
                    left * below[channel] + brightness * f32::from(color[channel]) / 255.0;
            }
        }
    }

    /// Lighting: a gradient, and a soft light or dark spot.
    pub(super) fn light(&mut self, rng: &mut ChaCha8Rng) {
        let angle = rng.random_range(0.0..TAU);
        let slope = rng.random_range(0.0..0.7);
        let (dx, dy) = (slope * angle.cos(), slope * angle.sin());
        let patch = rng.random_range(-0.4..0.4);
        let (px, py) = (rng.random_range(-0.5..0.5), rng.random_range(-0.5..0.5));
        let breadth = rng.random_range(0.05..0.25);
        for (index, color) in self.0.iter_mut().enumerate() {
            let (x, y) = coordinates(index);
            let near = (-((x - px).powi(2) + (y - py).powi(2)) / breadth).exp();
            let brightness = 1.0 + dx * x + dy * y + patch * near;
            *color = color.map(|value| value * brightness);
        }
    }

    /// Downsamples to `size` x `size`, adds noise, and converts to u8 `[channel, row, column]`.
    pub(super) fn write(&self, size: usize, rng: &mut ChaCha8Rng, pixels: &mut [u8]) {
        let grain = rng.random_range(0.005..0.05);
        for row in 0..size {
            for column in 0..size {
                for (channel, value) in self.mean(size, row, column).into_iter().enumerate() {
                    let value = value + grain * approximate_normal(rng);
                    pixels[(channel * size + row) * size + column] =
                        (value.clamp(0.0, 1.0) * 255.0).round() as u8;
                }
            }
        }
    }

    /// The mean color of the block for pixel `row`, `column` of `size` x `size`.
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
fn coordinates(index: usize) -> (f32, f32) {
    let edge = EDGE as f32;
    ((index % SIDE) as f32 / edge - 0.5, (index / SIDE) as f32 / edge - 0.5)
}

/// Approximately normal with mean 0 and variance 1: the sum of three uniform numbers with variance
/// 1/3.
fn approximate_normal(rng: &mut ChaCha8Rng) -> f32 {
    (0..3).map(|_| rng.random_range(-1.0_f32..1.0)).sum()
}

//! Color spaces of genomes, and their conversion to RGB.

use multiversion::multiversion;
use serde::{Deserialize, Serialize};

use crate::arithmetic::floor_to_u8;

/// The meaning of a genome's color channels. Rendered images are gray or RGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Color {
    /// One channel: intensity.
    Gray,
    /// Three channels: red, green, blue.
    Rgb,
    /// Three channels: hue, saturation, value. A hue of 255 is one full turn.
    Hsv,
    /// Three channels: hue, lightness, saturation as 8-bit `OpenCV` reads them. A hue of 180 is one
    /// full turn, so 255 is 1.42 turns.
    Hls,
}

impl Color {
    /// Number of channels: 1 or 3.
    #[must_use]
    pub fn channels(self) -> usize {
        match self {
            Self::Gray => 1,
            Self::Rgb | Self::Hsv | Self::Hls => 3,
        }
    }

    /// Converts an image `[channels, pixels]` to gray or RGB in place.
    pub(crate) fn convert(self, planes: &mut [u8]) {
        match self {
            Self::Gray | Self::Rgb => {}
            Self::Hsv => convert_hsv(planes),
            Self::Hls => convert_hls(planes),
        }
    }
}

#[multiversion(targets("x86_64+avx2"))]
fn convert_hsv(planes: &mut [u8]) {
    convert_each(planes, rgb_from_hsv);
}

#[multiversion(targets("x86_64+avx2"))]
fn convert_hls(planes: &mut [u8]) {
    convert_each(planes, rgb_from_hls);
}

/// Applies `convert` to every pixel of an image `[3, pixels]`. It maps values in 0..=1 to values in
/// 0..=1; the results are rounded to the nearest byte.
#[inline]
fn convert_each(planes: &mut [u8], convert: impl Fn([f32; 3]) -> [f32; 3]) {
    let (first, rest) = planes.split_at_mut(planes.len() / 3);
    let (second, third) = rest.split_at_mut(rest.len() / 2);
    for ((a, b), c) in first.iter_mut().zip(second).zip(third) {
        let unit = [*a, *b, *c].map(|byte| f32::from(byte) * (1.0 / 255.0));
        [*a, *b, *c] = convert(unit).map(|value| floor_to_u8(value * 255.0 + 0.5));
    }
}

/// Branch-free closed form: each channel is a trapezium over the hue.
#[inline]
fn rgb_from_hsv([hue, saturation, value]: [f32; 3]) -> [f32; 3] {
    [5.0, 3.0, 1.0].map(|offset| {
        let k = wrap(offset + hue * 6.0, 6.0);
        value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0)
    })
}

#[inline]
fn rgb_from_hls([hue, lightness, saturation]: [f32; 3]) -> [f32; 3] {
    let amplitude = saturation * lightness.min(1.0 - lightness);
    [0.0, 8.0, 4.0].map(|offset| {
        // One turn is 12 units and 180 of the hue's 255 steps. The largest value is 17 + 8 units,
        // so two subtractions are enough.
        let k = wrap(wrap(offset + hue * (12.0 * 255.0 / 180.0), 12.0), 12.0);
        lightness - amplitude * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)
    })
}

/// Reduces `k` by one `turn` if it is at least that large.
#[inline]
fn wrap(k: f32, turn: f32) -> f32 {
    if k >= turn { k - turn } else { k }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(color: Color, pixel: [u8; 3]) -> [u8; 3] {
        let mut planes = pixel;
        color.convert(&mut planes);
        planes
    }

    #[test]
    fn hsv_conversion_matches_known_colors() {
        assert_eq!(converted(Color::Hsv, [0, 255, 255]), [255, 0, 0]);
        assert_eq!(converted(Color::Hsv, [255, 255, 255]), [255, 0, 0]);
        // 85 / 255 is a third of a turn: green; 170 / 255 two thirds: blue.
        assert_eq!(converted(Color::Hsv, [85, 255, 255]), [0, 255, 0]);
        assert_eq!(converted(Color::Hsv, [170, 255, 128]), [0, 0, 128]);
        assert_eq!(converted(Color::Hsv, [99, 0, 77]), [77, 77, 77]);
        // A sixth of a turn is 42.5 steps. At 51 (1.2 sixths) red is 1 - 0.2 of the value.
        assert_eq!(converted(Color::Hsv, [51, 255, 100]), [80, 100, 0]);
    }

    #[test]
    fn hls_conversion_matches_known_colors_with_a_turn_of_180_steps() {
        assert_eq!(converted(Color::Hls, [60, 127, 255]), [0, 254, 0]);
        assert_eq!(converted(Color::Hls, [120, 127, 255]), [0, 0, 254]);
        assert_eq!(converted(Color::Hls, [180, 127, 255]), [254, 0, 0]);
        // One turn and a third.
        assert_eq!(converted(Color::Hls, [240, 127, 255]), [0, 254, 0]);
        assert_eq!(converted(Color::Hls, [13, 255, 255]), [255, 255, 255]);
        assert_eq!(converted(Color::Hls, [13, 0, 255]), [0, 0, 0]);
        assert_eq!(converted(Color::Hls, [13, 90, 0]), [90, 90, 90]);
    }

    #[test]
    fn gray_and_rgb_are_unchanged() {
        assert_eq!(converted(Color::Rgb, [1, 2, 3]), [1, 2, 3]);
        assert_eq!(converted(Color::Gray, [1, 2, 3]), [1, 2, 3]);
    }

    #[test]
    fn conversion_is_pixel_by_pixel_across_planes() {
        let mut planes = [0, 85, 255, 255, 255, 255];
        Color::Hsv.convert(&mut planes);
        assert_eq!(planes, [255, 0, 0, 255, 0, 0]);
    }
}

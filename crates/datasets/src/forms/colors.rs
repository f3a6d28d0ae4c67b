//! The colors of one image, drawn independently of its class.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Red, green, blue, each in `0..=1`.
pub(super) type Rgb = [f32; 3];

/// Minimum difference in luminance between the figure's main color and the background.
const FIGURE_TO_GROUND: f32 = 0.25;
/// Minimum difference in luminance between the figure's two colors.
const MAIN_TO_ACCENT: f32 = 0.22;

/// Minimum difference in luminance between the figure's accent color and the background.
const ACCENT_TO_GROUND: f32 = 0.1;

/// The colors of one image. The figure may be lighter or darker than the background.
pub(super) struct Colors {
    /// The figure's main color.
    pub(super) main: Rgb,
    /// The figure's accent color, which contrasts with `main`.
    pub(super) accent: Rgb,
    /// The background color, which contrasts with `main`.
    pub(super) ground: Rgb,
    /// The second color of the background's texture.
    pub(super) ground_other: Rgb,
}

impl Colors {
    pub(super) fn draw(rng: &mut ChaCha8Rng) -> Self {
        let main = any_color(rng);
        let ground = contrasting(&[(main, FIGURE_TO_GROUND)], rng);
        let accent = contrasting(&[(main, MAIN_TO_ACCENT), (ground, ACCENT_TO_GROUND)], rng);
        let ground_other = mix(ground, any_color(rng), rng.random_range(0.2..0.6));
        Self { main, accent, ground, ground_other }
    }
}

/// A random color, except for the darkest and lightest ones.
pub(super) fn any_color(rng: &mut ChaCha8Rng) -> Rgb {
    std::array::from_fn(|_| rng.random_range(0.03..0.97))
}

/// Linear interpolation between two colors.
pub(super) fn mix(from: Rgb, to: Rgb, share: f32) -> Rgb {
    std::array::from_fn(|channel| from[channel] + share * (to[channel] - from[channel]))
}

/// A random color whose luminance differs from each of `others` by at least the given amount.
fn contrasting(others: &[(Rgb, f32)], rng: &mut ChaCha8Rng) -> Rgb {
    loop {
        let color = any_color(rng);
        let differs = |&(other, least)| (luminance(color) - luminance(other)).abs() >= least;
        if others.iter().all(differs) {
            return color;
        }
    }
}

/// Luminance with the weights of Rec. 709, in `0..=1`.
fn luminance([r, g, b]: Rgb) -> f32 {
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

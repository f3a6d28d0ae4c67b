//! The colors of one image, drawn without regard to its class.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

/// Red, green, blue, each in `0..=1`.
pub(super) type Rgb = [f32; 3];

/// The least difference in luminance between the figure's main color and the ground.
const FIGURE_TO_GROUND: f32 = 0.25;
/// The least difference in luminance between the figure's two colors.
const MAIN_TO_ACCENT: f32 = 0.22;

/// The least difference in luminance between the figure's other color and the ground.
const ACCENT_TO_GROUND: f32 = 0.1;

/// The colors of one image. Either of figure and ground may be the lighter one.
pub(super) struct Colors {
    /// The figure's main color.
    pub(super) main: Rgb,
    /// The figure's other color, in contrast with `main`.
    pub(super) accent: Rgb,
    /// The ground's color, in contrast with `main`.
    pub(super) ground: Rgb,
    /// What the ground's texture blends towards.
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

/// Any color but the very darkest and lightest.
pub(super) fn any_color(rng: &mut ChaCha8Rng) -> Rgb {
    std::array::from_fn(|_| rng.random_range(0.03..0.97))
}

/// The color a `share` of the way between two others.
pub(super) fn mix(from: Rgb, to: Rgb, share: f32) -> Rgb {
    std::array::from_fn(|channel| from[channel] + share * (to[channel] - from[channel]))
}

/// A color whose luminance differs from that of each of `others` by at least the number beside it.
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

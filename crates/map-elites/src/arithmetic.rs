//! Sine, exponential, logarithm and power in `f32`, from additions, multiplications, divisions and
//! bit operations only.
//!
//! The system's functions differ in their last bit between machines, and take one number at a time.
//! These give the same bits everywhere, so a saved genome renders to the same image on every
//! machine. The compiler can also vectorize loops over them. The polynomials are minimax fits; each
//! function states its error.
//!
//! `multiversion` compiles the hottest loops a second time for CPUs with AVX2. That changes how many
//! numbers are computed at a time, but no result: nothing here is contracted or reordered.

use multiversion::multiversion;

/// Adding and subtracting it rounds a number to an integer, which then is in the lowest bits of the
/// sum.
const ROUND: f32 = 12_582_912.0;

/// The sine of `x` in radians, in -1..=1.
///
/// The error is at most 3e-7 for |x| up to 1000. It then grows with the spacing of floats at x.
/// Past 1e7 only the range is right.
#[inline]
pub(crate) fn sin(x: f32) -> f32 {
    let shifted = x * std::f32::consts::FRAC_1_PI + ROUND;
    let half_turns = shifted - ROUND;
    // Pi in three parts. The first two have so few bits that the products are exact.
    let r = x - half_turns * 3.140_625;
    let r = r - half_turns * 0.000_967_502_6;
    let r = r - half_turns * 1.509_958e-7;
    let z = r * r;
    let tail = ((2.605_780_5e-6 * z - 0.000_198_096_02) * z + 0.008_333_066) * z - 0.166_666_6;
    let sine = r + r * z * tail;
    let odd = shifted.to_bits() << 31;
    f32::from_bits(sine.to_bits() ^ odd).clamp(-1.0, 1.0)
}

/// e to the power of `x`, which is first clamped to -87..=88. The relative error is at most 3e-7.
#[inline]
pub(crate) fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let doublings = shifted - ROUND;
    exp_scaled(x - doublings * 0.693_359_4 + doublings * 0.000_212_194_44, shifted)
}

/// e^r times 2^n. `r` is within ln(2) / 2 of 0; n is in the low bits of `shifted`.
#[inline]
fn exp_scaled(r: f32, shifted: f32) -> f32 {
    let tail = (((0.001_381_461_3 * r + 0.008_368_71) * r + 0.041_668_39) * r + 0.166_665_21) * r;
    let power = 1.0 + r + r * r * (tail + 0.499_999_94);
    // The shift drops the other bits of `shifted`.
    let scale = (shifted.to_bits() << 23).wrapping_add(0x3f80_0000);
    power * f32::from_bits(scale)
}

/// The base-2 logarithm of a positive, normal `x`. The error is at most 1e-6, or 2e-7 relative.
#[inline]
pub(crate) fn log2(x: f32) -> f32 {
    const SQRT_HALF: u32 = 0x3f35_04f3;
    let doublings = x.to_bits().wrapping_sub(SQRT_HALF).cast_signed() >> 23;
    let mantissa = f32::from_bits(x.to_bits().wrapping_sub((doublings << 23).cast_unsigned()));
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let z = t * t;
    let series = ((0.431_735_87 * z + 0.576_714_4) * z + 0.961_798_85) * z + 2.885_39;
    doublings as f32 + t * series
}

/// A positive, normal `base` to the power of `exponent`, clamped to 2^-126..=2^127.
#[inline]
pub(crate) fn pow(base: f32, exponent: f32) -> f32 {
    let doublings = (exponent * log2(base)).clamp(-126.0, 127.0);
    let shifted = doublings + ROUND;
    exp_scaled((doublings - (shifted - ROUND)) * std::f32::consts::LN_2, shifted)
}

/// The integer part of `x`, which must be in 0..256.
#[inline]
pub(crate) fn floor_to_u8(x: f32) -> u8 {
    // `as` would check the range of each number, which prevents vectorization.
    let shifted = x + ROUND;
    (shifted.to_bits() as u8).wrapping_sub(u8::from(shifted - ROUND > x))
}

/// The integer part of 255 |v| for each v of `values`, which must be in -1..=1.
#[multiversion(targets("x86_64+avx2"))]
pub(crate) fn to_bytes(values: &[f32], bytes: &mut [u8]) {
    for (byte, value) in bytes.iter_mut().zip(values) {
        *byte = floor_to_u8(value.abs() * 255.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `count` numbers, evenly spaced over `low..=high`.
    fn grid(low: f32, high: f32, count: u32) -> impl Iterator<Item = f32> {
        (0..=count).map(move |i| low + (high - low) * i as f32 / count as f32)
    }

    #[test]
    fn the_sine_matches_std_within_3e_7() {
        for x in grid(-1000.0, 1000.0, 40_001) {
            let error = (f64::from(sin(x)) - f64::from(x).sin()).abs();
            assert!(error < 3e-7, "sin({x}) is off by {error}");
        }
    }

    #[test]
    fn the_sine_of_a_finite_number_is_in_range() {
        for x in [0.0, 1e5, -1e7, 3e8, f32::MAX, f32::MIN] {
            assert!((-1.0..=1.0).contains(&sin(x)), "sin({x}) = {}", sin(x));
        }
    }

    #[test]
    fn the_exponential_matches_std_within_3e_7() {
        for x in grid(-87.0, 88.0, 40_001) {
            let error = f64::from(exp(x)) / f64::from(x).exp() - 1.0;
            assert!(error.abs() < 3e-7, "exp({x}) is off by {error}");
        }
        assert!(exp(-1e9) > 0.0 && exp(1e9).is_finite());
    }

    #[test]
    fn the_logarithm_matches_std() {
        for exponent in -100..=100 {
            for mantissa in grid(1.0, 2.0, 200) {
                let x = mantissa * (exponent as f32).exp2();
                let expected = f64::from(x).log2();
                let error = (f64::from(log2(x)) - expected).abs();
                assert!(error < 1e-6_f64.max(2e-7 * expected.abs()), "log2({x}): {error}");
            }
        }
    }

    #[test]
    fn floor_to_u8_equals_a_cast() {
        let near = |x: f32| [x.next_down().max(0.0), x, x.next_up()];
        let integers = (0..256).flat_map(|integer: u16| near(f32::from(integer)));
        for x in grid(0.0, 255.9, 100_000).chain(integers).chain([0.5, 1.5, 2.5, 255.999_98]) {
            assert_eq!(floor_to_u8(x), x as u8, "{x}");
        }
    }

    #[test]
    fn the_sixteenth_root_equals_four_square_roots() {
        for x in grid(1e-7, 1.0, 10_000) {
            let root = f64::from(x).sqrt().sqrt().sqrt().sqrt();
            assert!((f64::from(pow(x, 1.0 / 16.0)) / root - 1.0).abs() < 1e-6);
        }
    }
}

//! Sine, exponential, logarithm and power in `f32`, out of additions, multiplications, divisions
//! and bit moves.
//!
//! The system's functions differ in their last bit from one machine to the next, and are called for
//! one number at a time. These give the same bits everywhere, so that a saved genome renders to the
//! same image on every machine, and the compiler turns loops over them into vector code. The
//! polynomials are minimax fits; each function says how far it is from the truth.
//!
//! Loops that take most of the time are compiled a second time for processors with AVX2 (`multiversion`).
//! That changes how many numbers are computed at a time and no number: nothing here is contracted or
//! reordered.

use multiversion::multiversion;

/// Added and taken away again, it rounds to an integer, which then stands in the lowest bits of the
/// sum.
const ROUND: f32 = 12_582_912.0;

/// The sine of `x` in radians, in -1..=1.
///
/// Off by at most 3e-7 for |x| up to 1000; beyond, the error grows with the spacing of floats at x,
/// and past 1e7 only the range is kept.
#[inline]
pub(crate) fn sine(x: f32) -> f32 {
    let shifted = x * std::f32::consts::FRAC_1_PI + ROUND;
    let half_turns = shifted - ROUND;
    // Pi in three parts; the first two have so few bits that the products are exact.
    let r = x - half_turns * 3.140_625;
    let r = r - half_turns * 0.000_967_502_6;
    let r = r - half_turns * 1.509_958e-7;
    let z = r * r;
    let tail = ((2.605_780_5e-6 * z - 0.000_198_096_02) * z + 0.008_333_066) * z - 0.166_666_6;
    let sine = r + r * z * tail;
    let odd = shifted.to_bits() << 31;
    f32::from_bits(sine.to_bits() ^ odd).clamp(-1.0, 1.0)
}

/// e to the power of `x`, which is first clamped to -87..=88. Off by at most 3 parts in 10 million.
#[inline]
pub(crate) fn exponential(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let doublings = shifted - ROUND;
    doubled(x - doublings * 0.693_359_4 + doublings * 0.000_212_194_44, shifted)
}

/// e to the power of `r`, which is within ln(2) / 2 of 0, doubled as often as the low bits of `shifted` say.
#[inline]
fn doubled(r: f32, shifted: f32) -> f32 {
    let tail = (((0.001_381_461_3 * r + 0.008_368_71) * r + 0.041_668_39) * r + 0.166_665_21) * r;
    let power = 1.0 + r + r * r * (tail + 0.499_999_94);
    // The shift drops the rest of `shifted`.
    let scale = (shifted.to_bits() << 23).wrapping_add(0x3f80_0000);
    power * f32::from_bits(scale)
}

/// The logarithm to base 2 of a positive, normal `x`. Off by at most 1e-6 or 2 parts in 10 million.
#[inline]
pub(crate) fn logarithm(x: f32) -> f32 {
    const SQRT_HALF: u32 = 0x3f35_04f3;
    let doublings = x.to_bits().wrapping_sub(SQRT_HALF).cast_signed() >> 23;
    let mantissa = f32::from_bits(x.to_bits().wrapping_sub((doublings << 23).cast_unsigned()));
    let t = (mantissa - 1.0) / (mantissa + 1.0);
    let z = t * t;
    let series = ((0.431_735_87 * z + 0.576_714_4) * z + 0.961_798_85) * z + 2.885_39;
    doublings as f32 + t * series
}

/// A positive, normal `base` to the power of `exponent`, from 2^-126 to 2^127.
#[inline]
pub(crate) fn power(base: f32, exponent: f32) -> f32 {
    let doublings = (exponent * logarithm(base)).clamp(-126.0, 127.0);
    let shifted = doublings + ROUND;
    doubled((doublings - (shifted - ROUND)) * std::f32::consts::LN_2, shifted)
}

/// The whole part of `x`, which is at least 0 and less than 256.
#[inline]
pub(crate) fn byte(x: f32) -> u8 {
    // `as` looks for numbers out of range, one by one.
    let shifted = x + ROUND;
    (shifted.to_bits() as u8).wrapping_sub(u8::from(shifted - ROUND > x))
}

/// The whole part of 255 |v| for each of some values v in -1..=1.
#[multiversion(targets("x86_64+avx2"))]
pub(crate) fn bytes(values: &[f32], bytes: &mut [u8]) {
    for (byte, value) in bytes.iter_mut().zip(values) {
        *byte = self::byte(value.abs() * 255.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `count` numbers evenly over `low..=high`.
    fn grid(low: f32, high: f32, count: u32) -> impl Iterator<Item = f32> {
        (0..=count).map(move |i| low + (high - low) * i as f32 / count as f32)
    }

    #[test]
    fn the_sine_is_that_of_the_standard_library_to_three_parts_in_ten_million() {
        for x in grid(-1000.0, 1000.0, 40_001) {
            let error = (f64::from(sine(x)) - f64::from(x).sin()).abs();
            assert!(error < 3e-7, "sine({x}) is off by {error}");
        }
    }

    #[test]
    fn the_sine_of_anything_finite_is_between_minus_one_and_one() {
        for x in [0.0, 1e5, -1e7, 3e8, f32::MAX, f32::MIN] {
            assert!((-1.0..=1.0).contains(&sine(x)), "sine({x}) = {}", sine(x));
        }
    }

    #[test]
    fn the_exponential_is_that_of_the_standard_library_to_three_parts_in_ten_million() {
        for x in grid(-87.0, 88.0, 40_001) {
            let error = f64::from(exponential(x)) / f64::from(x).exp() - 1.0;
            assert!(error.abs() < 3e-7, "exponential({x}) is off by {error}");
        }
        assert!(exponential(-1e9) > 0.0 && exponential(1e9).is_finite());
    }

    #[test]
    fn the_logarithm_is_that_of_the_standard_library() {
        for exponent in -100..=100 {
            for mantissa in grid(1.0, 2.0, 200) {
                let x = mantissa * (exponent as f32).exp2();
                let truth = f64::from(x).log2();
                let error = (f64::from(logarithm(x)) - truth).abs();
                assert!(error < 1e-6_f64.max(2e-7 * truth.abs()), "logarithm({x}): {error}");
            }
        }
    }

    #[test]
    fn a_byte_is_the_whole_part_as_a_cast_has_it() {
        let near = |x: f32| [x.next_down().max(0.0), x, x.next_up()];
        let wholes = (0..256).flat_map(|whole: u16| near(f32::from(whole)));
        for x in grid(0.0, 255.9, 100_000).chain(wholes).chain([0.5, 1.5, 2.5, 255.999_98]) {
            assert_eq!(byte(x), x as u8, "{x}");
        }
    }

    #[test]
    fn the_sixteenth_root_is_four_square_roots() {
        for x in grid(1e-7, 1.0, 10_000) {
            let root = f64::from(x).sqrt().sqrt().sqrt().sqrt();
            assert!((f64::from(power(x, 1.0 / 16.0)) / root - 1.0).abs() < 1e-6);
        }
    }
}

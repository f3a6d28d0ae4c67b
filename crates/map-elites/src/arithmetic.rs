//! Sine, exponential, logarithm and power in `f32`, out of additions, multiplications, divisions
//! and bit moves.
//!
//! The system's functions differ in their last bit from one machine to the next, and are called for
//! one number at a time. These give the same bits everywhere, so that a saved genome renders to the
//! same image on every machine, and the compiler turns loops over them into vector code. The
//! polynomials are minimax fits; each function says how far it is from the truth.

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
    let r = x - doublings * 0.693_359_4 + doublings * 0.000_212_194_44;
    let tail = (((0.001_381_461_3 * r + 0.008_368_71) * r + 0.041_668_39) * r + 0.166_665_21) * r;
    let power = 1.0 + r + r * r * (tail + 0.499_999_94);
    // The low bits of `shifted` are the number of doublings; the shift drops the rest of it.
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

/// A positive, normal `base` to the power of `exponent`.
#[inline]
pub(crate) fn power(base: f32, exponent: f32) -> f32 {
    exponential(exponent * logarithm(base) * std::f32::consts::LN_2)
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
    fn the_sixteenth_root_is_four_square_roots() {
        for x in grid(1e-7, 1.0, 10_000) {
            let root = f64::from(x).sqrt().sqrt().sqrt().sqrt();
            assert!((f64::from(power(x, 1.0 / 16.0)) / root - 1.0).abs() < 1e-6);
        }
    }
}

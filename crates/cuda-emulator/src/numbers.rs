//! Numbers as bits in registers of 64 bits.

use half::{bf16, f16};

use crate::ptx::Type;

/// The `f32` in the lower half of a register.
pub fn f32_of(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

/// A register that holds an `f32`.
pub fn bits_of(value: f32) -> u64 {
    u64::from(value.to_bits())
}

/// The number in a register, exactly; `ty` is a floating point type.
pub fn float_of(ty: Type, bits: u64) -> f64 {
    match ty {
        Type::F64 => f64::from_bits(bits),
        Type::F16 => f16::from_bits(bits as u16).to_f64(),
        Type::Bf16 => bf16::from_bits(bits as u16).to_f64(),
        _ => f64::from(f32_of(bits)),
    }
}

/// A register that holds `value`, rounded once to the nearest number of the type, ties to even.
pub fn bits_of_float(ty: Type, value: f64) -> u64 {
    match ty {
        Type::F64 => value.to_bits(),
        Type::F16 => u64::from(f16::from_f32(rounded_to_odd(value)).to_bits()),
        Type::Bf16 => u64::from(bf16::from_f32(rounded_to_odd(value)).to_bits()),
        _ => bits_of(value as f32),
    }
}

/// The `f32` next to `value` whose last bit is 1, unless `value` is an `f32` itself. It can be rounded again to
/// fewer bits as if `value` had been: it is never halfway between two numbers of fewer bits.
fn rounded_to_odd(value: f64) -> f32 {
    let nearest = value as f32;
    let exact = f64::from(nearest);
    if exact == value || !nearest.is_finite() || nearest.to_bits() & 1 == 1 {
        return nearest;
    }
    // One step toward the value: up or down in magnitude.
    let away = value.abs() > exact.abs();
    f32::from_bits(if away { nearest.to_bits() + 1 } else { nearest.to_bits() - 1 })
}

/// Rounds to the 10 bits of TF32, ties away from zero: `cvt.rna.tf32.f32`.
pub fn round_to_tf32(value: f32) -> f32 {
    if value.is_finite() {
        f32::from_bits(value.to_bits().wrapping_add(0x1000) & !0x1fff)
    } else {
        value
    }
}

/// Drops the bits that TF32 does not have, as a matrix unit does with its operands.
pub fn truncate_to_tf32(value: f32) -> f32 {
    f32::from_bits(value.to_bits() & !0x1fff)
}

/// The operand of a matrix unit in a register; `part` selects one of two 16-bit numbers.
pub fn matrix_operand(ty: Type, bits: u64, part: usize) -> f32 {
    match ty {
        Type::Tf32 => truncate_to_tf32(f32_of(bits)),
        Type::F32 => f32_of(bits),
        _ => float_of(ty, (bits >> (16 * part)) & 0xffff) as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_the_nearest_of_their_type() {
        assert_eq!(bits_of_float(Type::F16, 1.0), 0x3c00);
        // Halfway between 1 and the next f16, 1 + 2^-10: to the even one.
        assert_eq!(bits_of_float(Type::F16, 1.0 + 2f64.powi(-11)), 0x3c00);
        assert_eq!(bits_of_float(Type::F16, 1e9), 0x7c00);
        // Just above halfway, by less than an f32 shows.
        assert_eq!(bits_of_float(Type::F16, 1.0 + 2f64.powi(-11) + 2f64.powi(-40)), 0x3c01);
        for low in 1..=7 {
            let above = f64::from(f32::from_bits(0x3f80_8000 + low));
            assert_eq!(bits_of_float(Type::Bf16, above), 0x3f81);
        }
        assert_eq!(bits_of_float(Type::Bf16, f64::from(f32::from_bits(0x3f80_8000))), 0x3f80);
        assert_eq!(bits_of_float(Type::Bf16, f64::from(f32::from_bits(0x3f80_7fff))), 0x3f80);
        assert_eq!(float_of(Type::Bf16, 0x3f80), 1.0);
        assert_eq!(bits_of_float(Type::Bf16, -2.0), 0xc000);
    }

    #[test]
    fn tf32_has_ten_bits() {
        let halfway = 1.0 + 2f32.powi(-11);
        assert_eq!(round_to_tf32(halfway), 1.0 + 2f32.powi(-10));
        assert_eq!(truncate_to_tf32(halfway), 1.0);
        assert_eq!(round_to_tf32(f32::INFINITY), f32::INFINITY);
    }
}

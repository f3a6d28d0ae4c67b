//! Conversions and comparisons of numbers.

use crate::numbers::{bits_of, bits_of_float, f32_of, float_of, round_to_tf32};
use crate::ptx::{Comparison, Rounding, Type};

/// How numbers are converted.
#[derive(Debug, Clone, Copy)]
pub struct Conversion {
    pub to: Type,
    pub from: Type,
    pub rounding: Rounding,
    pub saturate: bool,
    pub relu: bool,
}

impl Conversion {
    /// The number as one of the new type.
    pub fn apply(self, bits: u64) -> u64 {
        let Self { to, from, .. } = self;
        match (from.is_float(), to.is_float()) {
            _ if to == Type::Tf32 => bits_of(round_to_tf32(f32_of(bits))),
            (true, true) => self.float_to_float(bits),
            (true, false) => self.float_to_integer(bits),
            (false, true) => self.integer_to_float(bits),
            (false, false) => self.integer_to_integer(bits),
        }
    }

    fn float_to_float(self, bits: u64) -> u64 {
        let mut value = self.rounded_to_integer(float_of(self.from, bits));
        if self.saturate {
            value = if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) };
        }
        if self.relu && value < 0.0 {
            value = 0.0;
        }
        match (self.to, self.rounding) {
            (Type::F32, Rounding::TowardZero) => {
                let nearest = value as f32;
                let beyond = f64::from(nearest).abs() > value.abs();
                bits_of(if beyond { f32::from_bits(nearest.to_bits() - 1) } else { nearest })
            }
            (Type::Bf16, Rounding::TowardZero) => bits_of(value as f32) >> 16,
            _ => bits_of_float(self.to, value),
        }
    }

    fn rounded_to_integer(self, value: f64) -> f64 {
        match self.rounding {
            Rounding::Nearest | Rounding::TowardZero => value,
            Rounding::Integer => value.round_ties_even(),
            Rounding::IntegerTowardZero => value.trunc(),
            Rounding::IntegerDown => value.floor(),
            Rounding::IntegerUp => value.ceil(),
        }
    }

    /// The nearest integer that the type has; NaN becomes 0.
    fn float_to_integer(self, bits: u64) -> u64 {
        let value = self.rounded_to_integer(float_of(self.from, bits));
        let (size, mask) = (self.to.bits(), self.to.mask());
        if self.to.is_signed() {
            // `as` ends at the limits of i64.
            let largest = (mask >> 1) as i64;
            ((value as i64).clamp(-largest - 1, largest)) as u64 & mask
        } else if size == 64 {
            value as u64
        } else {
            (value as u64).min(mask)
        }
    }

    fn integer_to_float(self, bits: u64) -> u64 {
        let value = self.from.widen(bits);
        match (self.to, self.from.is_signed()) {
            // Rounded once.
            (Type::F32, true) => bits_of(value as f32),
            (Type::F32, false) => bits_of(value as u64 as f32),
            (_, true) => bits_of_float(self.to, value as f64),
            (_, false) => bits_of_float(self.to, value as u64 as f64),
        }
    }

    fn integer_to_integer(self, bits: u64) -> u64 {
        let value = i128::from(self.from.widen(bits));
        // An unsigned number of 64 bits is negative as an i64.
        let value = if self.from.is_signed() { value } else { value & i128::from(u64::MAX) };
        let mask = i128::from(self.to.mask());
        let (least, most) =
            if self.to.is_signed() { (-(mask >> 1) - 1, mask >> 1) } else { (0, mask) };
        let value = if self.saturate { value.clamp(least, most) } else { value };
        let result = value as u64 & self.to.mask();
        // A register of 32 bits holds a small signed number with its sign.
        if self.to.is_signed() && self.to.bits() < 32 {
            self.to.extend_sign(result) as u64 & 0xffff_ffff
        } else {
            result
        }
    }
}

/// Whether a comparison holds.
pub fn compare(comparison: Comparison, ty: Type, a: u64, b: u64) -> bool {
    let order = if ty.is_float() {
        float_of(ty, a).partial_cmp(&float_of(ty, b))
    } else if ty.is_signed() {
        Some(ty.widen(a).cmp(&ty.widen(b)))
    } else {
        Some((a & ty.mask()).cmp(&(b & ty.mask())))
    };
    match (comparison, order) {
        (Comparison::Ordered, order) => order.is_some(),
        (Comparison::Unordered, order) => order.is_none(),
        (Comparison::UnorderedOr(_), None) => true,
        (Comparison::UnorderedOr(ordered), Some(_)) => compare(*ordered, ty, a, b),
        (_, None) => false,
        (Comparison::Equal, Some(order)) => order.is_eq(),
        (Comparison::NotEqual, Some(order)) => order.is_ne(),
        (Comparison::Less, Some(order)) => order.is_lt(),
        (Comparison::LessOrEqual, Some(order)) => order.is_le(),
        (Comparison::Greater, Some(order)) => order.is_gt(),
        (Comparison::GreaterOrEqual, Some(order)) => order.is_ge(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(to: Type, from: Type, rounding: Rounding, bits: u64) -> u64 {
        Conversion { to, from, rounding, saturate: false, relu: false }.apply(bits)
    }

    #[test]
    fn numbers_beyond_a_type_become_its_limits() {
        let integer =
            |to, value: f32| convert(to, Type::F32, Rounding::IntegerTowardZero, bits_of(value));
        assert_eq!(integer(Type::S32, -2.9) as u32 as i32, -2);
        assert_eq!(integer(Type::S32, 1e20) as u32 as i32, i32::MAX);
        assert_eq!(integer(Type::U32, -5.0), 0);
        assert_eq!(integer(Type::U8, 300.0), 255);
        assert_eq!(integer(Type::S64, f32::NAN), 0);
    }

    #[test]
    fn integers_keep_their_value() {
        assert_eq!(
            convert(Type::F32, Type::U64, Rounding::Nearest, u64::MAX),
            bits_of(1.844_674_4e19)
        );
        assert_eq!(convert(Type::S64, Type::S32, Rounding::Nearest, 0xffff_ffff), u64::MAX);
        assert_eq!(convert(Type::U64, Type::U32, Rounding::Nearest, 0xffff_ffff), 0xffff_ffff);
        let saturated = Conversion {
            to: Type::S8,
            from: Type::S32,
            rounding: Rounding::Nearest,
            saturate: true,
            relu: false,
        };
        assert_eq!(saturated.apply(1000), 127);
    }

    #[test]
    fn nan_is_unordered() {
        let nan = bits_of(f32::NAN);
        assert!(!compare(Comparison::NotEqual, Type::F32, nan, 0));
        assert!(compare(Comparison::UnorderedOr(&Comparison::Equal), Type::F32, nan, 0));
        assert!(compare(Comparison::Less, Type::S32, 0xffff_ffff, 0));
        assert!(!compare(Comparison::Less, Type::U32, 0xffff_ffff, 0));
    }
}

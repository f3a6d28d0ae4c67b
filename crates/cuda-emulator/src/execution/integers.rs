//! Arithmetic of integers.

use super::lanes::{Lanes, map, map2, map3};
use crate::ptx::{Binary, Part, Type, Unary};

/// A function of two integers; none if there is no such function of integers.
pub fn binary(kind: Binary, part: Part, ty: Type, a: Lanes, b: Lanes) -> Option<Lanes> {
    let mask = ty.mask();
    let bits = u64::from(ty.bits());
    let signed = ty.is_signed();
    let count = |shift: u64| shift & 0xffff_ffff;
    Some(match kind {
        Binary::Add => map2(a, b, |a, b| a.wrapping_add(b) & mask),
        Binary::Subtract => map2(a, b, |a, b| a.wrapping_sub(b) & mask),
        Binary::Multiply => return Some(multiply(part, ty, a, b)),
        Binary::Divide => map2(a, b, |a, b| divide(ty, a, b) & mask),
        Binary::Remainder => map2(a, b, |a, b| remainder(ty, a, b) & mask),
        Binary::Minimum => map2(a, b, |a, b| if less(ty, a, b) { a } else { b } & mask),
        Binary::Maximum => map2(a, b, |a, b| if less(ty, a, b) { b } else { a } & mask),
        Binary::And => map2(a, b, |a, b| a & b),
        Binary::Or => map2(a, b, |a, b| a | b),
        Binary::Xor => map2(a, b, |a, b| a ^ b),
        Binary::ShiftLeft => {
            map2(a, b, |a, b| if count(b) < bits { (a << count(b)) & mask } else { 0 })
        }
        Binary::ShiftRight if signed => {
            map2(a, b, |a, b| (ty.extend_sign(a) >> count(b).min(bits - 1)) as u64 & mask)
        }
        Binary::ShiftRight => {
            map2(a, b, |a, b| if count(b) < bits { (a & mask) >> count(b) } else { 0 })
        }
        Binary::CopySign => return None,
    })
}

/// a b + c
pub fn multiply_add(part: Part, ty: Type, a: Lanes, b: Lanes, c: Lanes) -> Lanes {
    let mask = result_mask(part, ty);
    map2(multiply(part, ty, a, b), c, |product, c| product.wrapping_add(c) & mask)
}

fn multiply(part: Part, ty: Type, a: Lanes, b: Lanes) -> Lanes {
    let (mask, bits) = (result_mask(part, ty), ty.bits());
    match part {
        Part::Low => map2(a, b, |a, b| a.wrapping_mul(b) & mask),
        Part::Wide => map2(a, b, |a, b| ty.widen(a).wrapping_mul(ty.widen(b)) as u64 & mask),
        Part::High if ty.is_signed() => map2(a, b, |a, b| {
            let product = i128::from(ty.widen(a)) * i128::from(ty.widen(b));
            (product >> bits) as u64 & mask
        }),
        Part::High => map2(a, b, |a, b| {
            let product = u128::from(a & ty.mask()) * u128::from(b & ty.mask());
            (product >> bits) as u64 & mask
        }),
    }
}

fn result_mask(part: Part, ty: Type) -> u64 {
    match part {
        Part::Wide if ty.bits() == 16 => 0xffff_ffff,
        Part::Wide => u64::MAX,
        _ => ty.mask(),
    }
}

fn less(ty: Type, a: u64, b: u64) -> bool {
    if ty.is_signed() { ty.widen(a) < ty.widen(b) } else { a & ty.mask() < b & ty.mask() }
}

/// Division by zero gives all ones, as hardware does.
fn divide(ty: Type, a: u64, b: u64) -> u64 {
    if b & ty.mask() == 0 {
        u64::MAX
    } else if ty.is_signed() {
        ty.widen(a).wrapping_div(ty.widen(b)) as u64
    } else {
        (a & ty.mask()) / (b & ty.mask())
    }
}

fn remainder(ty: Type, a: u64, b: u64) -> u64 {
    if b & ty.mask() == 0 {
        a
    } else if ty.is_signed() {
        ty.widen(a).wrapping_rem(ty.widen(b)) as u64
    } else {
        (a & ty.mask()) % (b & ty.mask())
    }
}

/// A function of one integer; none if there is no such function of integers.
pub fn unary(kind: Unary, ty: Type, a: Lanes) -> Option<Lanes> {
    let (mask, bits) = (ty.mask(), ty.bits());
    Some(match kind {
        Unary::Not if ty == Type::Predicate => map(a, |a| !a & 1),
        Unary::Not => map(a, |a| !a & mask),
        Unary::Negate => map(a, |a| a.wrapping_neg() & mask),
        Unary::Absolute => map(a, |a| ty.extend_sign(a).unsigned_abs() & mask),
        Unary::CountOnes => map(a, |a| u64::from((a & mask).count_ones())),
        Unary::LeadingZeros => map(a, |a| u64::from((a & mask).leading_zeros() - (64 - bits))),
        Unary::ReverseBits => map(a, |a| (a & mask).reverse_bits() >> (64 - bits)),
        Unary::HighestBit { from_top } => map(a, |a| {
            let a = if ty.is_signed() && ty.widen(a) < 0 { !a } else { a } & mask;
            match a.checked_ilog2() {
                None => 0xffff_ffff,
                Some(bit) if from_top => u64::from(bits - 1 - bit),
                Some(bit) => u64::from(bit),
            }
        }),
        _ => return None,
    })
}

/// Shifts the 64 bits of b and a, and takes one half.
pub fn funnel_shift(left: bool, wrap: bool, a: Lanes, b: Lanes, by: Lanes) -> Lanes {
    map3(a, b, by, |a, b, by| {
        let both = (b << 32) | (a & 0xffff_ffff);
        let by = by & 0xffff_ffff;
        let by = if wrap { by & 31 } else { by.min(32) };
        (if left { (both << by) >> 32 } else { both >> by }) & 0xffff_ffff
    })
}

/// Any four of the eight bytes of two registers.
pub fn permute_bytes(a: Lanes, b: Lanes, selectors: Lanes) -> Lanes {
    map3(a, b, selectors, |a, b, selectors| {
        let both = (b << 32) | (a & 0xffff_ffff);
        let byte = |position: u64| {
            let selector = (selectors >> (4 * position)) & 15;
            let byte = (both >> (8 * (selector & 7))) & 0xff;
            let sign = if byte & 0x80 == 0 { 0 } else { 0xff };
            (if selector & 8 == 0 { byte } else { sign }) << (8 * position)
        };
        (0..4).map(byte).sum()
    })
}

/// `length` bits from `position` on.
pub fn extract_bits(ty: Type, a: Lanes, position: Lanes, length: Lanes) -> Lanes {
    let bits = u64::from(ty.bits());
    map3(a, position, length, |a, position, length| {
        let (position, length) = (position & 0xff, length & 0xff);
        let a = a & ty.mask();
        // Bits beyond the top are those of the sign.
        let extended = if ty.is_signed() { ty.extend_sign(a) >> position.min(63) } else { 0 };
        let unsigned = if position < bits { a >> position } else { 0 };
        let field = if ty.is_signed() { extended as u64 } else { unsigned };
        let beyond = u64::MAX.checked_shl(length as u32).unwrap_or(0);
        let sign = (position + length).saturating_sub(1).min(bits - 1);
        let negative = ty.is_signed() && length > 0 && a >> sign & 1 == 1;
        (if negative { field | beyond } else { field & !beyond }) & ty.mask()
    })
}

/// `length` bits of a in b, from `position` on.
pub fn insert_bits(ty: Type, [a, b, position, length]: [Lanes; 4]) -> Lanes {
    std::array::from_fn(|lane| {
        let position = (position[lane] & 0xff) as u32;
        let ones = !u64::MAX.checked_shl((length[lane] & 0xff) as u32).unwrap_or(0);
        let field = ones.checked_shl(position).unwrap_or(0);
        let inserted = a[lane].checked_shl(position).unwrap_or(0) & field;
        ((b[lane] & !field) | inserted) & ty.mask()
    })
}

/// A function of three bits, given by its table of eight.
pub fn logic3(a: Lanes, b: Lanes, c: Lanes, table: u64) -> Lanes {
    map3(a, b, c, |a, b, c| {
        let term = |row: u64| {
            let side = |bits: u64, wanted: u64| if wanted == 0 { !bits } else { bits };
            let hit = side(a, row >> 2 & 1) & side(b, row >> 1 & 1) & side(c, row & 1);
            if table >> row & 1 == 1 { hit } else { 0 }
        };
        (0..8).map(term).fold(0, |all, one| all | one) & 0xffff_ffff
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::lanes::LANES;

    fn of(value: u64) -> Lanes {
        [value; LANES]
    }

    #[test]
    fn fields_beyond_the_top_are_filled_with_the_sign() {
        let field =
            |ty, value, position, length| extract_bits(ty, of(value), of(position), of(length))[0];
        assert_eq!(field(Type::S32, 0x8000_0000, 28, 8), 0xffff_fff8);
        assert_eq!(field(Type::U32, 0x8000_0000, 28, 8), 8);
        assert_eq!(field(Type::S32, 0x0000_00f0, 4, 4), 0xffff_ffff);
        assert_eq!(field(Type::U64, 0xff00, 8, 4), 0xf);
    }

    #[test]
    fn products_have_a_low_a_high_and_a_wide_part() {
        let product =
            |part, ty| binary(Binary::Multiply, part, ty, of(0xffff_ffff), of(2)).unwrap()[0];
        assert_eq!(product(Part::Low, Type::U32), 0xffff_fffe);
        assert_eq!(product(Part::High, Type::U32), 1);
        assert_eq!(product(Part::High, Type::S32), 0xffff_ffff);
        assert_eq!(product(Part::Wide, Type::S32), -2_i64 as u64);
    }
}

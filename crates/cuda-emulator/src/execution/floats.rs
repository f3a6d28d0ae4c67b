//! Arithmetic of floating point numbers.

use super::lanes::{Lanes, map, map2, map3};
use crate::numbers::{bits_of, bits_of_float, f32_of, float_of};
use crate::ptx::{Binary, Type, Unary};

/// How results are changed.
#[derive(Debug, Clone, Copy)]
pub struct Modes {
    /// To 0 to 1; NaN becomes 0.
    pub saturate: bool,
    /// Denormal operands count as 0.
    pub flush: bool,
    /// Whether the minimum of a number and NaN is NaN.
    pub propagate_nan: bool,
}

/// A function of two numbers; none if there is no such function of floating point numbers.
pub fn binary(kind: Binary, ty: Type, modes: Modes, a: Lanes, b: Lanes) -> Option<Lanes> {
    if let Some(element) = ty.element() {
        let low = binary(kind, element, modes, map(a, low_half), map(b, low_half))?;
        let high = binary(kind, element, modes, map(a, high_half), map(b, high_half))?;
        return Some(map2(low, high, |low, high| low | high << 16));
    }
    if ty == Type::F32 {
        return binary_f32(kind, modes, a, b);
    }
    let function: fn(f64, f64) -> f64 = match kind {
        Binary::Add => |a, b| a + b,
        Binary::Subtract => |a, b| a - b,
        Binary::Multiply => |a, b| a * b,
        Binary::Divide => |a, b| a / b,
        Binary::Minimum => minimum,
        Binary::Maximum => maximum,
        Binary::CopySign => |a, b| b.copysign(a),
        _ => return None,
    };
    let keeps_nan = modes.propagate_nan && matches!(kind, Binary::Minimum | Binary::Maximum);
    Some(map2(a, b, |a, b| {
        let (a, b) = (float_of(ty, a), float_of(ty, b));
        let result =
            if keeps_nan && (a.is_nan() || b.is_nan()) { f64::NAN } else { function(a, b) };
        bits_of_float(ty, result)
    }))
}

fn binary_f32(kind: Binary, modes: Modes, a: Lanes, b: Lanes) -> Option<Lanes> {
    let plain =
        |function: fn(f32, f32) -> f32| map2(a, b, |a, b| bits_of(function(f32_of(a), f32_of(b))));
    let function: fn(f32, f32) -> f32 = match kind {
        Binary::Add => |a, b| a + b,
        Binary::Subtract => |a, b| a - b,
        Binary::Multiply => |a, b| a * b,
        Binary::Divide => |a, b| a / b,
        Binary::Minimum => |a, b| minimum(a.into(), b.into()) as f32,
        Binary::Maximum => |a, b| maximum(a.into(), b.into()) as f32,
        // `copysign d, a, b` takes the sign of a.
        Binary::CopySign => |a, b| b.copysign(a),
        _ => return None,
    };
    if !(modes.saturate || modes.flush || modes.propagate_nan) {
        return Some(plain(function));
    }
    let operand = |bits: u64| {
        let value = f32_of(bits);
        if modes.flush && value.is_subnormal() { 0f32.copysign(value) } else { value }
    };
    let keeps_nan = modes.propagate_nan && matches!(kind, Binary::Minimum | Binary::Maximum);
    Some(map2(a, b, |a, b| {
        let (a, b) = (operand(a), operand(b));
        let result =
            if keeps_nan && (a.is_nan() || b.is_nan()) { f32::NAN } else { function(a, b) };
        bits_of(if modes.saturate { saturated(result) } else { result })
    }))
}

/// The smaller number; -0 is smaller than +0, and NaN counts only if both are.
pub fn minimum(a: f64, b: f64) -> f64 {
    if a == b && a.is_sign_positive() { b } else { a.min(b) }
}

/// The larger number; +0 is larger than -0, and NaN counts only if both are.
pub fn maximum(a: f64, b: f64) -> f64 {
    if a == b && a.is_sign_negative() { b } else { a.max(b) }
}

fn saturated(value: f32) -> f32 {
    if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) }
}

fn low_half(bits: u64) -> u64 {
    bits & 0xffff
}

fn high_half(bits: u64) -> u64 {
    bits >> 16 & 0xffff
}

/// a b + c, rounded once.
pub fn multiply_add(ty: Type, relu: bool, a: Lanes, b: Lanes, c: Lanes) -> Lanes {
    if let Some(element) = ty.element() {
        let part = |half: fn(u64) -> u64| {
            multiply_add(element, relu, map(a, half), map(b, half), map(c, half))
        };
        return map2(part(low_half), part(high_half), |low, high| low | high << 16);
    }
    let sum = match ty {
        Type::F32 => map3(a, b, c, |a, b, c| bits_of(f32_of(a).mul_add(f32_of(b), f32_of(c)))),
        // The product of two numbers of 16 bits is exact in f64.
        _ => map3(a, b, c, |a, b, c| {
            bits_of_float(ty, float_of(ty, a).mul_add(float_of(ty, b), float_of(ty, c)))
        }),
    };
    if relu { map(sum, |bits| if float_of(ty, bits) < 0.0 { 0 } else { bits }) } else { sum }
}

/// a b + c of f32, rounded down: `fma.rm`.
pub fn multiply_add_down(a: Lanes, b: Lanes, c: Lanes) -> Lanes {
    map3(a, b, c, |a, b, c| {
        // The product is exact in f64.
        let sum = f64::from(f32_of(a)) * f64::from(f32_of(b)) + f64::from(f32_of(c));
        let nearest = sum as f32;
        bits_of(if f64::from(nearest) > sum { nearest.next_down() } else { nearest })
    })
}

/// A function of one number; none if there is no such function of floating point numbers.
pub fn unary(kind: Unary, ty: Type, a: Lanes) -> Option<Lanes> {
    let sign = match ty {
        Type::F64 => 1 << 63,
        Type::F32 => 1 << 31,
        Type::F16 | Type::Bf16 => 1 << 15,
        _ => 1 << 31 | 1 << 15,
    };
    match kind {
        Unary::Negate => return Some(map(a, |a| a ^ sign)),
        Unary::Absolute => return Some(map(a, |a| a & !sign)),
        _ => {}
    }
    if let Some(element) = ty.element() {
        let (low, high) =
            (unary(kind, element, map(a, low_half))?, unary(kind, element, map(a, high_half))?);
        return Some(map2(low, high, |low, high| low | high << 16));
    }
    // Of an f32, the exact result in f64 rounded to f32: hardware is a few units less exact.
    let function: fn(f64) -> f64 = match kind {
        Unary::Reciprocal => f64::recip,
        Unary::SquareRoot => f64::sqrt,
        Unary::ReciprocalSquareRoot => |a| a.sqrt().recip(),
        Unary::Exp2 => f64::exp2,
        Unary::Log2 => f64::log2,
        Unary::Sine => f64::sin,
        Unary::Cosine => f64::cos,
        Unary::Tanh => f64::tanh,
        _ => return None,
    };
    Some(map(a, |a| bits_of_float(ty, function(float_of(ty, a)))))
}

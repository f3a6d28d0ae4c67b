//! Instructions that only change registers.

use super::convert::{Conversion, compare};
use super::floats::{self, Modes};
use super::integers;
use super::lanes::{LANES, Lanes, active, map, map2, map3};
use super::warp::{Block, Warp};
use crate::Fault;
use crate::numbers::float_of;
use crate::ptx::{
    Combine, Instruction, LOCAL, Operand, Operation, PARAMETERS, SHARED, Shuffle, Space,
    TestProperty, Type, Vote, WINDOW,
};

/// Runs an instruction in the lanes of `mask`; false if it is none of arithmetic.
///
/// # Errors
/// There is no such instruction for its type.
pub fn run(
    warp: &mut Warp,
    block: &Block,
    instruction: &Instruction,
    mask: u32,
) -> Result<bool, Fault> {
    let operands = &instruction.operands;
    let second = match &instruction.operation {
        Operation::Move => {
            run_move(warp, block, instruction, mask);
            return Ok(true);
        }
        Operation::Compare { combine, .. } => Some(opposite(warp, block, instruction, *combine)),
        Operation::Shuffle(mode) => {
            let (values, from_another) = shuffle(warp, block, instruction, *mode, mask);
            warp.write(&operands[0], &values, mask);
            warp.write_second(&operands[0], &from_another, mask);
            return Ok(true);
        }
        _ => None,
    };
    let read = |at: usize| warp.read(&operands[at], block);
    let Some(result) = result(instruction, mask, &read)? else { return Ok(false) };
    warp.write(&operands[0], &result, mask);
    if let Some(second) = second {
        warp.write_second(&operands[0], &second, mask);
    }
    Ok(true)
}

/// What an instruction computes from its operands; none if it is none of arithmetic.
fn result(
    instruction: &Instruction,
    mask: u32,
    read: &impl Fn(usize) -> Lanes,
) -> Result<Option<Lanes>, Fault> {
    let ty = instruction.ty;
    let unknown = || Fault::new(format!("not emulated: {}", instruction.text));
    Ok(Some(match &instruction.operation {
        Operation::Unary(kind) if ty.is_float() => {
            floats::unary(*kind, ty, read(1)).ok_or_else(unknown)?
        }
        Operation::Unary(kind) => integers::unary(*kind, ty, read(1)).ok_or_else(unknown)?,
        &Operation::Binary { kind, saturate, flush, propagate_nan, .. } if ty.is_float() => {
            let modes = Modes { saturate, flush, propagate_nan };
            floats::binary(kind, ty, modes, read(1), read(2)).ok_or_else(unknown)?
        }
        Operation::Binary { saturate: true, .. } => return Err(unknown()),
        &Operation::Binary { kind, part, .. } => {
            integers::binary(kind, part, ty, read(1), read(2)).ok_or_else(unknown)?
        }
        Operation::MultiplyAdd { round_down: true, .. } => {
            floats::multiply_add_down(read(1), read(2), read(3))
        }
        Operation::MultiplyAdd { relu, .. } if ty.is_float() => {
            floats::multiply_add(ty, *relu, read(1), read(2), read(3))
        }
        Operation::MultiplyAdd { part, .. } => {
            integers::multiply_add(*part, ty, read(1), read(2), read(3))
        }
        Operation::FunnelShift { left, wrap } => {
            integers::funnel_shift(*left, *wrap, read(1), read(2), read(3))
        }
        Operation::Compare { combine, .. } => combined(*combine, compared(instruction, read), read),
        Operation::Select => {
            map3(read(1), read(2), read(3), |a, b, choice| if choice & 1 == 1 { a } else { b })
        }
        Operation::Convert { .. } => converted(instruction, read),
        Operation::PermuteBytes => integers::permute_bytes(read(1), read(2), read(3)),
        Operation::ExtractBits => integers::extract_bits(ty, read(1), read(2), read(3)),
        Operation::InsertBits => integers::insert_bits(ty, [read(1), read(2), read(3), read(4)]),
        Operation::Logic3 => integers::logic3(read(1), read(2), read(3), read(4)[0]),
        Operation::Test(property) => map(read(1), |bits| {
            let value = float_of(ty, bits);
            u64::from(match property {
                TestProperty::Finite => value.is_finite(),
                TestProperty::Infinite => value.is_infinite(),
                TestProperty::Number => !value.is_nan(),
                TestProperty::NotANumber => value.is_nan(),
            })
        }),
        Operation::ConvertAddress { space, to_space } => {
            let start = window(*space);
            map(read(1), |address| {
                if *to_space { address.wrapping_sub(start) } else { address.wrapping_add(start) }
            })
        }
        Operation::IsInSpace(space) => map(read(1), |address| u64::from(is_in(*space, address))),
        Operation::Vote(vote) => voted(*vote, read(1), mask),
        Operation::ActiveMask => [u64::from(mask); LANES],
        _ => return Ok(None),
    }))
}

/// Where the generic addresses of a memory begin.
fn window(space: Space) -> u64 {
    match space {
        Space::Shared => SHARED,
        Space::Local => LOCAL,
        Space::Parameters => PARAMETERS,
        Space::Generic | Space::Global | Space::Constants => 0,
    }
}

fn is_in(space: Space, address: u64) -> bool {
    let within = |start: u64| address >= start && address - start < WINDOW;
    match space {
        Space::Shared | Space::Local | Space::Parameters => within(window(space)),
        _ => ![SHARED, LOCAL, PARAMETERS].into_iter().any(within),
    }
}

/// Moves also pack the elements of a vector into a register, and take them apart.
fn run_move(warp: &mut Warp, block: &Block, instruction: &Instruction, mask: u32) {
    let (ty, operands) = (instruction.ty, &instruction.operands);
    let element_bits = |count: usize| ty.bits() / count as u32;
    let ones = |bits: u32| u64::MAX >> (64 - bits);
    match (&operands[0], &operands[1]) {
        (Operand::Vector(elements), source) => {
            let (whole, bits) = (warp.read(source, block), element_bits(elements.len()));
            for (at, element) in elements.iter().enumerate() {
                let part = map(whole, |whole| whole >> (bits * at as u32) & ones(bits));
                warp.write(element, &part, mask);
            }
        }
        (to, Operand::Vector(elements)) => {
            let bits = element_bits(elements.len());
            let mut whole = [0; LANES];
            for (at, element) in elements.iter().enumerate() {
                let part = warp.read(element, block);
                whole =
                    map2(whole, part, |all, one| all | (one & ones(bits)) << (bits * at as u32));
            }
            warp.write(to, &whole, mask);
        }
        (to, from) => {
            let kept = if ty == Type::Predicate { 1 } else { ty.mask() };
            let value = map(warp.read(from, block), |value| value & kept);
            warp.write(to, &value, mask);
        }
    }
}

fn compared(instruction: &Instruction, read: &impl Fn(usize) -> Lanes) -> Lanes {
    let Operation::Compare { comparison, .. } = instruction.operation else { return [0; LANES] };
    map2(read(1), read(2), |a, b| u64::from(compare(comparison, instruction.ty, a, b)))
}

fn combined(combine: Option<Combine>, holds: Lanes, read: &impl Fn(usize) -> Lanes) -> Lanes {
    let Some(combine) = combine else { return holds };
    map2(holds, read(3), |holds, other| match combine {
        Combine::And => holds & other & 1,
        Combine::Or => holds | other & 1,
        Combine::Xor => holds ^ other & 1,
    })
}

/// The second result of a comparison: the opposite, combined in the same way.
fn opposite(
    warp: &Warp,
    block: &Block,
    instruction: &Instruction,
    combine: Option<Combine>,
) -> Lanes {
    let read = |at: usize| warp.read(&instruction.operands[at], block);
    let not = map(compared(instruction, &read), |holds| !holds & 1);
    combined(combine, not, &read)
}

fn converted(instruction: &Instruction, read: &impl Fn(usize) -> Lanes) -> Lanes {
    let Operation::Convert { rounding, saturate, relu } = instruction.operation else {
        return [0; LANES];
    };
    let conversion = |to, from| Conversion { to, from, rounding, saturate, relu };
    let to = instruction.ty;
    if let Some(element) = to.element() {
        // Two numbers: the first is the upper half.
        let each = conversion(element, Type::F32);
        return map2(read(1), read(2), |high, low| each.apply(high) << 16 | each.apply(low));
    }
    let from = match instruction.source_type() {
        None => to,
        Some(Type::Tf32) => Type::F32,
        Some(from) => from,
    };
    let conversion = conversion(to, from);
    map(read(1), |bits| conversion.apply(bits))
}

/// Values of other lanes, and whether their number was in range.
fn shuffle(
    warp: &Warp,
    block: &Block,
    instruction: &Instruction,
    mode: Shuffle,
    mask: u32,
) -> (Lanes, Lanes) {
    let read = |at: usize| warp.read(&instruction.operands[at], block);
    let (values, by, clamps) = (read(1), read(2), read(3));
    let (mut found, mut valid) = ([0; LANES], [0; LANES]);
    for lane in 0..LANES {
        let (by, clamp) = ((by[lane] & 31) as usize, clamps[lane]);
        let (clamp, segment) = ((clamp & 31) as usize, (clamp >> 8 & 31) as usize);
        let last = lane & segment | clamp & !segment & 31;
        let first = lane & segment;
        let source = match mode {
            Shuffle::Up => lane.checked_sub(by).filter(|source| *source >= last),
            Shuffle::Down => Some(lane + by).filter(|source| *source <= last),
            Shuffle::Butterfly => Some(lane ^ by).filter(|source| *source <= last),
            Shuffle::Index => Some(first | by & !segment & 31).filter(|source| *source <= last),
        };
        valid[lane] = u64::from(source.is_some());
        // A lane that does not take part gives nothing.
        let source = source.filter(|source| mask >> source & 1 == 1).unwrap_or(lane);
        found[lane] = values[source] & 0xffff_ffff;
    }
    (found, valid)
}

fn voted(vote: Vote, predicate: Lanes, mask: u32) -> Lanes {
    let ballot = active(mask)
        .filter(|lane| predicate[*lane] & 1 == 1)
        .fold(0, |ballot, lane| ballot | 1_u32 << lane);
    let result = match vote {
        Vote::Ballot => u64::from(ballot),
        Vote::All => u64::from(ballot == mask),
        Vote::Any => u64::from(ballot != 0),
        Vote::Uniform => u64::from(ballot == mask || ballot == 0),
    };
    [result; LANES]
}

//! Operations on memory that no other thread interrupts.

use std::sync::Mutex;

use super::floats::{self, Modes};
use super::lanes::{LANES, Lanes, active};
use super::memory::{self, Access, GlobalMemory, locate};
use super::warp::{Block, Warp};
use crate::Fault;
use crate::numbers::{bits_of_float, float_of};
use crate::ptx::{Atomic, Binary, Instruction, Operation, Type};

/// Blocks on other threads wait for the lock of an address.
static LOCKS: [Mutex<()>; 64] = [const { Mutex::new(()) }; 64];

/// Runs an atomic operation in the lanes of `mask`, one after another.
///
/// # Errors
/// An address is outside of its memory.
pub fn run(
    (warp, block): (&mut Warp, &mut Block),
    global: &mut GlobalMemory,
    instruction: &Instruction,
    mask: u32,
) -> Result<(), Fault> {
    let Operation::Atomic { kind, space, returns } = instruction.operation else { return Ok(()) };
    let (ty, operands) = (instruction.ty, &instruction.operands);
    let first = usize::from(returns);
    let addresses = warp.read(&operands[first], block);
    let values = warp.read(&operands[first + 1], block);
    let third = operands.get(first + 2).map_or([0; LANES], |operand| warp.read(operand, block));
    let mut before: Lanes = [0; LANES];
    for lane in active(mask) {
        let at = (Access::Write, space, addresses[lane], ty.bytes());
        let place = locate((warp, block), global, lane, at, instruction)?;
        let lock = LOCKS[(addresses[lane] >> 4 & 63) as usize].lock();
        // SAFETY: the place has as many bytes, and is not of constants: atomics name their memory.
        let old = unsafe { memory::read(place, ty.bytes()) };
        let new = combine(kind, ty, old, values[lane], third[lane]);
        // SAFETY: as above.
        unsafe { memory::write(place, ty.bytes(), new) };
        drop(lock);
        before[lane] = old;
    }
    if returns {
        warp.write(&operands[0], &before, mask);
    }
    Ok(())
}

/// What memory holds afterwards.
pub fn combine(kind: Atomic, ty: Type, old: u64, value: u64, third: u64) -> u64 {
    let float = |function: fn(f64, f64) -> f64| {
        bits_of_float(ty, function(float_of(ty, old), float_of(ty, value)))
    };
    let is_less = ty.widen(old) < ty.widen(value);
    let is_less = if ty.is_signed() { is_less } else { old & ty.mask() < value & ty.mask() };
    match kind {
        Atomic::Add if ty.is_float() => {
            let modes = Modes { saturate: false, flush: false, propagate_nan: false };
            let sum = floats::binary(Binary::Add, ty, modes, [old; LANES], [value; LANES]);
            sum.expect("numbers can be added")[0]
        }
        Atomic::Add => old.wrapping_add(value) & ty.mask(),
        Atomic::Exchange => value,
        // The new value is the third operand.
        Atomic::CompareExchange if (old ^ value) & ty.mask() == 0 => third,
        Atomic::CompareExchange => old,
        Atomic::Minimum if ty.is_float() => float(floats::minimum),
        Atomic::Maximum if ty.is_float() => float(floats::maximum),
        Atomic::Minimum => {
            if is_less {
                old
            } else {
                value
            }
        }
        Atomic::Maximum => {
            if is_less {
                value
            } else {
                old
            }
        }
        Atomic::And => old & value,
        Atomic::Or => old | value,
        Atomic::Xor => old ^ value,
    }
}

/// `redux`: a register of all lanes combined.
pub fn reduce_warp(kind: Atomic, ty: Type, values: &Lanes, mask: u32) -> Lanes {
    let combined =
        active(mask).map(|lane| values[lane]).reduce(|all, one| combine(kind, ty, all, one, 0));
    [combined.unwrap_or(0); LANES]
}

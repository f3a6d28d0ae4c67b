//! Running the warps of a block, instruction by instruction.

use super::atomics;
use super::lanes::{LANES, active};
use super::memory::{self, Access, GlobalMemory, locate};
use super::warp::{Block, State, Warp};
use super::{arithmetic, matrices};
use crate::Fault;
use crate::ptx::{Guard, Instruction, Operand, Operation, Space, Type};

/// Runs all warps of a block to their end. Warps run one after another, each up to a barrier.
///
/// # Errors
/// What an instruction did wrong.
pub fn run_block(
    warps: &mut [Warp],
    block: &mut Block,
    global: &mut GlobalMemory,
) -> Result<(), Fault> {
    loop {
        for warp in &mut *warps {
            run_warp(warp, block, global)?;
        }
        let states = warps.iter_mut().flat_map(|warp| &mut warp.states);
        let waiting: Vec<&mut State> = states.filter(|state| **state == State::Waiting).collect();
        if waiting.is_empty() {
            return Ok(());
        }
        for state in waiting {
            *state = State::Running;
        }
    }
}

/// Runs a warp until all of its lanes have finished or wait. Lanes at the same instruction run
/// together. Those that are behind run first, so that the others can join them after a branch.
fn run_warp(warp: &mut Warp, block: &mut Block, global: &mut GlobalMemory) -> Result<(), Fault> {
    loop {
        let running = |lane: &usize| warp.states[*lane] == State::Running;
        let Some(at) = (0..LANES).filter(running).map(|lane| warp.next[lane]).min() else {
            return Ok(());
        };
        let (mut mask, mut join) = (0, usize::MAX);
        for lane in (0..LANES).filter(running) {
            if warp.next[lane] == at {
                mask |= 1 << lane;
            } else {
                join = join.min(warp.next[lane]);
            }
        }
        run_group((warp, block), global, (at, join), mask)?;
    }
}

/// Runs the lanes of `mask` from instruction `at` until they reach that of others (`join`), take
/// different ways, or stop.
fn run_group(
    (warp, block): (&mut Warp, &mut Block),
    global: &mut GlobalMemory,
    (mut at, join): (usize, usize),
    mask: u32,
) -> Result<(), Fault> {
    let kernel = block.kernel;
    while at < join {
        let instruction = &kernel.code[at];
        block.clock += 1;
        let chosen = instruction.guard.map_or(mask, |guard| mask & guarded(warp, guard));
        match &instruction.operation {
            Operation::Branch if chosen == mask => at = instruction.targets[0],
            Operation::Branch if chosen == 0 => at += 1,
            Operation::Branch | Operation::BranchByIndex => {
                let choice = instruction.operands.first().map(|index| warp.read(index, block));
                for lane in active(mask) {
                    let last = instruction.targets.len() - 1;
                    let target = choice.map_or(0, |choice| choice[lane] as usize).min(last);
                    let taken = chosen >> lane & 1 == 1;
                    warp.next[lane] = if taken { instruction.targets[target] } else { at + 1 };
                }
                return Ok(());
            }
            Operation::Return | Operation::Barrier => {
                let returns = instruction.operation == Operation::Return;
                let state = if returns { State::Finished } else { State::Waiting };
                for lane in active(mask) {
                    warp.next[lane] = at + 1;
                    if chosen >> lane & 1 == 1 {
                        warp.states[lane] = state;
                    }
                }
                return Ok(());
            }
            _ => {
                if chosen != 0 {
                    run_instruction((warp, block), global, instruction, chosen)?;
                }
                at += 1;
            }
        }
    }
    for lane in active(mask) {
        warp.next[lane] = at;
    }
    Ok(())
}

/// The lanes where a guard holds.
fn guarded(warp: &Warp, guard: Guard) -> u32 {
    let register = warp.register(guard.register);
    let holds = |lane: &usize| (register[*lane] & 1 == 1) != guard.negated;
    (0..LANES).filter(holds).fold(0, |mask, lane| mask | 1 << lane)
}

fn run_instruction(
    (warp, block): (&mut Warp, &mut Block),
    global: &mut GlobalMemory,
    instruction: &Instruction,
    mask: u32,
) -> Result<(), Fault> {
    match &instruction.operation {
        Operation::Nothing => Ok(()),
        Operation::Load { space } => load((warp, block), global, instruction, *space, mask),
        Operation::Store { space } => store((warp, block), global, instruction, *space, mask),
        Operation::Atomic { .. } => atomics::run((warp, block), global, instruction, mask),
        Operation::ReduceWarp(kind) => {
            let values = warp.read(&instruction.operands[1], block);
            let reduced = atomics::reduce_warp(*kind, instruction.ty, &values, mask);
            warp.write(&instruction.operands[0], &reduced, mask);
            Ok(())
        }
        Operation::Trap(reason) => Err(Fault::new(format!("{reason}: {}", instruction.text))),
        _ => {
            let known = arithmetic::run(warp, block, instruction, mask)?
                || matrices::run((warp, block), global, instruction, mask)?;
            let message = || Fault::new(format!("not emulated: {}", instruction.text));
            if known { Ok(()) } else { Err(message()) }
        }
    }
}

fn load(
    (warp, block): (&mut Warp, &mut Block),
    global: &mut GlobalMemory,
    instruction: &Instruction,
    space: Space,
    mask: u32,
) -> Result<(), Fault> {
    let (ty, operands) = (instruction.ty, &instruction.operands);
    let (size, results) = (ty.bytes(), operands[0].elements());
    let addresses = warp.read(&operands[1], block);
    for lane in active(mask) {
        let place = (Access::Read, space, addresses[lane], size * results.len());
        let from = locate((warp, block), global, lane, place, instruction)?;
        for (at, result) in results.iter().enumerate() {
            // SAFETY: the place has so many elements.
            let value = unsafe { memory::read(from.add(at * size), size) };
            if let Operand::Register(number) = result {
                warp.register_mut(*number)[lane] = loaded(ty, value);
            }
        }
    }
    Ok(())
}

/// The register may be wider than the number, which then fills it with its sign.
fn loaded(ty: Type, value: u64) -> u64 {
    if ty.is_signed() { ty.extend_sign(value) as u64 } else { value }
}

fn store(
    (warp, block): (&mut Warp, &mut Block),
    global: &mut GlobalMemory,
    instruction: &Instruction,
    space: Space,
    mask: u32,
) -> Result<(), Fault> {
    let (operands, size) = (&instruction.operands, instruction.ty.bytes());
    let elements = operands[1].elements();
    let addresses = warp.read(&operands[0], block);
    for (at, element) in elements.iter().enumerate() {
        let values = warp.read(element, block);
        for lane in active(mask) {
            let place = (Access::Write, space, addresses[lane], size * elements.len());
            let to = locate((warp, block), global, lane, place, instruction)?;
            // SAFETY: the place has so many elements. Kernels do not store to constants.
            unsafe { memory::write(to.add(at * size), size, values[lane]) };
        }
    }
    Ok(())
}

//! The state of a warp and of its block.

use super::lanes::{LANES, Lanes};
use crate::ptx::{Kernel, Operand, Special};

/// What a thread is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Running,
    /// At a barrier.
    Waiting,
    Finished,
}

/// 32 threads that run together.
#[derive(Debug)]
pub struct Warp {
    /// The number of the first thread in its block.
    pub first_thread: usize,
    /// By register, then by lane.
    registers: Vec<u64>,
    /// By lane.
    pub local: Vec<u8>,
    /// The next instruction of each lane.
    pub next: [usize; LANES],
    pub states: [State; LANES],
}

/// The block that is run, and where it is in the grid.
#[derive(Debug)]
pub struct Block<'a> {
    pub kernel: &'a Kernel,
    pub parameters: &'a [u8],
    pub shared: Vec<u8>,
    /// Its index, by axis.
    pub index: [u32; 3],
    /// The number of blocks, by axis.
    pub blocks: [u32; 3],
    /// The number of its threads, by axis.
    pub threads: [u32; 3],
    /// Instructions run so far: the clock.
    pub clock: u64,
}

impl Warp {
    pub fn new(kernel: &Kernel, first_thread: usize) -> Self {
        Self {
            first_thread,
            registers: vec![0; kernel.registers * LANES],
            local: vec![0; kernel.local_bytes * LANES],
            next: [0; LANES],
            states: [State::Finished; LANES],
        }
    }

    /// Makes it ready for a block with this many threads.
    pub fn start(&mut self, threads: usize) {
        self.next = [0; LANES];
        let exists = |lane| self.first_thread + lane < threads;
        self.states =
            std::array::from_fn(|lane| if exists(lane) { State::Running } else { State::Finished });
    }

    /// A register of all lanes.
    pub fn register(&self, number: usize) -> &Lanes {
        let start = number * LANES;
        self.registers[start..start + LANES].try_into().expect("as many as lanes")
    }

    pub fn register_mut(&mut self, number: usize) -> &mut Lanes {
        let start = number * LANES;
        (&mut self.registers[start..start + LANES]).try_into().expect("as many as lanes")
    }

    /// The value of an operand in every lane.
    pub fn read(&self, operand: &Operand, block: &Block) -> Lanes {
        match operand {
            Operand::Register(number) | Operand::Pair(number, _) => *self.register(*number),
            Operand::Negated(number) => self.register(*number).map(|bits| !bits & 1),
            Operand::Immediate(value) => [*value; LANES],
            Operand::Address { base: None, offset } => [*offset; LANES],
            Operand::Address { base: Some(number), offset } => {
                self.register(*number).map(|base| base.wrapping_add(*offset))
            }
            Operand::Special(special) => {
                std::array::from_fn(|lane| self.special(*special, lane, block))
            }
            Operand::Vector(_) | Operand::Ignored => [0; LANES],
        }
    }

    /// Writes a result in the lanes of `mask`.
    pub fn write(&mut self, operand: &Operand, values: &Lanes, mask: u32) {
        let (Operand::Register(number) | Operand::Pair(number, _)) = operand else { return };
        let register = self.register_mut(*number);
        if mask == u32::MAX {
            *register = *values;
        } else {
            for lane in super::lanes::active(mask) {
                register[lane] = values[lane];
            }
        }
    }

    /// Writes the second result of `p|q`, if it is wanted.
    pub fn write_second(&mut self, operand: &Operand, values: &Lanes, mask: u32) {
        if let Operand::Pair(_, second) = operand {
            self.write(&Operand::Register(*second), values, mask);
        }
    }

    fn special(&self, special: Special, lane: usize, block: &Block) -> u64 {
        let [x, y, _] = block.threads.map(|threads| threads as usize);
        let thread = self.first_thread + lane;
        let value = match special {
            Special::Thread(0) => thread % x,
            Special::Thread(1) => thread / x % y,
            Special::Thread(_) => thread / (x * y),
            Special::Threads(axis) => block.threads[axis] as usize,
            Special::Block(axis) => block.index[axis] as usize,
            Special::Blocks(axis) => block.blocks[axis] as usize,
            Special::Lane => lane,
            Special::Warp => self.first_thread / LANES,
            Special::Clock => block.clock as usize,
        };
        value as u64
    }
}

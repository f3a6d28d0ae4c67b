//! One instruction of a kernel.

use super::{Operand, Operation, Type};

/// One instruction of a kernel.
#[derive(Debug, Clone)]
pub struct Instruction {
    /// As it was written, for messages.
    pub text: String,
    /// Lanes where it does not hold skip the instruction.
    pub guard: Option<Guard>,
    pub operation: Operation,
    /// The type it works on: the first that it names, or `b32`.
    pub ty: Type,
    /// All types that it names.
    pub types: Vec<Type>,
    /// The results come first.
    pub operands: Vec<Operand>,
    /// Where a branch goes: the number of an instruction. A branch by index has several.
    pub targets: Vec<usize>,
}

/// `@p` or `@!p` before an instruction.
#[derive(Debug, Clone, Copy)]
pub struct Guard {
    pub register: usize,
    pub negated: bool,
}

impl Instruction {
    /// The second type that it names: what it converts from.
    pub fn source_type(&self) -> Option<Type> {
        self.types.get(1).copied()
    }
}

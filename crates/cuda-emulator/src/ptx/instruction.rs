//! One instruction of a kernel.

use super::{Operand, Operation, Rounding, Type};

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

    /// Whether the emulator knows this form: the types and the kinds and number of operands.
    pub fn is_emulated(&self) -> bool {
        let Self { operation, ty, types, operands, .. } = self;
        let is_half_or_tf32 = |ty: &Type| matches!(ty, Type::F16 | Type::Bf16 | Type::Tf32);
        let known_types = match operation {
            Operation::Compare { .. } => ty.element().is_none(),
            // A reduction of precision toward 0 is known to f32 and bf16 alone.
            Operation::Convert { rounding: Rounding::TowardZero, .. } => {
                matches!(ty, Type::F32 | Type::Bf16)
                    && types.get(1).is_some_and(|from| from.is_float())
            }
            Operation::Binary { saturate: true, .. }
            | Operation::MultiplyAdd { round_down: true, .. } => *ty == Type::F32,
            Operation::MultiplyFragments(_) => match types[..] {
                [sum, a, b, other] => {
                    is_half_or_tf32(&a) && a == b && sum == Type::F32 && other == Type::F32
                }
                [sum, other] => [sum, other].iter().all(|ty| matches!(ty, Type::F16 | Type::F32)),
                _ => false,
            },
            Operation::Fragment { .. } => is_half_or_tf32(ty) || *ty == Type::F32,
            Operation::LoadMatrix { .. } | Operation::StoreMatrix { .. } => *ty == Type::B16,
            _ => *ty != Type::B128,
        };
        let takes_vectors = matches!(
            operation,
            Operation::Move
                | Operation::Load { .. }
                | Operation::Store { .. }
                | Operation::LoadMatrix { .. }
                | Operation::StoreMatrix { .. }
                | Operation::MultiplyMatrices(_)
                | Operation::Fragment { .. }
                | Operation::MultiplyFragments(_)
        );
        let takes_pairs = matches!(operation, Operation::Compare { .. } | Operation::Shuffle(_));
        let known_operand = |operand: &Operand| match operand {
            Operand::Vector(_) => takes_vectors,
            Operand::Pair(..) => takes_pairs,
            _ => true,
        };
        known_types && operands.len() >= operation.operands() && operands.iter().all(known_operand)
    }
}

//! Operands of instructions.

/// An operand of an instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A register, by its number.
    Register(usize),
    /// `!p`: the opposite of a predicate register.
    Negated(usize),
    /// `p|q`: two results.
    Pair(usize, usize),
    /// A constant, or the address of a variable.
    Immediate(u64),
    /// `[register + offset]`, or `[offset]`.
    Address { base: Option<usize>, offset: u64 },
    /// `{a, b, ...}`
    Vector(Vec<Operand>),
    /// A special register.
    Special(Special),
    /// `_`: the result is not needed.
    Ignored,
}

/// A special register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// The index of the thread in its block, by axis.
    Thread(usize),
    /// The number of threads of a block, by axis.
    Threads(usize),
    /// The index of the block, by axis.
    Block(usize),
    /// The number of blocks, by axis.
    Blocks(usize),
    /// The index of the thread in its warp.
    Lane,
    /// The index of the warp in its block.
    Warp,
    /// A counter that rises with every instruction.
    Clock,
}

impl Special {
    /// The special register with this name, such as `%tid.x`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "%laneid" => return Some(Self::Lane),
            "%warpid" => return Some(Self::Warp),
            "%clock" | "%clock64" | "%globaltimer" => return Some(Self::Clock),
            _ => {}
        }
        let (register, axis) = name.split_once('.')?;
        let axis = ["x", "y", "z"].iter().position(|known| *known == axis)?;
        Some(match register {
            "%tid" => Self::Thread(axis),
            "%ntid" => Self::Threads(axis),
            "%ctaid" => Self::Block(axis),
            "%nctaid" => Self::Blocks(axis),
            _ => return None,
        })
    }
}

impl Operand {
    /// The elements of a vector, or the operand itself.
    pub fn elements(&self) -> &[Operand] {
        match self {
            Self::Vector(elements) => elements,
            other => std::slice::from_ref(other),
        }
    }
}

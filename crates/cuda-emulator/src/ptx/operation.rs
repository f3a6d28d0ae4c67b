//! What instructions do.

mod parse;
mod words;

/// What an instruction does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Nothing that can be seen here: fences and prefetches.
    Nothing,
    Move,
    /// Between an address of a memory and a generic one.
    ConvertAddress {
        space: Space,
        to_space: bool,
    },
    Load {
        space: Space,
    },
    Store {
        space: Space,
    },
    Unary(Unary),
    Binary {
        kind: Binary,
        part: Part,
        saturate: bool,
        flush: bool,
        propagate_nan: bool,
    },
    /// a b + c
    MultiplyAdd {
        part: Part,
        relu: bool,
        round_down: bool,
    },
    /// Shifts two registers together.
    FunnelShift {
        left: bool,
        wrap: bool,
    },
    Compare {
        comparison: Comparison,
        combine: Option<Combine>,
    },
    Select,
    Convert {
        rounding: Rounding,
        saturate: bool,
        relu: bool,
    },
    PermuteBytes,
    ExtractBits,
    InsertBits,
    /// Any function of three bits.
    Logic3,
    Test(TestProperty),
    /// Whether a generic address lies in a memory.
    IsInSpace(Space),
    Shuffle(Shuffle),
    Vote(Vote),
    ActiveMask,
    /// Combines a register of all lanes of a warp.
    ReduceWarp(Atomic),
    /// Changes memory; `returns` the old value.
    Atomic {
        kind: Atomic,
        space: Space,
        returns: bool,
    },
    Branch,
    BranchByIndex,
    Return,
    Barrier,
    /// Ends the kernel with an error, and says why.
    Trap(String),
    LoadMatrix {
        transpose: bool,
        space: Space,
    },
    StoreMatrix {
        transpose: bool,
        space: Space,
    },
    /// `mma`: a product of matrices in the layout of the hardware.
    MultiplyMatrices(Shape),
    /// `wmma.load` and `wmma.store`.
    Fragment {
        store: bool,
        role: MatrixRole,
        shape: Shape,
        by_rows: bool,
        space: Space,
    },
    /// `wmma.mma`
    MultiplyFragments(Shape),
}

impl Operation {
    /// The fewest operands of a correct instruction, with its results.
    pub fn operands(&self) -> usize {
        match self {
            Self::Nothing | Self::Return | Self::Barrier | Self::Branch | Self::Trap(_) => 0,
            Self::ActiveMask | Self::BranchByIndex => 1,
            Self::Binary { .. } | Self::Compare { combine: None, .. } => 3,
            Self::MultiplyAdd { .. }
            | Self::FunnelShift { .. }
            | Self::Compare { combine: Some(_), .. }
            | Self::Select
            | Self::PermuteBytes
            | Self::ExtractBits
            | Self::Shuffle(_)
            | Self::MultiplyMatrices(_)
            | Self::MultiplyFragments(_) => 4,
            Self::InsertBits | Self::Logic3 => 5,
            Self::Atomic { kind, returns, .. } => {
                2 + usize::from(*returns) + usize::from(*kind == Atomic::CompareExchange)
            }
            _ => 2,
        }
    }
}

/// A kind of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// The address tells.
    Generic,
    Global,
    Shared,
    Local,
    Parameters,
    Constants,
}

/// Functions of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unary {
    Negate,
    Absolute,
    Not,
    Reciprocal,
    SquareRoot,
    ReciprocalSquareRoot,
    Exp2,
    Log2,
    Sine,
    Cosine,
    Tanh,
    CountOnes,
    LeadingZeros,
    ReverseBits,
    /// The position of the highest bit, or how far it is from the top.
    HighestBit {
        from_top: bool,
    },
}

/// Functions of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Minimum,
    Maximum,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
    CopySign,
}

/// Which half of a product of integers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Low,
    High,
    /// All of it, twice as wide.
    Wide,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// The same, and true if a number is NaN.
    UnorderedOr(&'static Comparison),
    Ordered,
    Unordered,
}

/// How a comparison is combined with a predicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combine {
    And,
    Or,
    Xor,
}

/// How a number becomes a whole one, or one of a smaller type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest number of the type.
    Nearest,
    /// To a number of the type that is not larger in magnitude.
    TowardZero,
    /// To the nearest integer, ties to even.
    Integer,
    IntegerTowardZero,
    IntegerDown,
    IntegerUp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestProperty {
    Finite,
    Infinite,
    Number,
    NotANumber,
}

/// Where a lane's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shuffle {
    Index,
    Up,
    Down,
    Butterfly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vote {
    Ballot,
    All,
    Any,
    Uniform,
}

/// How an atomic operation combines the old value with the new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Atomic {
    Add,
    Exchange,
    CompareExchange,
    Minimum,
    Maximum,
    And,
    Or,
    Xor,
}

/// The place of a matrix in a b + c = d.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatrixRole {
    A,
    B,
    /// c or d
    Sum,
}

/// A product of an m x k and a k x n matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub m: usize,
    pub n: usize,
    pub k: usize,
}

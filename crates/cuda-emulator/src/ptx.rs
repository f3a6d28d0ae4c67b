//! Kernels as text (PTX), and as instructions that can be run.

mod instruction;
mod kernel;
mod operand;
mod operation;
mod statements;
mod types;

pub use instruction::{Guard, Instruction};
pub use kernel::Kernel;
pub use operand::{Operand, Special};
pub use operation::{
    Atomic, Binary, Combine, Comparison, MatrixRole, Operation, Part, Rounding, Shape, Shuffle,
    Space, TestProperty, Unary, Vote,
};
pub use types::Type;

/// Addresses of memory that is not global begin here: of constants, of a block's shared memory, of
/// a thread's local memory, and of the parameters.
pub const CONSTANTS: u64 = 1 << 59;
pub const SHARED: u64 = 1 << 60;
pub const LOCAL: u64 = 1 << 61;
pub const PARAMETERS: u64 = 1 << 62;
/// The most bytes of each of them.
pub const WINDOW: u64 = 1 << 24;

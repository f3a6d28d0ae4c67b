//! A stand-in for the CUDA driver (`libcuda.so.1`), for machines without an NVIDIA GPU.
//!
//! It answers like a GPU of compute capability 9.0 and keeps the memory of the device in that of the
//! host. It runs the PTX of a kernel on the CPU, one warp after another, and checks that every
//! address lies within an allocation. It knows what cubecl's LLVM compiler emits: arithmetic of all
//! types, branches, barriers, shuffles, atomics, and the matrix instructions `ldmatrix`, `mma` and
//! `wmma`. An instruction that it does not know is an error of the launch, never a wrong number.
//!
//! Known limits: the membermask of shuffles and votes is not checked, since the lanes of a warp that are at one
//! instruction run together; the barriers of a block are one, whatever their number; denormal numbers are kept
//! whatever `.ftz` says, except as operands of f32.
//!
//! It does not show how fast a GPU is, how its tensor cores round, or what happens when warps run at
//! the same time.
//!
//! Environment variables:
//! - `ASSAY_CUDA_EMULATOR=count` counts launches and runs no kernel. Memory keeps what was in it.
//! - `ASSAY_CUDA_EMULATOR_TRACE=FILE` writes a line per launch and per read of device memory to
//!   `FILE.PID`.
//! - `ASSAY_CUDA_EMULATOR_PTX=FOLDER` keeps the PTX of every module.
//! - `ASSAY_CUDA_EMULATOR_THREADS=N` runs the blocks of a launch on N threads (default: 1). The order
//!   of atomic additions then varies.

mod driver;
mod execution;
mod numbers;
mod ptx;

/// One of the errors of the driver, or of a kernel that it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault(pub(crate) String);

impl Fault {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

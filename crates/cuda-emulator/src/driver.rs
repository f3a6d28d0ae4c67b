//! The functions of the CUDA driver that cubecl calls, under their C names.
//!
//! A pointer of the caller is written only where the driver's documentation says so. Streams are
//! handles without meaning: every call is finished when it returns.

mod device;
mod graphs;
mod memory;
mod modules;
mod streams;
mod trace;

/// A result of the driver's functions.
type Status = i32;

const SUCCESS: Status = 0;
const INVALID_VALUE: Status = 1;
const OUT_OF_MEMORY: Status = 2;
const INVALID_DEVICE: Status = 101;
const INVALID_PTX: Status = 218;
const NOT_FOUND: Status = 500;
const LAUNCH_FAILED: Status = 719;

/// The address of memory of the device.
type DevicePointer = u64;

/// Whether kernels run, or are only counted.
fn runs_kernels() -> bool {
    std::env::var_os("ASSAY_CUDA_EMULATOR").is_none_or(|mode| mode != "count")
}

/// Writes what a caller asked for.
///
/// # Safety
/// `to` is null, or valid for a `T`.
unsafe fn give<T>(to: *mut T, value: T) -> Status {
    if to.is_null() {
        return INVALID_VALUE;
    }
    // SAFETY: the caller's promise.
    unsafe { to.write_unaligned(value) };
    SUCCESS
}

//! What the device says about itself: it has the limits of an H200.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};

use super::{INVALID_DEVICE, SUCCESS, Status, give};

/// The version of CUDA that it speaks: 13.0.
const VERSION: c_int = 13_000;
const NAME: &CStr = c"NVIDIA H200 (emulated)";
const PCI_BUS: &CStr = c"0000:18:00.0";
/// Bytes of memory that it claims to have.
pub(super) const MEMORY: usize = 150_754_820_096;
/// The most bytes of shared memory of a block.
pub(super) const SHARED_MEMORY: c_int = 232_448;
/// The most threads of a block, and blocks along the second and third axis.
pub(super) const THREADS: u32 = 1024;
pub(super) const BLOCKS: u32 = 65_535;

/// `CUdevice_attribute`, as far as it is asked for.
fn attribute(number: c_int) -> Option<c_int> {
    Some(match number {
        // Threads of a block, and along its first and second axis.
        1..=3 => THREADS as c_int,
        // Threads along the third axis.
        4 => 64,
        // Blocks along the axes.
        5 => c_int::MAX,
        6 | 7 => BLOCKS as c_int,
        // Shared memory of a block without asking for more.
        8 => 49_152,
        // Threads of a warp.
        10 => 32,
        // Multiprocessors.
        16 => 132,
        // Compute capability, major and minor.
        75 => 9,
        76 => 0,
        // Shared memory of a multiprocessor, and the most of a block.
        81 => 233_472,
        97 => SHARED_MEMORY,
        // Whether it has memory pools.
        115 => 1,
        _ => return None,
    })
}

#[unsafe(no_mangle)]
extern "C" fn cuInit(_flags: c_uint) -> Status {
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDriverGetVersion(version: *mut c_int) -> Status {
    // SAFETY: the caller passes a place for the number.
    unsafe { give(version, VERSION) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDeviceGetCount(count: *mut c_int) -> Status {
    // SAFETY: the caller passes a place for the number.
    unsafe { give(count, 1) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDeviceGet(device: *mut c_int, number: c_int) -> Status {
    if number != 0 {
        return INVALID_DEVICE;
    }
    // SAFETY: the caller passes a place for the number.
    unsafe { give(device, 0) }
}

/// Copies as much of a text as fits, with the zero at its end.
///
/// # Safety
/// `to` is valid for `length` bytes.
unsafe fn give_text(to: *mut c_char, length: c_int, text: &CStr) -> Status {
    let bytes = text.to_bytes();
    let count = bytes.len().min((length.max(1) - 1) as usize);
    // SAFETY: the caller's promise; one byte is left for the zero.
    unsafe {
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), to.cast(), count);
        to.add(count).write(0);
    }
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDeviceGetName(name: *mut c_char, length: c_int, _device: c_int) -> Status {
    // SAFETY: the caller passes a buffer and its length.
    unsafe { give_text(name, length, NAME) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDeviceGetPCIBusId(id: *mut c_char, length: c_int, _device: c_int) -> Status {
    // SAFETY: the caller passes a buffer and its length.
    unsafe { give_text(id, length, PCI_BUS) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDeviceGetUuid(uuid: *mut [u8; 16], _device: c_int) -> Status {
    // SAFETY: the caller passes a place for the bytes.
    unsafe { give(uuid, [7; 16]) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDeviceGetUuid_v2(uuid: *mut [u8; 16], device: c_int) -> Status {
    // SAFETY: the caller passes a place for the bytes.
    unsafe { cuDeviceGetUuid(uuid, device) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDeviceTotalMem_v2(bytes: *mut usize, _device: c_int) -> Status {
    // SAFETY: the caller passes a place for the number.
    unsafe { give(bytes, MEMORY) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDeviceGetAttribute(
    value: *mut c_int,
    number: c_int,
    _device: c_int,
) -> Status {
    let known = attribute(number);
    if known.is_none() {
        eprintln!("cuda-emulator: attribute {number} is not known; answering 0");
    }
    // SAFETY: the caller passes a place for the number.
    unsafe { give(value, known.unwrap_or(0)) }
}

/// The only context. Its address is a handle.
static CONTEXT: u8 = 0;

fn context() -> *mut c_void {
    (&raw const CONTEXT).cast_mut().cast()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuDevicePrimaryCtxRetain(handle: *mut *mut c_void, _device: c_int) -> Status {
    // SAFETY: the caller passes a place for the handle.
    unsafe { give(handle, context()) }
}

#[unsafe(no_mangle)]
extern "C" fn cuDevicePrimaryCtxRelease_v2(_device: c_int) -> Status {
    SUCCESS
}

#[unsafe(no_mangle)]
extern "C" fn cuCtxSetCurrent(_context: *mut c_void) -> Status {
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuCtxGetCurrent(handle: *mut *mut c_void) -> Status {
    // SAFETY: the caller passes a place for the handle.
    unsafe { give(handle, context()) }
}

#[unsafe(no_mangle)]
extern "C" fn cuCtxSynchronize() -> Status {
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuCtxGetStreamPriorityRange(least: *mut c_int, most: *mut c_int) -> Status {
    // SAFETY: the caller passes places for both numbers.
    unsafe {
        give(least, 0);
        give(most, -5)
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuGetErrorName(status: Status, name: *mut *const c_char) -> Status {
    let text = match status {
        super::INVALID_VALUE => c"CUDA_ERROR_INVALID_VALUE",
        super::OUT_OF_MEMORY => c"CUDA_ERROR_OUT_OF_MEMORY",
        super::INVALID_PTX => c"CUDA_ERROR_INVALID_PTX",
        super::NOT_FOUND => c"CUDA_ERROR_NOT_FOUND",
        super::LAUNCH_FAILED => c"CUDA_ERROR_LAUNCH_FAILED",
        _ => c"CUDA_ERROR",
    };
    // SAFETY: the caller passes a place for the pointer.
    unsafe { give(name, text.as_ptr()) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuGetErrorString(_status: Status, text: *mut *const c_char) -> Status {
    // SAFETY: the caller passes a place for the pointer.
    unsafe { give(text, c"see the message of cuda-emulator before".as_ptr()) }
}

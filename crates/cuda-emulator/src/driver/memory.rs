//! Memory of the device, which is memory of this process, and copies.

use std::alloc::Layout;
use std::ffi::{c_uint, c_void};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::device::MEMORY;
use super::{
    DevicePointer, INVALID_VALUE, OUT_OF_MEMORY, SUCCESS, Status, give, runs_kernels, trace,
};
use crate::execution::{add_allocation, is_allocated, remove_allocation};

/// The alignment of memory of the device.
const ALIGNMENT: usize = 512;
/// Bytes that are allocated.
static USED: AtomicUsize = AtomicUsize::new(0);

fn layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes.max(1), ALIGNMENT).ok()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemAlloc_v2(pointer: *mut DevicePointer, bytes: usize) -> Status {
    let Some(layout) = layout(bytes) else { return OUT_OF_MEMORY };
    // Zeros cost nothing until they are used, and keep what nobody wrote the same from run to run.
    // SAFETY: the layout has at least one byte.
    let allocated = unsafe { std::alloc::alloc_zeroed(layout) };
    if allocated.is_null() {
        return OUT_OF_MEMORY;
    }
    add_allocation(allocated as u64, bytes as u64);
    USED.fetch_add(bytes, Ordering::Relaxed);
    // SAFETY: the caller passes a place for the address.
    unsafe { give(pointer, allocated as u64) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemAllocAsync(
    pointer: *mut DevicePointer,
    bytes: usize,
    _stream: *mut c_void,
) -> Status {
    // SAFETY: as for the function that waits.
    unsafe { cuMemAlloc_v2(pointer, bytes) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemFree_v2(pointer: DevicePointer) -> Status {
    let Some(bytes) = remove_allocation(pointer) else {
        eprintln!("cuda-emulator: {pointer:#x} is freed, but was not allocated");
        return INVALID_VALUE;
    };
    USED.fetch_sub(bytes as usize, Ordering::Relaxed);
    let layout = layout(bytes as usize).expect("it was allocated with this layout");
    // SAFETY: it was allocated with this layout, and is no longer in the list of allocations.
    unsafe { std::alloc::dealloc(pointer as *mut u8, layout) };
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemFreeAsync(pointer: DevicePointer, _stream: *mut c_void) -> Status {
    // SAFETY: as for the function that waits.
    unsafe { cuMemFree_v2(pointer) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemAllocHost_v2(pointer: *mut *mut c_void, bytes: usize) -> Status {
    // SAFETY: plain memory of the process; the caller gives it back with `cuMemFreeHost`.
    let allocated = unsafe { libc::malloc(bytes.max(1)) };
    if allocated.is_null() {
        return OUT_OF_MEMORY;
    }
    // SAFETY: the caller passes a place for the pointer.
    unsafe { give(pointer, allocated) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemHostAlloc(
    pointer: *mut *mut c_void,
    bytes: usize,
    _flags: c_uint,
) -> Status {
    // SAFETY: as for the function without flags.
    unsafe { cuMemAllocHost_v2(pointer, bytes) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemFreeHost(pointer: *mut c_void) -> Status {
    // SAFETY: it is from `cuMemAllocHost`.
    unsafe { libc::free(pointer) };
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize) -> Status {
    // SAFETY: the caller passes places for both numbers.
    unsafe {
        give(free, MEMORY - USED.load(Ordering::Relaxed).min(MEMORY));
        give(total, MEMORY)
    }
}

/// Whether a copy stays within memory of the device; says so if it does not.
fn check(what: &str, pointer: DevicePointer, bytes: usize) -> bool {
    let allocated = bytes == 0 || is_allocated(pointer, bytes as u64);
    if !allocated {
        eprintln!(
            "cuda-emulator: {what} of {bytes} bytes at {pointer:#x}, outside of every allocation"
        );
    }
    allocated
}

/// # Safety
/// `from` is valid for `bytes`.
#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemcpyHtoD_v2(
    to: DevicePointer,
    from: *const c_void,
    bytes: usize,
) -> Status {
    if !check("a copy to the device", to, bytes) {
        return INVALID_VALUE;
    }
    // SAFETY: the target was checked, and the caller passes a buffer of so many bytes.
    unsafe { std::ptr::copy(from.cast::<u8>(), to as *mut u8, bytes) };
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemcpyHtoDAsync_v2(
    to: DevicePointer,
    from: *const c_void,
    bytes: usize,
    _stream: *mut c_void,
) -> Status {
    // SAFETY: as for the function that waits.
    unsafe { cuMemcpyHtoD_v2(to, from, bytes) }
}

/// # Safety
/// `to` is valid for `bytes`.
#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemcpyDtoH_v2(to: *mut c_void, from: DevicePointer, bytes: usize) -> Status {
    if !check("a copy from the device", from, bytes) {
        return INVALID_VALUE;
    }
    trace::read(bytes);
    // SAFETY: the source was checked, and the caller passes a buffer of so many bytes.
    unsafe { std::ptr::copy(from as *const u8, to.cast::<u8>(), bytes) };
    if !runs_kernels() && bytes >= 8 && !ANSWERED.swap(true, Ordering::Relaxed) {
        // SAFETY: the buffer has at least eight bytes.
        unsafe { to.cast::<[f32; 2]>().write_unaligned([1.0, std::f32::consts::E]) };
    }
    SUCCESS
}

/// Without kernels, the first thing that is read is what assay opens a device with: exp of 0 and 1.
static ANSWERED: AtomicBool = AtomicBool::new(false);

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemcpyDtoHAsync_v2(
    to: *mut c_void,
    from: DevicePointer,
    bytes: usize,
    _stream: *mut c_void,
) -> Status {
    // SAFETY: as for the function that waits.
    unsafe { cuMemcpyDtoH_v2(to, from, bytes) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemcpyDtoDAsync_v2(
    to: DevicePointer,
    from: DevicePointer,
    bytes: usize,
    _stream: *mut c_void,
) -> Status {
    if !(check("a copy on the device", to, bytes) && check("a copy on the device", from, bytes)) {
        return INVALID_VALUE;
    }
    // SAFETY: both were checked.
    unsafe { std::ptr::copy(from as *const u8, to as *mut u8, bytes) };
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemsetD8Async(
    to: DevicePointer,
    value: u8,
    bytes: usize,
    _stream: *mut c_void,
) -> Status {
    if !check("a fill", to, bytes) {
        return INVALID_VALUE;
    }
    // SAFETY: it was checked.
    unsafe { std::ptr::write_bytes(to as *mut u8, value, bytes) };
    SUCCESS
}

/// `CUDA_MEMCPY2D`: one side of a copy of rows.
#[repr(C)]
#[derive(Clone, Copy)]
struct Side {
    x: usize,
    y: usize,
    /// 1 for memory of the host, 2 for that of the device.
    kind: c_uint,
    host: *mut c_void,
    device: DevicePointer,
    array: *mut c_void,
    pitch: usize,
}

/// `CUDA_MEMCPY2D`.
#[repr(C)]
struct Rows {
    from: Side,
    to: Side,
    width: usize,
    height: usize,
}

impl Side {
    /// Where a row begins; none if it is outside of the device's memory.
    fn row(self, row: usize, width: usize) -> Option<*mut u8> {
        let offset = (self.y + row) * self.pitch + self.x;
        if self.kind == 1 {
            return Some(self.host.cast::<u8>().wrapping_add(offset));
        }
        let address = self.device + offset as u64;
        check("a row of a copy", address, width).then_some(address as *mut u8)
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuMemcpy2DAsync_v2(rows: *const Rows, _stream: *mut c_void) -> Status {
    // SAFETY: the caller passes a description.
    let Rows { from, to, width, height } = unsafe { rows.read() };
    if from.kind == 2 && to.kind == 1 {
        trace::read(width * height);
    }
    for row in 0..height {
        let (Some(from), Some(to)) = (from.row(row, width), to.row(row, width)) else {
            return INVALID_VALUE;
        };
        // SAFETY: rows of the device were checked; the caller describes its own memory.
        unsafe { std::ptr::copy(from, to, width) };
    }
    SUCCESS
}

//! Modules, kernels and launches.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::device::{BLOCKS, SHARED_MEMORY, THREADS};
use super::{
    INVALID_PTX, INVALID_VALUE, LAUNCH_FAILED, NOT_FOUND, SUCCESS, Status, give, runs_kernels,
    trace,
};
use crate::Fault;
use crate::execution::{Grid, launch};
use crate::ptx::Kernel;

/// A loaded module. It lives as long as the process.
struct Module {
    number: usize,
    name: String,
    ptx: String,
    /// Parsed when it is first launched.
    kernel: OnceLock<Result<Kernel, Fault>>,
}

static MODULES: AtomicUsize = AtomicUsize::new(0);

/// Kernels that measure the device. Their results would mean nothing here, so they do not run.
const MEASUREMENTS: [&str; 3] = ["throughput", "launch_overhead", "prime_buffer"];
/// What measures a throughput is repeated, with ever more work, until it takes this long.
const THROUGHPUT: (&str, Duration) = ("throughput", Duration::from_millis(50));

#[unsafe(no_mangle)]
unsafe extern "C" fn cuModuleLoadData(module: *mut *mut c_void, image: *const c_char) -> Status {
    // SAFETY: the caller passes PTX, which ends with a zero.
    let ptx = unsafe { CStr::from_ptr(image) }.to_string_lossy().into_owned();
    let Some(name) = Kernel::name_of(&ptx).map(str::to_owned) else { return INVALID_PTX };
    let number = MODULES.fetch_add(1, Ordering::Relaxed);
    trace::module(number, &name);
    if let Some(folder) = std::env::var_os("ASSAY_CUDA_EMULATOR_PTX") {
        let path = Path::new(&folder).join(format!("{}-{number}.ptx", std::process::id()));
        if let Err(error) = std::fs::write(&path, &ptx) {
            eprintln!("cuda-emulator: {}: {error}", path.display());
        }
    }
    let loaded = Module { number, name, ptx, kernel: OnceLock::new() };
    // SAFETY: the caller passes a place for the handle.
    unsafe { give(module, Box::into_raw(Box::new(loaded)).cast()) }
}

#[unsafe(no_mangle)]
extern "C" fn cuModuleUnload(_module: *mut c_void) -> Status {
    SUCCESS
}

/// A module has one kernel, so that the handle of the kernel is that of the module.
#[unsafe(no_mangle)]
unsafe extern "C" fn cuModuleGetFunction(
    function: *mut *mut c_void,
    module: *mut c_void,
    name: *const c_char,
) -> Status {
    // SAFETY: the handle is from `cuModuleLoadData`, and a name ends with a zero.
    let (loaded, name) = unsafe { (&*module.cast::<Module>(), CStr::from_ptr(name)) };
    if name.to_bytes() != loaded.name.as_bytes() {
        eprintln!(
            "cuda-emulator: no kernel {} in a module of {}",
            name.to_string_lossy(),
            loaded.name
        );
        return NOT_FOUND;
    }
    // SAFETY: the caller passes a place for the handle.
    unsafe { give(function, module) }
}

/// `CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES`
const DYNAMIC_SHARED_BYTES: c_int = 8;

#[unsafe(no_mangle)]
extern "C" fn cuFuncSetAttribute(_function: *mut c_void, attribute: c_int, value: c_int) -> Status {
    if attribute == DYNAMIC_SHARED_BYTES && value > SHARED_MEMORY { INVALID_VALUE } else { SUCCESS }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuLaunchKernel(
    function: *mut c_void,
    blocks_x: c_uint,
    blocks_y: c_uint,
    blocks_z: c_uint,
    threads_x: c_uint,
    threads_y: c_uint,
    threads_z: c_uint,
    dynamic_shared_bytes: c_uint,
    _stream: *mut c_void,
    parameters: *mut *mut c_void,
    _extra: *mut *mut c_void,
) -> Status {
    // SAFETY: the handle is from `cuModuleGetFunction`.
    let module = unsafe { &*function.cast::<Module>() };
    let grid = Grid {
        blocks: [blocks_x, blocks_y, blocks_z],
        threads: [threads_x, threads_y, threads_z],
        dynamic_shared_bytes: dynamic_shared_bytes as usize,
    };
    trace::launch(module.number, grid);
    if !is_possible(grid) {
        eprintln!("cuda-emulator: {}: impossible launch {grid:?}", module.name);
        return INVALID_VALUE;
    }
    if module.name.contains(THROUGHPUT.0) {
        std::thread::sleep(THROUGHPUT.1);
    }
    if !runs_kernels() || MEASUREMENTS.iter().any(|part| module.name.contains(part)) {
        return SUCCESS;
    }
    let parsed = module.kernel.get_or_init(|| Kernel::parse(&module.ptx));
    let launched = parsed.as_ref().map_err(Clone::clone).and_then(|kernel| {
        // SAFETY: the caller passes a pointer for each parameter of the kernel.
        let bytes = unsafe { parameter_bytes(kernel, parameters) };
        check_limits(kernel, grid)?;
        // A panic must not leave a function that C calls.
        let run = AssertUnwindSafe(|| launch(kernel, grid, &bytes, workers()));
        catch_unwind(run).unwrap_or_else(|_| Err(Fault::new("the emulator panicked")))
    });
    match launched {
        Ok(()) => SUCCESS,
        Err(Fault(reason)) => {
            eprintln!(
                "cuda-emulator: kernel {} {}, {grid:?}: {reason}",
                module.number, module.name
            );
            LAUNCH_FAILED
        }
    }
}

/// Whether a kernel can be launched so: with the threads that it requires, and enough shared memory.
fn check_limits(kernel: &Kernel, grid: Grid) -> Result<(), Fault> {
    let shared = kernel.shared_bytes + grid.dynamic_shared_bytes;
    if shared > SHARED_MEMORY as usize {
        return Err(Fault::new(format!("{shared} bytes of shared memory, of {SHARED_MEMORY}")));
    }
    match kernel.required_threads {
        Some(required) if required != grid.threads => {
            let given = grid.threads;
            Err(Fault::new(format!(
                "a block of {given:?} threads; the kernel requires {required:?}"
            )))
        }
        _ => Ok(()),
    }
}

/// Whether a device would accept a launch.
fn is_possible(grid: Grid) -> bool {
    let [_, y, z] = grid.blocks;
    if grid.threads[2] > 64 {
        return false;
    }
    let threads = grid.threads.iter().map(|&threads| u64::from(threads)).product::<u64>();
    let all = [grid.blocks, grid.threads].concat();
    all.iter().all(|&count| count > 0)
        && y <= BLOCKS
        && z <= BLOCKS
        && threads <= u64::from(THREADS)
}

/// The parameters, as a kernel reads them.
///
/// # Safety
/// There is a pointer for each parameter, valid for its bytes.
unsafe fn parameter_bytes(kernel: &Kernel, pointers: *mut *mut c_void) -> Vec<u8> {
    let mut bytes = vec![0; kernel.parameter_bytes];
    for (at, (offset, length)) in kernel.parameters.iter().copied().enumerate() {
        // SAFETY: the caller's promise.
        unsafe {
            let from = (*pointers.add(at)).cast::<u8>();
            std::ptr::copy_nonoverlapping(from, bytes[offset..].as_mut_ptr(), length);
        }
    }
    bytes
}

/// Threads that share the blocks of a launch.
fn workers() -> usize {
    static WORKERS: OnceLock<usize> = OnceLock::new();
    *WORKERS.get_or_init(|| {
        let given = std::env::var("ASSAY_CUDA_EMULATOR_THREADS").ok();
        given.and_then(|number| number.parse().ok()).unwrap_or(1)
    })
}

macro_rules! no_tensor_map {
    ($($name:ident),*) => {$(
        /// Descriptors of Hopper's bulk copies, which cubecl's LLVM compiler does not use.
        #[unsafe(no_mangle)]
        extern "C" fn $name() -> Status {
            eprintln!("cuda-emulator: {} is not emulated", stringify!($name));
            super::INVALID_VALUE
        }
    )*};
}

no_tensor_map!(cuTensorMapEncodeTiled, cuTensorMapEncodeIm2col, cuTensorMapEncodeIm2colWide);

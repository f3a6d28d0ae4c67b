//! Graphs of launches, which are not emulated: the functions refuse.

use std::ffi::{c_int, c_void};

use super::{INVALID_VALUE, Status};

macro_rules! not_emulated {
    ($($name:ident($($argument:ident: $ty:ty),*)),* $(,)?) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name($($argument: $ty),*) -> Status {
            $(let _ = $argument;)*
            eprintln!("cuda-emulator: {} is not emulated", stringify!($name));
            INVALID_VALUE
        }
    )*};
}

not_emulated! {
    cuStreamBeginCapture_v2(stream: *mut c_void, mode: c_int),
    cuStreamEndCapture(stream: *mut c_void, graph: *mut *mut c_void),
    cuGraphInstantiateWithFlags(run: *mut *mut c_void, graph: *mut c_void, flags: u64),
    cuGraphLaunch(run: *mut c_void, stream: *mut c_void),
    cuGraphExecDestroy(run: *mut c_void),
    cuGraphDestroy(graph: *mut c_void),
}

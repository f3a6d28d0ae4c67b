//! Streams and events.

use std::ffi::{c_int, c_uint, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::{INVALID_VALUE, SUCCESS, Status, give};

/// The next handle of a stream.
static NEXT_STREAM: AtomicUsize = AtomicUsize::new(1);

/// When an event was recorded.
struct Event(Instant);

#[unsafe(no_mangle)]
unsafe extern "C" fn cuStreamCreate(stream: *mut *mut c_void, _flags: c_uint) -> Status {
    let handle = NEXT_STREAM.fetch_add(1, Ordering::Relaxed);
    // SAFETY: the caller passes a place for the handle.
    unsafe { give(stream, handle as *mut c_void) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuStreamCreateWithPriority(
    stream: *mut *mut c_void,
    flags: c_uint,
    _priority: c_int,
) -> Status {
    // SAFETY: the caller passes a place for the handle.
    unsafe { cuStreamCreate(stream, flags) }
}

#[unsafe(no_mangle)]
extern "C" fn cuStreamDestroy_v2(_stream: *mut c_void) -> Status {
    SUCCESS
}

#[unsafe(no_mangle)]
extern "C" fn cuStreamSynchronize(_stream: *mut c_void) -> Status {
    SUCCESS
}

#[unsafe(no_mangle)]
extern "C" fn cuStreamQuery(_stream: *mut c_void) -> Status {
    SUCCESS
}

#[unsafe(no_mangle)]
extern "C" fn cuStreamWaitEvent(
    _stream: *mut c_void,
    _event: *mut c_void,
    _flags: c_uint,
) -> Status {
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuEventCreate(event: *mut *mut c_void, _flags: c_uint) -> Status {
    let created = Box::into_raw(Box::new(Event(Instant::now())));
    // SAFETY: the caller passes a place for the handle.
    unsafe { give(event, created.cast()) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuEventDestroy_v2(event: *mut c_void) -> Status {
    if event.is_null() {
        return INVALID_VALUE;
    }
    // SAFETY: a handle is from `cuEventCreate`, and is destroyed once.
    drop(unsafe { Box::from_raw(event.cast::<Event>()) });
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuEventRecord(event: *mut c_void, _stream: *mut c_void) -> Status {
    // SAFETY: the handle of an event is a pointer to it.
    unsafe { give(event.cast(), Event(Instant::now())) }
}

#[unsafe(no_mangle)]
extern "C" fn cuEventSynchronize(_event: *mut c_void) -> Status {
    SUCCESS
}

#[unsafe(no_mangle)]
extern "C" fn cuEventQuery(_event: *mut c_void) -> Status {
    SUCCESS
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuEventElapsedTime(
    milliseconds: *mut f32,
    from: *mut c_void,
    to: *mut c_void,
) -> Status {
    if from.is_null() || to.is_null() {
        return INVALID_VALUE;
    }
    // SAFETY: the handles of events are pointers to them.
    let (from, to) = unsafe { (&*from.cast::<Event>(), &*to.cast::<Event>()) };
    let elapsed = to.0.saturating_duration_since(from.0);
    // SAFETY: the caller passes a place for the number.
    unsafe { give(milliseconds, elapsed.as_secs_f32() * 1e3) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cuEventElapsedTime_v2(
    milliseconds: *mut f32,
    from: *mut c_void,
    to: *mut c_void,
) -> Status {
    // SAFETY: as for the function of the older name.
    unsafe { cuEventElapsedTime(milliseconds, from, to) }
}

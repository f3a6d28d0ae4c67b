//! Records panics in any thread of this process.
//!
//! A burn backend runs on a thread of its own and continues after a panic there. The caller may not notice,
//! and later results may be wrong.

use std::panic::PanicHookInfo;
use std::sync::{Mutex, Once, PoisonError};

use crate::device::PANIC_HOOK;

/// The first panic since [`start_recording`] was called.
static FIRST: Mutex<Option<String>> = Mutex::new(None);

/// A thread of this process panicked; with the panic message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a thread of this process panicked, so that what it computed may be wrong: {0}")]
pub struct Panicked(String);

/// From now on, records the first panic in any thread. Every panic is still printed.
pub fn start_recording() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Wait while `catch_panics` has replaced the hook; otherwise its hook would be chained.
        let _one_at_a_time = PANIC_HOOK.lock().unwrap_or_else(PoisonError::into_inner);
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            FIRST
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert_with(|| describe_panic(panic));
            previous(panic);
        }));
    });
}

/// Checks that no thread has panicked since [`start_recording`] was called.
///
/// # Errors
/// Returns the first panic.
pub fn ensure_none() -> Result<(), Panicked> {
    let first = FIRST.lock().unwrap_or_else(PoisonError::into_inner).clone();
    first.map_or(Ok(()), |first| Err(Panicked(first)))
}

fn describe_panic(panic: &PanicHookInfo) -> String {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("without a name");
    let message = panic.payload_as_str().unwrap_or("no message");
    match panic.location() {
        Some(at) => format!("{message} (thread {thread}, {}:{})", at.file(), at.line()),
        None => format!("{message} (thread {thread})"),
    }
}

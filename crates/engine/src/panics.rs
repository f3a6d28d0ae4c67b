//! Panics of any thread of this process.
//!
//! A backend works on a thread of its own and goes on after a panic there: the caller may never hear of it, and
//! what it computes from then on may be wrong.

use std::panic::PanicHookInfo;
use std::sync::{Mutex, Once, PoisonError};

use crate::device::HOOK;

/// The first panic since [`watch`] was called.
static FIRST: Mutex<Option<String>> = Mutex::new(None);

/// A thread of this process panicked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a thread of this process panicked, so that what it computed may be wrong: {0}")]
pub struct Panicked(String);

/// From now on metrics the first panic of any thread. Every panic is printed as before.
pub fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Not while another hook is there for a while, which would be taken for the one before.
        let _one_at_a_time = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            FIRST
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get_or_insert_with(|| words(panic));
            before(panic);
        }));
    });
}

/// Whether no thread has panicked since [`watch`] was called.
///
/// # Errors
/// The first panic.
pub fn check() -> Result<(), Panicked> {
    let first = FIRST.lock().unwrap_or_else(PoisonError::into_inner).clone();
    first.map_or(Ok(()), |first| Err(Panicked(first)))
}

fn words(panic: &PanicHookInfo) -> String {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("without a name");
    let message = panic.payload_as_str().unwrap_or("no message");
    match panic.location() {
        Some(place) => format!("{message} (thread {thread}, {}:{})", place.file(), place.line()),
        None => format!("{message} (thread {thread})"),
    }
}

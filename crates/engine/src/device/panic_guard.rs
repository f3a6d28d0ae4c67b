//! Turns panics of a burn backend into errors.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ThreadId;

/// Held while the panic hook of the process is replaced.
pub(crate) static PANIC_HOOK: Mutex<()> = Mutex::new(());

/// Runs `work`; turns a panic in this thread, or in any other thread meanwhile, into an error.
///
/// A backend opens devices and compiles kernels on a thread of its own. If that thread panics, the caller
/// learns at most that it is gone; the cause is in the first panic message. While `work` runs, panics of the
/// process are not printed.
///
/// # Errors
/// Returns the message of the first panic.
pub fn catch_panics<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let _one_at_a_time = PANIC_HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let messages = Arc::new(Mutex::new(Vec::<(ThreadId, String)>::new()));
    let previous = std::panic::take_hook();
    let recorded = messages.clone();
    std::panic::set_hook(Box::new(move |panic| {
        let panicked = (std::thread::current().id(), describe_panic(panic));
        recorded.lock().unwrap_or_else(PoisonError::into_inner).push(panicked);
    }));
    let result = catch_unwind(AssertUnwindSafe(work));
    std::panic::set_hook(previous);
    let messages = std::mem::take(&mut *messages.lock().unwrap_or_else(PoisonError::into_inner));
    let (here, is_done) = (std::thread::current().id(), result.is_ok());
    // `work` may catch panics of this thread itself; those do not count.
    let mut counted = messages.into_iter().filter(|(thread, _)| !is_done || *thread != here);
    match (result, counted.next()) {
        (Ok(result), None) => Ok(result),
        (_, Some((_, message))) => Err(message),
        (Err(_), None) => Err("it panicked without a message".to_owned()),
    }
}

fn describe_panic(panic: &PanicHookInfo) -> String {
    let message = panic.payload_as_str().unwrap_or("no message");
    match panic.location() {
        Some(at) => format!("{message} ({}:{})", crate_path(at.file()), at.line()),
        None => message.to_owned(),
    }
}

/// The path of a source file without the folder of the cargo registry.
fn crate_path(file: &str) -> &str {
    let Some((_, within)) = file.split_once("/registry/src/") else { return file };
    within.split_once('/').map_or(within, |(_, file)| file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_panic_message_of_any_thread_is_returned() {
        assert_eq!(catch_panics(|| 3), Ok(3));
        let error = catch_panics(|| panic!("no adapter {}", 7)).unwrap_err();
        assert!(error.starts_with("no adapter 7 (") && error.contains("guard.rs:"), "{error}");
        let error = catch_panics(|| {
            let thread = std::thread::spawn(|| panic!("the driver is gone"));
            assert!(thread.join().is_ok(), "the thread is gone");
        });
        assert!(error.unwrap_err().starts_with("the driver is gone"));
    }

    #[test]
    fn a_panic_in_another_thread_is_an_error_and_a_caught_panic_is_not() {
        let error = catch_panics(|| {
            let thread = std::thread::spawn(|| panic!("a kernel failed"));
            thread.join().is_err()
        });
        assert!(error.unwrap_err().starts_with("a kernel failed"));
        assert_eq!(catch_panics(|| catch_unwind(|| panic!("caught")).is_err()), Ok(true));
    }

    #[test]
    fn a_path_in_the_cargo_registry_is_shortened() {
        let path = "/home/me/.cargo/registry/src/index.crates.io-1949/burn-0.22.1/src/lib.rs";
        assert_eq!(crate_path(path), "burn-0.22.1/src/lib.rs");
        assert_eq!(crate_path("src/device.rs"), "src/device.rs");
    }
}

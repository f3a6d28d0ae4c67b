//! Panics of a backend, as errors.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ThreadId;

/// Held while the process's panic hook is replaced.
pub(crate) static HOOK: Mutex<()> = Mutex::new(());

/// Runs `work`; where it panics, or another thread does meanwhile, as one of a backend on its behalf, gives the message.
///
/// A backend opens a device and compiles kernels on a thread of its own: what reaches the caller is
/// that the thread is gone, or nothing at all, and the reason is in the first message. While `work` runs, no panic of the
/// process is printed.
///
/// # Errors
/// The first message.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let _one_at_a_time = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let said = Arc::new(Mutex::new(Vec::<(ThreadId, String)>::new()));
    let before = std::panic::take_hook();
    let hears = said.clone();
    std::panic::set_hook(Box::new(move |panic| {
        let panicked = (std::thread::current().id(), words(panic));
        hears.lock().unwrap_or_else(PoisonError::into_inner).push(panicked);
    }));
    let result = catch_unwind(AssertUnwindSafe(work));
    std::panic::set_hook(before);
    let said = std::mem::take(&mut *said.lock().unwrap_or_else(PoisonError::into_inner));
    let (here, is_done) = (std::thread::current().id(), result.is_ok());
    // What this thread caught itself is its own affair.
    let mut counting = said.into_iter().filter(|(thread, _)| !is_done || *thread != here);
    match (result, counting.next()) {
        (Ok(done), None) => Ok(done),
        (_, Some((_, words))) => Err(words),
        (Err(_), None) => Err("it panicked without a word".to_owned()),
    }
}

fn words(panic: &PanicHookInfo) -> String {
    let message = panic.payload_as_str().unwrap_or("no message");
    match panic.location() {
        Some(place) => format!("{message} ({}:{})", short(place.file()), place.line()),
        None => message.to_owned(),
    }
}

/// A file of a crate without the way to the registry.
fn short(file: &str) -> &str {
    let Some((_, within)) = file.split_once("/registry/src/") else { return file };
    within.split_once('/').map_or(within, |(_, file)| file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_its_message_and_the_first_of_several_threads_counts() {
        assert_eq!(guarded(|| 3), Ok(3));
        let error = guarded(|| panic!("no adapter {}", 7)).unwrap_err();
        assert!(error.starts_with("no adapter 7 (") && error.contains("guard.rs:"), "{error}");
        let error = guarded(|| {
            let thread = std::thread::spawn(|| panic!("the driver is gone"));
            assert!(thread.join().is_ok(), "the thread is gone");
        });
        assert!(error.unwrap_err().starts_with("the driver is gone"));
    }

    #[test]
    fn a_panic_of_another_thread_is_an_error_of_work_that_went_on_and_one_that_was_caught_is_not() {
        let error = guarded(|| {
            let thread = std::thread::spawn(|| panic!("a kernel failed"));
            thread.join().is_err()
        });
        assert!(error.unwrap_err().starts_with("a kernel failed"));
        assert_eq!(guarded(|| catch_unwind(|| panic!("caught")).is_err()), Ok(true));
    }

    #[test]
    fn a_crates_file_is_named_without_the_way_to_it() {
        let path = "/home/me/.cargo/registry/src/index.crates.io-1949/burn-0.22.1/src/lib.rs";
        assert_eq!(short(path), "burn-0.22.1/src/lib.rs");
        assert_eq!(short("src/device.rs"), "src/device.rs");
    }
}

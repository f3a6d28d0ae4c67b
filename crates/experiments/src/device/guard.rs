//! Panics of a backend, as errors.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// Held while the process's panic hook is replaced.
static HOOK: Mutex<()> = Mutex::new(());

/// Runs `work`; where it panics, or a thread of a backend does on its behalf, gives the message.
///
/// A backend opens a device and compiles kernels on a thread of its own: what reaches the caller is
/// that the thread is gone, and the reason is in the first message. While `work` runs, no panic of the
/// process is printed.
///
/// # Errors
/// The first message.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let _one_at_a_time = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let said = Arc::new(Mutex::new(Vec::new()));
    let before = std::panic::take_hook();
    let hears = said.clone();
    std::panic::set_hook(Box::new(move |panic| {
        hears.lock().unwrap_or_else(PoisonError::into_inner).push(words(panic));
    }));
    let result = catch_unwind(AssertUnwindSafe(work));
    std::panic::set_hook(before);
    let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
    result.map_err(|_| {
        if said.is_empty() { "it panicked without a word".to_owned() } else { said.remove(0) }
    })
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
    fn a_crates_file_is_named_without_the_way_to_it() {
        let path = "/home/me/.cargo/registry/src/index.crates.io-1949/burn-0.22.1/src/lib.rs";
        assert_eq!(short(path), "burn-0.22.1/src/lib.rs");
        assert_eq!(short("src/device.rs"), "src/device.rs");
    }
}

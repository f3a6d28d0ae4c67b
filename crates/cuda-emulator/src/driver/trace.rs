//! A line per module, launch and read of device memory, in a file.

use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, OnceLock};

use crate::execution::Grid;

/// The file, if one is asked for.
fn file() -> Option<&'static Mutex<File>> {
    static FILE: OnceLock<Option<Mutex<File>>> = OnceLock::new();
    FILE.get_or_init(|| {
        let path = std::env::var("ASSAY_CUDA_EMULATOR_TRACE").ok()?;
        let path = format!("{path}.{}", std::process::id());
        let created = File::create(&path);
        created
            .inspect_err(|error| eprintln!("cuda-emulator: {path}: {error}"))
            .ok()
            .map(Mutex::new)
    })
    .as_ref()
}

fn line(text: &str) {
    if let Some(file) = file() {
        let mut file = file.lock().expect("no panic while locked");
        // A trace that cannot be written is not worth an end of the program.
        let _ = writeln!(file, "{text}");
    }
}

/// A kernel was loaded.
pub fn module(number: usize, name: &str) {
    line(&format!("kernel {number} {name}"));
}

/// A kernel was launched.
pub fn launch(number: usize, grid: Grid) {
    let by_axis = |counts: [u32; 3]| counts.map(|count| count.to_string()).join("x");
    let (blocks, threads) = (by_axis(grid.blocks), by_axis(grid.threads));
    line(&format!("launch {number} {blocks} {threads} {}", grid.dynamic_shared_bytes));
}

/// The host read memory of the device.
pub fn read(bytes: usize) {
    line(&format!("read {bytes}"));
}

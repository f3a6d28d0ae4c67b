//! What a worker's end is about, where its last words show it.

/// Words of drivers and of burn when there is no memory left.
const OUT_OF_MEMORY: [&str; 4] = ["out of memory", "out_of_memory", "outofmemory", "buffertoobig"];

/// How a process ends that was killed.
const KILLED: [&str; 1] = ["signal: 9"];

/// Words of drivers and of burn when a card no longer answers.
const LOST: [&str; 5] =
    ["device lost", "device is lost", "devicelost", "device is poisoned", "cuda_error_"];

/// A worker's last words, with what is likely to have happened before them.
pub fn named(last_words: &str) -> String {
    let small = last_words.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| small.contains(word));
    let cause = if has(&OUT_OF_MEMORY) {
        "out of memory; fewer --jobs, a smaller run.cache_mebibytes or a smaller batch need less: "
    } else if has(&KILLED) {
        "killed from outside, as a machine out of memory does; fewer --jobs need less: "
    } else if has(&LOST) {
        "the device no longer works: "
    } else {
        ""
    };
    format!("{cause}{last_words}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_kills_and_lost_devices_are_told_apart_and_the_rest_is_left_as_it_is() {
        let memory = named("DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")");
        assert!(memory.starts_with("out of memory; fewer --jobs"), "{memory}");
        let killed = named("its worker ended: signal: 9 (SIGKILL)");
        assert!(killed.starts_with("killed from outside"), "{killed}");
        let lost = named("DriverError(CUDA_ERROR_LAUNCH_FAILED)");
        assert!(lost.starts_with("the device no longer works: DriverError"), "{lost}");
        assert_eq!(named("index out of bounds"), "index out of bounds");
    }
}

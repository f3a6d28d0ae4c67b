//! Explains why a worker died, from its last output.

/// Parts of messages of drivers and burn that mean: out of memory.
const OUT_OF_MEMORY: [&str; 4] = ["out of memory", "out_of_memory", "outofmemory", "buffertoobig"];

/// Parts of an exit status that mean: killed.
const KILLED: [&str; 1] = ["signal: 9"];

/// Parts of messages of drivers and burn that mean: the GPU no longer responds.
const LOST: [&str; 5] =
    ["device lost", "device is lost", "devicelost", "device is poisoned", "cuda_error_"];

/// Puts the likely cause before the reason that a worker died.
pub fn explain_failure(reason: &str) -> String {
    let lowercase = reason.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lowercase.contains(part));
    let cause = if has(&OUT_OF_MEMORY) {
        "out of memory; try fewer --jobs, a smaller run.cache_mebibytes or a smaller batch: "
    } else if has(&KILLED) {
        "killed by the system or a user, often because memory ran out; try fewer --jobs: "
    } else if has(&LOST) {
        "the device no longer works: "
    } else {
        ""
    };
    format!("{cause}{reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_of_memory_kills_and_lost_devices_are_explained() {
        let memory = explain_failure("DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")");
        assert!(memory.starts_with("out of memory; try fewer --jobs"), "{memory}");
        let killed = explain_failure("its worker ended: signal: 9 (SIGKILL)");
        assert!(killed.starts_with("killed by the system"), "{killed}");
        let lost = explain_failure("DriverError(CUDA_ERROR_LAUNCH_FAILED)");
        assert!(lost.starts_with("the device no longer works: DriverError"), "{lost}");
        assert_eq!(explain_failure("index out of bounds"), "index out of bounds");
    }
}

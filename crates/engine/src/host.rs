//! A description of this machine, and its clock.

use assay_machine::{HostInfo, cpu_model};

/// CPU model, number of cores and operating system, in one line.
#[must_use]
pub fn describe_host() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cpu = cpu_model(&HostInfo::detect());
    format!("{cpu}, {cores} cores, {} {}", std::env::consts::OS, std::env::consts::ARCH)
}

/// Seconds since 1970; 0 if the clock is set to an earlier time.
#[must_use]
pub fn unix_time() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

//! What the machine is made of.

/// Processor, cores and system, in one line.
#[must_use]
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!("{}, {cores} cores, {} {}", processor(), std::env::consts::OS, std::env::consts::ARCH)
}

/// Seconds since 1970 by the machine's clock; 0 where it is set before that.
pub fn now() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

fn processor() -> String {
    // Linux says it in a file; elsewhere the architecture has to do.
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    info.lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or_else(|| "unknown processor".to_owned(), |(_, name)| name.trim().to_owned())
}

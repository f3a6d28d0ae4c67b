//! Processor and memory.

use crate::HostInfo;

/// What the processor is called.
#[must_use]
pub fn processor(host_info: &HostInfo) -> String {
    // Linux says it in a file; elsewhere the architecture has to do.
    let info = host_info.read("/proc/cpuinfo").unwrap_or_default();
    info.lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or_else(|| "unknown processor".to_owned(), |(_, name)| name.trim().to_owned())
}

/// Mebibytes of memory: all of it, and what programs can still have; none where nobody says.
pub(crate) fn memory(host_info: &HostInfo) -> Option<(u64, u64)> {
    let info = host_info.read("/proc/meminfo")?;
    let mebibytes = |name: &str| -> Option<u64> {
        let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kibibytes / 1024)
    };
    Some((mebibytes("MemTotal")?, mebibytes("MemAvailable")?))
}

//! CPU model and memory.

use crate::HostInfo;

/// The model name of the CPU, such as `AMD EPYC 7B13`.
#[must_use]
pub fn cpu_model(host_info: &HostInfo) -> String {
    // Linux has it in a file. On other systems it is unknown.
    let info = host_info.read("/proc/cpuinfo").unwrap_or_default();
    info.lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or_else(|| "unknown CPU".to_owned(), |(_, name)| name.trim().to_owned())
}

/// Total and available memory in MiB; `None` if the system does not report it.
pub(crate) fn memory(host_info: &HostInfo) -> Option<(u64, u64)> {
    let info = host_info.read("/proc/meminfo")?;
    let mebibytes = |name: &str| -> Option<u64> {
        let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
        Some(kibibytes / 1024)
    };
    Some((mebibytes("MemTotal")?, mebibytes("MemAvailable")?))
}

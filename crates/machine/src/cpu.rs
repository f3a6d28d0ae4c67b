//! CPU model and memory.

use crate::HostInfo;

/// The value of a line `key: value` in a file of `/proc`. Other systems have no such files.
fn proc_value(host_info: &HostInfo, file: &str, key: &str) -> Option<String> {
    let text = host_info.read(file)?;
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        (name.trim_end() == key).then(|| value.trim().to_owned())
    })
}

/// The model name of the CPU, such as `AMD EPYC 7B13`.
#[must_use]
pub fn cpu_model(host_info: &HostInfo) -> String {
    let model = proc_value(host_info, "/proc/cpuinfo", "model name");
    model.unwrap_or_else(|| "unknown CPU".to_owned())
}

/// Total and available memory in MiB; `None` if the system does not report it.
pub(crate) fn memory(host_info: &HostInfo) -> Option<(u64, u64)> {
    let mebibytes = |key: &str| -> Option<u64> {
        let value = proc_value(host_info, "/proc/meminfo", key)?;
        let kibibytes: u64 = value.split_whitespace().next()?.parse().ok()?;
        Some(kibibytes / 1024)
    };
    Some((mebibytes("MemTotal")?, mebibytes("MemAvailable")?))
}

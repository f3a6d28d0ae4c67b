//! Measures the time and memory of a process and its children through `/proc`.

use std::collections::BTreeMap;
use std::fs::{File, read_to_string};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

/// The time between two samples.
const SAMPLE_EVERY: Duration = Duration::from_millis(100);

/// Clock ticks per second in `/proc`, the same on all common Linux systems.
const TICKS_PER_SECOND: f64 = 100.0;

/// The resources that one process has used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// CPU time in seconds, user and system, without its children.
    pub cpu_seconds: f64,
    /// Peak resident memory, `VmHWM`.
    pub peak_mebibytes: f64,
}

/// The resources that a process and its children used.
///
/// Sampled ten times a second on Linux. On other systems all values but `seconds` are zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProcessUsage {
    /// Wall-clock time from start to end.
    pub seconds: f64,
    /// The process itself.
    pub parent: Usage,
    /// The children, ordered by process number.
    pub children: Vec<Usage>,
    /// CPU seconds that other programs used meanwhile, over all cores.
    pub others_cpu_seconds: f64,
}

/// Runs `command`, with its output in the files `stdout` and `stderr` of `folder`, and measures it.
///
/// # Errors
/// Returns an error with its standard error if it cannot be started or fails.
pub fn run_to_success(command: &mut Command, folder: &Path) -> Result<ProcessUsage> {
    let errors = folder.join("stderr");
    command.stdin(Stdio::null());
    command.stdout(File::create(folder.join("stdout"))?).stderr(File::create(&errors)?);
    let program = command.get_program().to_owned();
    let busy = busy_seconds();
    let began = Instant::now();
    let mut child = command.spawn().with_context(|| format!("starting {}", program.display()))?;
    let (root, ended) = (child.id(), AtomicBool::new(false));
    let (status, seconds, busy, mut used) = std::thread::scope(|scope| {
        let sampler = scope.spawn(|| sample_until(&ended, root));
        let status = child.wait();
        let (seconds, busy) = (began.elapsed().as_secs_f64(), busy_seconds() - busy);
        ended.store(true, Ordering::Relaxed);
        sampler.thread().unpark();
        (status, seconds, busy, sampler.join().unwrap_or_default())
    });
    let status = status.context("waiting for the process")?;
    let errors = || read_to_string(&errors).unwrap_or_default();
    ensure!(status.success(), "{command:?} ended with {status}:\n{}", errors());
    let parent = used.remove(&root).unwrap_or_default();
    let children: Vec<Usage> = used.into_values().collect();
    let own = parent.cpu_seconds + children.iter().map(|child| child.cpu_seconds).sum::<f64>();
    Ok(ProcessUsage { seconds, parent, children, others_cpu_seconds: (busy - own).max(0.0) })
}

/// Samples the usage of a process tree until it has `ended`.
fn sample_until(ended: &AtomicBool, root: u32) -> BTreeMap<u32, Usage> {
    let mut used = BTreeMap::new();
    while !ended.load(Ordering::Relaxed) {
        sample_usage(root, &mut used);
        std::thread::park_timeout(SAMPLE_EVERY);
    }
    used
}

/// Samples what a process and its descendants have used so far. Both numbers only grow, so the last sample of
/// each process counts.
fn sample_usage(process: u32, used: &mut BTreeMap<u32, Usage>) {
    if let Some(usage) = usage(process) {
        used.insert(process, usage);
    }
    for child in children(process) {
        sample_usage(child, used);
    }
}

/// The usage of a process; `None` once it has ended.
fn usage(process: u32) -> Option<Usage> {
    let stat = read_to_string(format!("/proc/{process}/stat")).ok()?;
    let status = read_to_string(format!("/proc/{process}/status")).ok()?;
    Some(Usage { cpu_seconds: cpu_seconds(&stat)?, peak_mebibytes: peak_mebibytes(&status)? })
}

/// Peak resident memory of this process in MiB; 0 on other systems than Linux.
pub fn own_peak_mebibytes() -> f64 {
    usage(std::process::id()).map_or(0.0, |usage| usage.peak_mebibytes)
}

fn cpu_seconds(stat: &str) -> Option<f64> {
    // The second field is the program's name in parentheses and may contain anything. utime and stime are
    // fields 14 and 15.
    let (_, fields) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    Some((ticks(14)? + ticks(15)?) / TICKS_PER_SECOND)
}

fn peak_mebibytes(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes / 1024.0)
}

fn children(process: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten();
    let lists =
        threads.filter_map(|thread| read_to_string(thread.ok()?.path().join("children")).ok());
    let lists: Vec<String> = lists.collect();
    lists.iter().flat_map(|list| list.split_whitespace()).flat_map(str::parse).collect()
}

/// CPU seconds of all cores since the system started; 0 if the system does not report it.
fn busy_seconds() -> f64 {
    let stat = read_to_string("/proc/stat").unwrap_or_default();
    busy_ticks(&stat).unwrap_or_default() / TICKS_PER_SECOND
}

fn busy_ticks(stat: &str) -> Option<f64> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?;
    let ticks: Vec<f64> =
        fields.split_whitespace().filter_map(|field| field.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal. Guest time is part of user time.
    Some(ticks.iter().take(3).chain(ticks.iter().skip(5).take(3)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_parsed_after_a_name_with_spaces_and_parentheses() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194304 5 6 7 8 250 50 9 9 20 0 1 0 99";
        assert_eq!(cpu_seconds(stat), Some(3.0));
    }

    #[test]
    fn peak_memory_is_in_mebibytes_and_missing_for_a_zombie() {
        assert_eq!(peak_mebibytes("Name:\tx\nVmHWM:\t    2048 kB\n"), Some(2.0));
        assert_eq!(peak_mebibytes("Name:\tx\nState:\tZ (zombie)\n"), None);
    }

    #[test]
    fn idle_and_iowait_ticks_are_not_busy() {
        assert_eq!(busy_ticks("cpu  1 2 4 100 200 8 16 32 0 0\n"), Some(63.0));
    }
}

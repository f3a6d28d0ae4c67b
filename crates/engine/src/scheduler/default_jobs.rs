//! How many workers a sweep has by default.

use assay_machine::{DeviceName, HostInfo, free_memory_mebibytes};

use crate::device::DeviceSpec;

/// CPU cores that keep one worker of a GPU busy: its threads for training, for fusing operations and for the
/// device.
const CORES: usize = 3;

/// Memory of a worker on a GPU without its caches, in MiB: CUDA's context, weights and activations.
const WORKER_MEBIBYTES: u64 = 3072;

/// The number of workers for each of several devices, if no flag names one. `cache_mebibytes` is what a worker
/// may cache.
#[must_use]
pub fn default_jobs(devices: &[DeviceSpec], cache_mebibytes: u64) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cores = (cores / devices.len().max(1)).max(1);
    let host_info = HostInfo::detect();
    let jobs = |spec: &DeviceSpec| match spec.device {
        DeviceName::Cpu => cores,
        DeviceName::Cuda(gpu) => {
            on_gpu(cores, free_memory_mebibytes(&host_info, gpu), cache_mebibytes)
        }
        // Nothing tells the free memory of these.
        _ => 1,
    };
    devices.iter().map(jobs).min().unwrap_or(1)
}

fn on_gpu(cores: usize, free_mebibytes: Option<u64>, cache_mebibytes: u64) -> usize {
    let Some(free) = free_mebibytes else { return 1 };
    let by_memory = free / (WORKER_MEBIBYTES + cache_mebibytes);
    (cores / CORES).min(by_memory as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_has_as_many_workers_as_cores_and_memory_allow() {
        // 16 cores and 140 GiB free: five workers with 16 GiB of cache each.
        assert_eq!(on_gpu(16, Some(143_360), 16_384), 5);
        // 24 GiB: one with 16 GiB of cache, five with half a GiB.
        assert_eq!(on_gpu(16, Some(24_576), 16_384), 1);
        assert_eq!(on_gpu(16, Some(24_576), 512), 5);
        assert_eq!(on_gpu(2, Some(143_360), 0), 1);
        assert_eq!(on_gpu(16, None, 0), 1);
        assert_eq!(on_gpu(16, Some(100), 0), 1);
    }
}
